// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.tls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.nvsentinel.testserver.Await;
import io.nvsentinel.testserver.EmbeddedServer;
import io.nvsentinel.testserver.PostgresServer;
import io.nvsentinel.testserver.pki.MountedSecret;
import io.nvsentinel.testserver.pki.TestCertificate;
import io.nvsentinel.testserver.pki.TestCertificates;
import io.nvsentinel.tls.Driver.Login;
import io.nvsentinel.tls.TlsStatus.Role;
import io.r2dbc.postgresql.PostgresqlConnectionFactory;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/** Rotation as a server sees it that asks for {@code cert clientcert=verify-full}; in virtual time, see {@link RotationTest}. */
class LiveRotationTest {

    private static final Logger LOG = LoggerFactory.getLogger(LiveRotationTest.class);
    private static final Duration SOON = Duration.ofSeconds(30);
    private static final TestCertificates OLD_CA = TestCertificates.create();
    private static final TestCertificates NEW_CA = TestCertificates.create();
    private static final TestCertificate OLD_SERVER = OLD_CA.server("localhost").issue();
    private static final TestCertificate NEW_SERVER = NEW_CA.server("localhost").issue();
    private static final TestCertificate OLD_CLIENT = OLD_CA.client("app").issue();
    private static final TestCertificate NEW_CLIENT = NEW_CA.client("app").issue();
    private static final String BOTH = OLD_CA.authorityPem() + NEW_CA.authorityPem();

    private static EmbeddedServer server;

    @TempDir
    Path mount;

    private TlsContext tls;

    @BeforeAll
    static void start() {
        server = PostgresServer.embedded()
                .tls(io.nvsentinel.testserver.TlsMaterial.of(OLD_SERVER))
                .certificateUser("app")
                .start();
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    @BeforeEach
    void open() {
        server.replaceTls(io.nvsentinel.testserver.TlsMaterial.of(OLD_SERVER));
        OLD_CLIENT.writeSecret(mount);
        tls = open(mount);
        Await.until("the server has its first certificate", SOON, () -> connects(Driver.R2DBC, tls));
    }

    @AfterEach
    void close() {
        tls.close();
    }

    @ParameterizedTest
    @EnumSource
    void newConnectionsUseTheNewCertificateAndOldOnesGoOn(Driver driver) throws Exception {
        TestCertificate next = OLD_CA.client("app").issue();
        Mono<String> check = Mono.usingWhen(
                new PostgresqlConnectionFactory(Driver.configuration(tls, app(), builder -> {})).create(),
                connection -> Mono.fromCallable(() -> {
                            next.writeSecret(mount);
                            awaitGeneration(2);
                            return driver.connect(tls, app()).clientSerial();
                        })
                        .subscribeOn(Schedulers.boundedElastic())
                        .flatMap(serial ->
                                Driver.query(connection).map(session -> session.clientSerial() + " then " + serial)),
                connection -> connection.close());
        assertThat(check.block(SOON)).isEqualTo(serial(OLD_CLIENT) + " then " + serial(next));
    }

    @ParameterizedTest
    @EnumSource
    void theAuthorityRotatesWithOldAndNewOverlapping(Driver driver) throws Exception {
        replaceServer(OLD_SERVER, BOTH);
        write(OLD_CLIENT, BOTH);
        awaitGeneration(2);
        assertThat(driver.connect(tls, app()).clientSerial()).isEqualTo(serial(OLD_CLIENT));

        replaceServer(NEW_SERVER, BOTH);
        assertThat(driver.connect(tls, app()).clientSerial()).isEqualTo(serial(OLD_CLIENT));

        write(NEW_CLIENT, BOTH);
        awaitGeneration(3);
        assertThat(driver.connect(tls, app()).clientSerial()).isEqualTo(serial(NEW_CLIENT));

        write(NEW_CLIENT, NEW_CA.authorityPem());
        awaitGeneration(4);
        replaceServer(NEW_SERVER, NEW_CA.authorityPem());
        assertThat(driver.connect(tls, app()).clientSerial()).isEqualTo(serial(NEW_CLIENT));

        write(OLD_CLIENT, NEW_CA.authorityPem());
        awaitGeneration(5);
        Await.until("the server refuses the old one", SOON, () -> !connects(driver, tls));
    }

    @ParameterizedTest
    @EnumSource
    void aServerOfAnotherAuthorityIsRefusedUntilTheRootCertificateFollows(Driver driver) {
        server.replaceTls(
                new io.nvsentinel.testserver.TlsMaterial(NEW_SERVER.certificatesPem(), NEW_SERVER.keyPem(), BOTH));
        Await.until("it is refused", SOON, () -> !connects(driver, tls));
        write(OLD_CLIENT, BOTH);
        Await.until("it is accepted", SOON, () -> connects(driver, tls));
    }

    @ParameterizedTest
    @EnumSource
    void anExpiredCertificateIsReportedAndTheNextOneTaken(Driver driver) {
        OLD_CA.client("app")
                .validity(Instant.now().minusSeconds(60), Instant.now().plusSeconds(3))
                .issue()
                .writeSecret(mount);
        awaitGeneration(2);
        assertThat(connects(driver, tls)).isTrue();
        TlsStatus expired = tls.statuses()
                .filter(status -> status.daysLeft(Role.CLIENT).orElse(0) < 0)
                .blockFirst(SOON);
        assertThat(expired.generation()).isEqualTo(2);
        // With TLS 1.3 the client may write before the server's alert has arrived, and then gets a broken pipe instead.
        Await.until("the server says why it refuses", SOON, () -> {
            Throwable refusal = catchThrowable(() -> driver.connect(tls, app()));
            assertThat(refusal).isNotNull();
            return Failures.messages(refusal).contains("certificate_expired");
        });
        OLD_CLIENT.writeSecret(mount);
        Await.until("it connects again", SOON, () -> connects(driver, tls));
    }

    @Test
    void aHundredSwapsOfEveryKindFailNoConnection() {
        long seed = Long.getLong("rotation.seed", System.nanoTime() % 1_000_000);
        LOG.info("rotation.seed={}", seed);
        Random random = new Random(seed);
        AtomicBoolean over = new AtomicBoolean();
        AtomicInteger made = new AtomicInteger();
        List<String> failures = new CopyOnWriteArrayList<>();
        CompletableFuture<Void> user = CompletableFuture.runAsync(() -> {
            while (!over.get()) {
                for (Driver driver : Driver.values()) {
                    Throwable failure = catchThrowable(() -> driver.connect(tls, app()));
                    if (failure != null) {
                        failures.add(driver + ": " + Failures.messages(failure));
                    }
                    made.incrementAndGet();
                }
            }
        });
        TestCertificate[] clients = {
            OLD_CA.client("app").issue(), OLD_CA.client("app").issue()
        };
        for (int swap = 0; swap < 100; swap++) {
            rotate(clients[swap % 2], random);
            int before = made.get();
            Await.until("connections are made meanwhile", SOON, () -> user.isDone() || made.get() > before);
        }
        Await.until(
                "the last one is in use",
                SOON,
                () -> tls.status()
                        .certificates()
                        .get(0)
                        .serial()
                        .equals(clients[1].certificate().getSerialNumber()));
        over.set(true);
        user.join();
        assertThat(failures).as("seed %d", seed).isEmpty();
        assertThat(tls.status().lastFailure()).isEmpty();
        assertThat(tls.generation()).isGreaterThan(20);
        LOG.info("{} connections while 100 swaps were made, {} of them seen", made.get(), tls.generation() - 1);
    }

    /** As a mounted secret, or in place: whole files, or each in two halves with a pause for readers in between. */
    private void rotate(TestCertificate next, Random random) {
        if (random.nextInt(3) == 0) {
            write(next, OLD_CA.authorityPem());
            return;
        }
        boolean halves = random.nextBoolean();
        overwrite("tls.crt", next.certificatesPem(), halves);
        overwrite("tls.key", next.keyPem(), halves);
    }

    private void overwrite(String name, String text, boolean halves) {
        if (halves) {
            long seen = tls.status().failures();
            Pem.write(mount.resolve(name), text.substring(0, text.length() / 2));
            Await.until(
                    "the half is noticed",
                    SOON,
                    () -> tls.status().failures() > seen
                            || tls.status().lastFailure().isPresent());
        }
        Pem.write(mount.resolve(name), text);
    }

    private void write(TestCertificate client, String authorities) {
        new MountedSecret(mount)
                .write(Map.of("tls.crt", client.certificatesPem(), "tls.key", client.keyPem(), "ca.crt", authorities));
    }

    /** The server reads its files a moment later; a client that trusts the new certificate only sees when. */
    private void replaceServer(TestCertificate certificate, String clientAuthorities) throws Exception {
        server.replaceTls(new io.nvsentinel.testserver.TlsMaterial(
                certificate.certificatesPem(), certificate.keyPem(), clientAuthorities));
        Path root = Pem.write(mount.resolveSibling(mount.getFileName() + "-root"), certificate.authorityPem());
        try (TlsContext onlyThis =
                TlsContext.open(TlsOptions.builder().rootCertificate(root).build())) {
            Await.until(
                    "the server has its new certificate",
                    SOON,
                    () -> catchThrowable(() -> Driver.R2DBC.connect(onlyThis, Login.admin(server))) == null);
        }
    }

    private static TlsContext open(Path mount) {
        return TlsContext.open(TlsOptions.builder()
                .mount(mount)
                .user("app")
                .reloadInterval(Duration.ofMillis(10))
                .build());
    }

    private void awaitGeneration(long generation) {
        Await.until("generation " + generation, SOON, () -> tls.generation() == generation);
    }

    private static boolean connects(Driver driver, TlsContext tls) {
        return catchThrowable(() -> driver.connect(tls, app())) == null;
    }

    private static Login app() {
        return Login.admin(server).user("app", null);
    }

    private static String serial(TestCertificate certificate) {
        return certificate.certificate().getSerialNumber().toString();
    }
}

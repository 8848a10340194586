// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream;

import static org.assertj.core.api.Assertions.assertThat;

import io.nvsentinel.datastore.Datastore;
import io.nvsentinel.datastore.DatastoreOptions;
import io.nvsentinel.datastore.SchemaMode;
import io.nvsentinel.datastore.model.HealthEvent;
import io.nvsentinel.datastore.model.HealthEventDocument;
import io.nvsentinel.testserver.Await;
import io.nvsentinel.testserver.EmbeddedServer;
import io.nvsentinel.testserver.PostgresServer;
import io.nvsentinel.testserver.TestDatabase;
import io.nvsentinel.testserver.TlsMaterial;
import io.nvsentinel.testserver.pki.MountedSecret;
import io.nvsentinel.testserver.pki.TestCertificate;
import io.nvsentinel.testserver.pki.TestCertificates;
import io.nvsentinel.tls.TlsStatus;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * Certificates rotate while writers write and a change stream reads, at a server that asks for {@code cert
 * clientcert=verify-full}. No write fails, no change is lost, and the old certificate leaves in time.
 */
@Tag("slow")
class RotationUnderLoadTest {

    private static final Logger LOG = LoggerFactory.getLogger(RotationUnderLoadTest.class);
    private static final Duration SOON = Duration.ofSeconds(60);
    private static final int WRITERS = 4;
    private static final int SWAPS = 100;
    private static final TestCertificates OLD_CA = TestCertificates.create();
    private static final TestCertificates NEW_CA = TestCertificates.create();
    private static final String BOTH = OLD_CA.authorityPem() + NEW_CA.authorityPem();
    private static final TestCertificate OLD_SERVER = OLD_CA.server("localhost").issue();
    private static final TestCertificate NEW_SERVER = NEW_CA.server("localhost").issue();
    private static final TestCertificate FIRST = OLD_CA.client("app").issue();

    private static EmbeddedServer server;

    private final AtomicBoolean over = new AtomicBoolean();
    private final AtomicLong written = new AtomicLong();
    private final List<Long> received = new CopyOnWriteArrayList<>();
    private final AtomicReference<Throwable> streamFailure = new AtomicReference<>();

    @TempDir
    Path mount;

    private TestDatabase database;
    private Datastore datastore;
    private ChangeStreams streams;
    private CompletableFuture<Void> writers;

    @BeforeAll
    static void start() {
        server = PostgresServer.embedded()
                .tls(TlsMaterial.of(OLD_SERVER))
                .certificateUser("app")
                .start();
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    @BeforeEach
    void prepare() {
        replaceServer(OLD_SERVER, OLD_CA.authorityPem());
        database = server.createDatabase(Databases.MIGRATED);
        database.execute("GRANT ALL ON ALL TABLES IN SCHEMA public TO app");
        database.execute("GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO app");
        FIRST.writeSecret(mount);
    }

    @AfterEach
    void close() {
        over.set(true);
        if (streams != null) {
            streams.close().block(SOON);
        }
        if (datastore != null) {
            datastore.close().block(SOON);
        }
        Await.until("no session is left", SOON, () -> serials().isEmpty());
    }

    @Test
    void theClientsCertificateRotatesAtOnce() throws Exception {
        open(options().replaceConnectionsOnRotation(true));
        TestCertificate second = OLD_CA.client("app").issue();
        second.writeSecret(mount);
        awaitOnly(second);
        writeMore();
        assertNothingLost();
    }

    @Test
    void theClientsCertificateRotatesWithinTheLifetimeOfConnections() throws Exception {
        open(options().connectionMaxLifetime(Duration.ofSeconds(3)));
        TestCertificate second = OLD_CA.client("app").issue();
        second.writeSecret(mount);
        awaitOnly(second);
        writeMore();
        assertNothingLost();
    }

    @Test
    void authorityAndServerRotateWithOldAndNewOverlapping() throws Exception {
        open(options().replaceConnectionsOnRotation(true));
        write(FIRST, BOTH);
        awaitGeneration(2);
        replaceServer(NEW_SERVER, BOTH);
        writeMore();

        TestCertificate second = NEW_CA.client("app").issue();
        write(second, BOTH);
        awaitOnly(second);
        writeMore();

        write(second, NEW_CA.authorityPem());
        awaitGeneration(4);
        replaceServer(NEW_SERVER, NEW_CA.authorityPem());
        writeMore();
        // What is made from now on cannot have been verified by the old authority, on either side.
        database.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                + " WHERE usename = 'app' AND query LIKE 'LISTEN%'");
        writeMore();
        assertNothingLost();
    }

    @Test
    void aCertificateExpiresAfterItWasReplaced() throws Exception {
        open(options().replaceConnectionsOnRotation(true));
        Instant end = Instant.now().plusSeconds(5);
        TestCertificate shortLived =
                OLD_CA.client("app").validity(end.minusSeconds(600), end).issue();
        shortLived.writeSecret(mount);
        awaitOnly(shortLived);
        TestCertificate next = OLD_CA.client("app").issue();
        next.writeSecret(mount);
        awaitOnly(next);
        Await.until("the short-lived one has expired", SOON, () -> Instant.now().isAfter(end.plusSeconds(1)));
        writeMore();
        assertNothingLost();
    }

    @Test
    void halfWrittenFilesChangeNothing() throws Exception {
        open(options().replaceConnectionsOnRotation(true));
        TestCertificate second = OLD_CA.client("app").issue();
        overwrite("tls.crt", second.certificatesPem());
        awaitFailures(1);
        writeMore();
        overwrite("tls.key", second.keyPem().substring(0, 100));
        awaitFailures(2);
        writeMore();
        assertThat(serials()).isNotEmpty().containsOnly(serial(FIRST));
        overwrite("tls.key", second.keyPem());
        awaitOnly(second);
        writeMore();
        assertNothingLost();
    }

    @Test
    void aHundredSwapsInARow() throws Exception {
        open(options().replaceConnectionsOnRotation(true));
        TestCertificate last = FIRST;
        for (int swap = 0; swap < SWAPS; swap++) {
            last = OLD_CA.client("app").issue();
            last.writeSecret(mount);
            long before = written.get();
            Await.until("a write between swaps", SOON, () -> writers.isDone() || written.get() > before);
        }
        awaitOnly(last);
        assertNothingLost();
    }

    private DatastoreOptions.Builder options() {
        return DatastoreOptions.builder()
                .host("localhost")
                .port(server.port())
                .database(database.name())
                .username("app")
                .certificates(mount)
                .sslReloadInterval(Duration.ofMillis(20))
                .schemaMode(SchemaMode.NONE)
                .maxConnections(WRITERS + 1);
    }

    private void open(DatastoreOptions.Builder options) {
        datastore = Datastore.connect(options.build()).block(SOON);
        streams = ChangeStreams.of(datastore);
        WatchOptions fromTheBeginning =
                WatchOptions.builder().startAt(StartAt.beginning()).build();
        streams.watch(datastore.healthEvents(), fromTheBeginning)
                .map(event -> event.resumeToken().position().id())
                .subscribe(received::add, streamFailure::set);
        writers = Flux.range(0, WRITERS).flatMap(this::writer, WRITERS).then().toFuture();
        writeMore();
    }

    /** Without any retry: a rotation is no reason for a write to fail. */
    private Mono<Void> writer(int number) {
        HealthEventDocument event = HealthEventDocument.of(
                Instant.EPOCH,
                HealthEvent.builder().nodeName("writer-" + number).build());
        return Mono.delay(Duration.ofMillis(2))
                .then(Mono.defer(() -> datastore.healthEvents().insert(event)))
                .doOnNext(id -> written.incrementAndGet())
                .repeat(() -> !over.get())
                .then();
    }

    private void writeMore() {
        long enough = written.get() + 20L * WRITERS;
        Await.until("more writes", SOON, () -> writers.isDone() || written.get() >= enough);
    }

    /** Every session of the server: of the pool, and the listening one. */
    private void awaitOnly(TestCertificate certificate) {
        Await.until(
                "only the new certificate",
                SOON,
                this::serials,
                serials -> !serials.isEmpty() && serials.stream().allMatch(serial(certificate)::equals));
    }

    private void assertNothingLost() throws Exception {
        over.set(true);
        writers.get(60, TimeUnit.SECONDS);
        List<Long> committed =
                database.queryForStrings("SELECT id::text FROM datastore_changelog c ORDER BY c.id").stream()
                        .map(Long::valueOf)
                        .toList();
        assertThat(committed).hasSize((int) written.get());
        Await.until("every change", SOON, () -> streamFailure.get() != null || received.size() >= committed.size());
        assertThat(streamFailure.get()).isNull();
        assertThat(received).isEqualTo(committed);
        LOG.info("{} writes, all received in order; {} rotations", committed.size(), tls().generation() - 1);
    }

    private TlsStatus tls() {
        return datastore.tlsStatus().orElseThrow();
    }

    private void awaitGeneration(long generation) {
        Await.until("generation " + generation, SOON, () -> tls().generation() == generation);
    }

    private void awaitFailures(long failures) {
        Await.until("failure " + failures, SOON, () -> tls().failures() >= failures);
    }

    private List<String> serials() {
        return database.queryForStrings("SELECT client_serial::text FROM pg_stat_ssl JOIN pg_stat_activity USING (pid)"
                + " WHERE datname = current_database() AND usename = 'app'");
    }

    private void write(TestCertificate client, String authorities) {
        new MountedSecret(mount)
                .write(Map.of("tls.crt", client.certificatesPem(), "tls.key", client.keyPem(), "ca.crt", authorities));
    }

    private void overwrite(String name, String text) throws IOException {
        Files.writeString(mount.resolve(name), text);
    }

    private static void replaceServer(TestCertificate certificate, String clientAuthorities) {
        server.replaceTls(new TlsMaterial(certificate.certificatesPem(), certificate.keyPem(), clientAuthorities));
    }

    private static String serial(TestCertificate certificate) {
        return certificate.certificate().getSerialNumber().toString();
    }
}

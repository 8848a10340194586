// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.internal.connection;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nvsentinel.datastore.Datastore;
import io.nvsentinel.datastore.DatastoreOptions;
import io.nvsentinel.datastore.SchemaMode;
import io.nvsentinel.datastore.error.DatastoreException;
import io.nvsentinel.datastore.internal.schema.SchemaMigrations;
import io.nvsentinel.datastore.internal.table.Rows;
import io.nvsentinel.testserver.Await;
import io.nvsentinel.testserver.EmbeddedServer;
import io.nvsentinel.testserver.PostgresServer;
import io.nvsentinel.testserver.TestDatabase;
import io.nvsentinel.testserver.TlsMaterial;
import io.nvsentinel.testserver.pki.MountedSecret;
import io.nvsentinel.testserver.pki.TestCertificate;
import io.nvsentinel.testserver.pki.TestCertificates;
import io.nvsentinel.tls.SslMode;
import io.nvsentinel.tls.TlsContext;
import io.nvsentinel.tls.TlsStatus;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** Which certificates the server sees, in the pool, outside it and in migrations, while the mounted files change. */
@Tag("slow")
class CertificateRotationTest {

    private static final Duration SOON = Duration.ofSeconds(30);
    private static final TestCertificates CA = TestCertificates.create();
    private static final TestCertificates NEXT_CA = TestCertificates.create();
    private static final TestCertificate SERVER = CA.server("localhost").issue();
    private static final TestCertificate FIRST = CA.client("app").issue();
    private static final TestCertificate SECOND = CA.client("app").issue();

    private static final String SERIAL = "SELECT client_serial::text FROM pg_stat_ssl WHERE pid = pg_backend_pid()";

    private static EmbeddedServer server;

    @TempDir
    Path mount;

    private TestDatabase database;
    private Connections connections;

    @BeforeAll
    static void start() {
        server = PostgresServer.embedded()
                .tls(TlsMaterial.of(SERVER))
                .certificateUser("app")
                .hba("hostssl all partner all scram-sha-256 clientcert=verify-ca")
                .start();
        server.admin().execute("CREATE ROLE partner LOGIN PASSWORD 'secret'");
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    @BeforeEach
    void mountTheFirst() {
        database = server.createDatabase();
        database.execute("GRANT ALL ON SCHEMA public TO app");
        FIRST.writeSecret(mount);
    }

    @AfterEach
    void close() {
        if (connections != null) {
            connections.close().block(SOON);
        }
        server.replaceTls(TlsMaterial.of(SERVER));
    }

    @Test
    void idleConnectionsLeaveAtOnceIfAskedTo() {
        open(options().replaceConnectionsOnRotation(true));
        fillPool(3);
        assertThat(sessions()).containsExactly(serial(FIRST), serial(FIRST), serial(FIRST));
        SECOND.writeSecret(mount);
        Await.until("the first certificate is gone", SOON, () -> !sessions().contains(serial(FIRST)));
        assertThat(serialOfRead()).isEqualTo(serial(SECOND));
    }

    @Test
    void idleConnectionsStayUnlessAsked() {
        open(options());
        String before = pidOfRead();
        SECOND.writeSecret(mount);
        awaitGeneration(2);
        assertThat(serialOfDedicated()).isEqualTo(serial(SECOND));
        assertThat(pidOfRead()).isEqualTo(before);
        assertThat(serialOfRead()).isEqualTo(serial(FIRST));
    }

    @Test
    void connectionsLeaveAtTheEndOfTheirLifetimeEvenIfNobodyUsesThem() {
        open(options().connectionMaxLifetime(Duration.ofSeconds(2)));
        fillPool(2);
        SECOND.writeSecret(mount);
        Await.until("the first certificate is gone", SOON, () -> !sessions().contains(serial(FIRST)));
        assertThat(serialOfRead()).isEqualTo(serial(SECOND));
    }

    @Test
    void aLentConnectionLeavesWhenItComesBack() throws Exception {
        open(options().replaceConnectionsOnRotation(true));
        try (Connection admin = database.connect();
                Statement statement = admin.createStatement()) {
            statement.execute("SELECT pg_advisory_lock(1)");
            CompletableFuture<String> waiting =
                    one("SELECT pg_advisory_lock_shared(1)::text").toFuture();
            Await.until("the reader waits", SOON, () -> waiters() == 1);
            SECOND.writeSecret(mount);
            awaitGeneration(2);
            Await.until(
                    "a new connection is acquired", SOON, () -> serialOfRead().equals(serial(SECOND)));
            assertThat(sessions()).contains(serial(FIRST));
            assertThat(waiting).isNotDone();
            statement.execute("SELECT pg_advisory_unlock(1)");
            assertThat(waiting.get(30, TimeUnit.SECONDS)).isEmpty();
        }
        Await.until("the first certificate is gone", SOON, () -> !sessions().contains(serial(FIRST)));
    }

    @Test
    void aConnectionOutsideThePoolEndsAtOnceIfAskedTo() {
        open(options().replaceConnectionsOnRotation(true));
        AtomicBoolean inUse = new AtomicBoolean();
        CompletableFuture<List<String>> held =
                hold().doOnNext(serial -> inUse.set(true)).collectList().toFuture();
        Await.until("it is in use", SOON, inUse::get);
        SECOND.writeSecret(mount);
        Await.until("it ends", SOON, held::isDone);
        assertThat(held.join()).containsExactly(serial(FIRST));
        assertThat(serialOfDedicated()).isEqualTo(serial(SECOND));
    }

    @Test
    void aConnectionOutsideThePoolStaysUnlessAsked() {
        open(options());
        CompletableFuture<List<String>> held = hold().collectList().toFuture();
        Await.until("it is there", SOON, () -> sessions().contains(serial(FIRST)));
        SECOND.writeSecret(mount);
        awaitGeneration(2);
        assertThat(serialOfDedicated()).isEqualTo(serial(SECOND));
        assertThat(held).isNotDone();
        assertThat(sessions()).contains(serial(FIRST));
        held.cancel(true);
    }

    @Test
    void aConnectionOutsideThePoolEndsWithItsLifetime() {
        open(options().connectionMaxLifetime(Duration.ofSeconds(1)));
        assertThat(hold().collectList().block(SOON)).containsExactly(serial(FIRST));
    }

    @Test
    void badFilesReplaceNothing() {
        open(options().replaceConnectionsOnRotation(true));
        String before = pidOfRead();
        new MountedSecret(mount)
                .write(Map.of(
                        "tls.crt", SECOND.certificatesPem(), "tls.key", FIRST.keyPem(), "ca.crt", CA.authorityPem()));
        Await.until("it is reported", SOON, () -> tls().status().lastFailure().isPresent());
        assertThat(pidOfRead()).isEqualTo(before);
        assertThat(serialOfDedicated()).isEqualTo(serial(FIRST));
    }

    @Test
    void migrationsUseTheNewCertificate() {
        DatastoreOptions options = options().build();
        open(options.toBuilder());
        SchemaMigrations migrations = new SchemaMigrations(options, connections.tls());
        server.replaceTls(new TlsMaterial(SERVER.certificatesPem(), SERVER.keyPem(), NEXT_CA.authorityPem()));
        Await.until("the server refuses the first certificate", SOON, () -> !connects());
        assertThatThrownBy(() -> migrations.run().block(SOON)).isInstanceOf(DatastoreException.class);
        TestCertificate next = NEXT_CA.client("app").issue();
        new MountedSecret(mount)
                .write(Map.of(
                        "tls.crt", next.certificatesPem(), "tls.key", next.keyPem(), "ca.crt", CA.authorityPem()));
        awaitGeneration(2);
        migrations.run().block(SOON);
        assertThat(database.queryForString("SELECT count(*) > 0 FROM nvsentinel_schema_history"))
                .isEqualTo("t");
    }

    @Test
    void theDatastoreTellsWhichCertificatesAreInUse() {
        Datastore datastore = Datastore.connect(options().build()).block(SOON);
        try {
            assertThat(datastore.tlsStatus().orElseThrow().certificates().get(0).serial())
                    .isEqualTo(FIRST.certificate().getSerialNumber());
            CompletableFuture<List<Long>> generations = datastore
                    .tlsStatuses()
                    .map(TlsStatus::generation)
                    .collectList()
                    .toFuture();
            SECOND.writeSecret(mount);
            Await.until(
                    "the second is in use",
                    SOON,
                    () -> datastore
                            .tlsStatus()
                            .orElseThrow()
                            .certificates()
                            .get(0)
                            .serial()
                            .equals(SECOND.certificate().getSerialNumber()));
            datastore.close().block(SOON);
            assertThat(generations.join()).containsExactly(1L, 2L);
        } finally {
            datastore.close().block(SOON);
        }
    }

    @Test
    void aDatastoreInPlainTextUsesNone() {
        Datastore datastore = Datastore.connect(DatastoreOptions.builder()
                        .host("localhost")
                        .port(server.port())
                        .database(database.name())
                        .username(server.adminUser())
                        .sslMode(SslMode.DISABLE)
                        .schemaMode(SchemaMode.NONE)
                        .build())
                .block(SOON);
        assertThat(datastore.tlsStatus()).isEmpty();
        assertThat(datastore.tlsStatuses().collectList().block(SOON)).isEmpty();
        datastore.close().block(SOON);
    }

    @Test
    void aCertificateBesideAPasswordMayNameAnybody() {
        open(options().username("partner").password("secret"));
        assertThat(serialOfRead()).isEqualTo(serial(FIRST));
    }

    private static String serial(TestCertificate certificate) {
        return certificate.certificate().getSerialNumber().toString();
    }

    private DatastoreOptions.Builder options() {
        return DatastoreOptions.builder()
                .host("localhost")
                .port(server.port())
                .database(database.name())
                .username("app")
                .certificates(mount)
                .sslReloadInterval(Duration.ofMillis(20))
                .schemaMode(SchemaMode.MIGRATE);
    }

    private void open(DatastoreOptions.Builder options) {
        connections = Connections.open(options.build(), null, Mono::just).block(SOON);
    }

    private TlsContext tls() {
        return Objects.requireNonNull(connections.tls());
    }

    private void awaitGeneration(long generation) {
        Await.until("generation " + generation, SOON, () -> tls().generation() == generation);
    }

    private Mono<String> one(String sql) {
        return connections.read(
                "Ask",
                connection -> Rows.one(
                        connection.createStatement(sql), row -> Objects.requireNonNull(row.get(0, String.class))));
    }

    private String serialOfRead() {
        return one(SERIAL).block(SOON);
    }

    private String pidOfRead() {
        return one("SELECT pg_backend_pid()::text").block(SOON);
    }

    private String serialOfDedicated() {
        return hold().blockFirst(SOON);
    }

    private boolean connects() {
        return Boolean.TRUE.equals(hold().next()
                .map(serial -> true)
                .onErrorReturn(DatastoreException.class, false)
                .block(SOON));
    }

    /** A separate connection, which emits its certificate's serial and remains open. */
    private Flux<String> hold() {
        return connections.dedicated(
                "Hold",
                connection -> Rows.one(
                                connection.createStatement(SERIAL),
                                row -> Objects.requireNonNull(row.get(0, String.class)))
                        .concatWith(Mono.never()));
    }

    /** Acquires the given number of connections at once. */
    private void fillPool(int connectionCount) {
        Flux.range(0, connectionCount)
                .flatMap(i -> one("SELECT pg_sleep(0.3)::text"))
                .blockLast(SOON);
    }

    private List<String> sessions() {
        return database.queryForStrings("SELECT client_serial::text FROM pg_stat_ssl JOIN pg_stat_activity USING (pid)"
                + " WHERE datname = current_database() AND usename = 'app'");
    }

    private long waiters() {
        return database.queryForStrings("SELECT pid::text FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")
                .size();
    }
}

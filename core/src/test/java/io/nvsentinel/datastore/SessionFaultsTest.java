// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore;

import static io.nvsentinel.datastore.Databases.SOON;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.nvsentinel.datastore.error.DatastoreException;
import io.nvsentinel.datastore.error.UnavailableException;
import io.nvsentinel.datastore.model.HealthEvent;
import io.nvsentinel.datastore.model.HealthEventDocument;
import io.nvsentinel.testserver.Await;
import io.nvsentinel.testserver.PostgresDatabase;
import io.nvsentinel.testserver.proxy.ProxiedConnection;
import io.nvsentinel.testserver.proxy.TcpProxy;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Sinks;

/** Sessions that are of no use although their sockets are open, and a server that takes no more of them. */
@Tag("slow")
class SessionFaultsTest {

    @RegisterExtension
    static final PostgresDatabase DATABASE = PostgresDatabase.from(Databases.MIGRATED);

    private static final String PIDS = "SELECT coalesce(string_agg(pid::text, ',' ORDER BY pid), 'none')"
            + " FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'nvsentinel-datastore'";

    private static final HealthEventDocument EVENT = HealthEventDocument.of(
            Instant.EPOCH, HealthEvent.builder().nodeName("n").build());

    @AfterEach
    void writable() {
        alter("RESET default_transaction_read_only");
        alter("CONNECTION LIMIT -1");
    }

    @Test
    void sessionsThatBeganReadOnlyAreReplacedWhenTheDatabaseIsWritableAgain() {
        alter("SET default_transaction_read_only = on");
        Datastore datastore = Databases.connect(DATABASE.get());
        try {
            assertReadOnly(datastore);
            alter("RESET default_transaction_read_only");
            Await.until(
                    "a write",
                    SOON,
                    () -> datastore
                            .healthEvents()
                            .insert(EVENT)
                            .hasElement()
                            .onErrorReturn(UnavailableException.class, false)
                            .block(SOON));
        } finally {
            datastore.close().block(SOON);
        }
    }

    @Test
    void whileTheDatabaseOnlyReadsWritesDoNotReplaceEachOthersConnections() {
        alter("SET default_transaction_read_only = on");
        Datastore datastore = Databases.connect(DATABASE.get());
        try {
            String sessions = DATABASE.queryForString(PIDS);
            assertReadOnly(datastore);
            assertReadOnly(datastore);
            datastore.ping().block(SOON);
            assertThat(DATABASE.queryForString(PIDS)).isEqualTo(sessions);
        } finally {
            datastore.close().block(SOON);
        }
    }

    @Test
    void aReadOnlyTransactionOfTheCallersOwnReplacesNoConnection() {
        Datastore datastore =
                Databases.connect(Databases.options(DATABASE.get()).maxConnections(1));
        try {
            String sessions = DATABASE.queryForString(PIDS);
            TransactionOptions readOnly =
                    TransactionOptions.builder().readOnly(true).build();
            assertThatThrownBy(() -> datastore
                            .inTransaction(
                                    readOnly, session -> session.healthEvents().insert(EVENT))
                            .block(SOON))
                    .isInstanceOfSatisfying(
                            DatastoreException.class,
                            error -> assertThat(error.sqlState()).isEqualTo("25006"));
            datastore.ping().block(SOON);
            assertThat(DATABASE.queryForString(PIDS)).isEqualTo(sessions);
        } finally {
            datastore.close().block(SOON);
        }
    }

    private static void assertReadOnly(Datastore datastore) {
        assertThatThrownBy(() -> datastore.healthEvents().insert(EVENT).block(SOON))
                .isInstanceOfSatisfying(
                        DatastoreException.class,
                        error -> assertThat(error.sqlState()).isEqualTo("25006"));
    }

    @Test
    void afterOneSilentConnectionNoOtherOneKeepsACallerWaiting() {
        try (TcpProxy proxy = TcpProxy.to(DATABASE.get().host(), DATABASE.get().port())) {
            Datastore datastore = Databases.connect(Databases.options(DATABASE.get())
                    .host(proxy.host())
                    .port(proxy.port())
                    .maxConnections(10)
                    .statementTimeout(Duration.ofMillis(500)));
            warm(datastore, 10);
            proxy.connections().forEach(ProxiedConnection::blackHole);

            assertThat(catchThrowableOfType(
                            UnavailableException.class, () -> datastore.ping().block(SOON)))
                    .hasMessageContaining("did not answer in time");

            // Each of nine others would fail as well.
            datastore.ping().block(SOON);
            datastore.healthEvents().insert(EVENT).block(SOON);
            datastore.close().block(SOON);
        }
    }

    @Test
    void callersWaitForAConnectionWhenTheServerTakesNoMore() {
        DATABASE.execute("CREATE ROLE limited LOGIN PASSWORD 'limited'");
        alter("CONNECTION LIMIT 3");
        Datastore datastore = Databases.connect(Databases.options(DATABASE.get())
                .username("limited")
                .password("limited")
                .maxConnections(20));
        try {
            // Once one is open, and again when three are.
            for (int round = 0; round < 3; round++) {
                Flux.range(0, 60).flatMap(i -> datastore.ping(), 60).then().block(SOON);
            }
            assertThat(datastore.pool().allocated()).isBetween(1, 3);
        } finally {
            datastore.close().block(SOON);
            Await.until("no session", SOON, () -> DATABASE.queryForString(PIDS), "none"::equals);
            DATABASE.execute("DROP ROLE limited");
        }
    }

    @Test
    void aServerThatTakesNoConnectionAtAllFailsTheCaller() {
        DATABASE.execute("CREATE ROLE barred LOGIN PASSWORD 'barred' CONNECTION LIMIT 0");
        try {
            assertThatThrownBy(() -> Databases.connect(
                            Databases.options(DATABASE.get()).username("barred").password("barred")))
                    .isInstanceOfSatisfying(
                            UnavailableException.class,
                            error -> assertThat(error.sqlState()).isEqualTo("53300"));
        } finally {
            DATABASE.execute("DROP ROLE barred");
        }
    }

    private static void warm(Datastore datastore, int connections) {
        Sinks.Empty<Void> release = Sinks.empty();
        List<CompletableFuture<Void>> holders = IntStream.range(0, connections)
                .mapToObj(i ->
                        datastore.inTransaction(session -> release.asMono()).toFuture())
                .toList();
        Await.until("all in use", SOON, () -> datastore.pool().acquired() == connections);
        release.tryEmitEmpty();
        holders.forEach(CompletableFuture::join);
        Await.until("all idle", SOON, () -> datastore.pool().idle() == connections);
    }

    private static void alter(String change) {
        DATABASE.execute("BEGIN; SET TRANSACTION READ WRITE; ALTER DATABASE "
                + DATABASE.get().name() + " " + change + "; COMMIT");
    }
}

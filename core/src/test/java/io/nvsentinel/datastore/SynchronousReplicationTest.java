// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore;

import static io.nvsentinel.datastore.Databases.SOON;
import static org.assertj.core.api.Assertions.assertThat;

import io.nvsentinel.datastore.error.DatastoreException;
import io.nvsentinel.datastore.error.OutcomeUnknownException;
import io.nvsentinel.datastore.error.UnavailableException;
import io.nvsentinel.datastore.model.HealthEvent;
import io.nvsentinel.datastore.model.HealthEventDocument;
import io.nvsentinel.datastore.query.Filter;
import io.nvsentinel.datastore.query.Update;
import io.nvsentinel.testserver.Await;
import io.nvsentinel.testserver.EmbeddedServer;
import io.nvsentinel.testserver.PostgresServer;
import io.nvsentinel.testserver.TestDatabase;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** A COMMIT that waits for a synchronous standby. A cancel request would end the wait and make the change visible. */
@Tag("slow")
class SynchronousReplicationTest {

    private static final String NODES = "SELECT node_name FROM health_events ORDER BY 1";
    private static final String COMMITS =
            "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'SyncRep' AND datname = current_database()";

    private static EmbeddedServer server;

    private TestDatabase database;
    private Datastore datastore;

    @BeforeAll
    static void start() {
        server = PostgresServer.embedded().start();
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    @BeforeEach
    void connect() {
        database = server.createDatabase(Databases.MIGRATED);
        datastore = Databases.connect(database);
    }

    @AfterEach
    void close() {
        standbyReturns();
        datastore.close().block(SOON);
        database.drop();
    }

    @Test
    void cancellingNeverMakesAnUnreplicatedChangeVisible() {
        List<UUID> ids = datastore
                .healthEvents()
                .insertMany(List.of(event("update"), event("delete")))
                .block(SOON);
        standbyIsMissing();
        List<Mono<?>> writes = List.of(
                datastore.healthEvents().updateById(ids.get(0), Update.set("healthevent.nodeName", "updated")),
                datastore.healthEvents().deleteById(ids.get(1)),
                datastore.healthEvents().insert(event("insert")),
                datastore.healthEvents().insertMany(List.of(event("insertMany"), event("insertMany"))),
                datastore
                        .healthEvents()
                        .upsert(Filter.eq("healthevent.nodeName", "upsert"), Update.set("healthevent.agent", "a")),
                datastore.inTransaction(session -> session.healthEvents().insert(event("inTransaction"))));

        List<Disposable> callers = writes.stream().map(Mono::subscribe).toList();
        awaitCommits(writes.size());

        callers.forEach(Disposable::dispose);
        // Closing is the last thing that the datastore can do to these sessions.
        datastore.close().block(SOON);
        awaitCommits(writes.size());
        assertThat(database.queryForStrings(NODES)).containsExactly("delete", "update");

        standbyReturns();
        Await.until(
                "all changes",
                SOON,
                () -> database.queryForStrings(NODES),
                List.of("inTransaction", "insert", "insertMany", "insertMany", "updated", "upsert")::equals);
    }

    /** Nothing ends the server's processes, so they must not become more and more. */
    @Test
    void abandonedWritesDoNotPileUpAndReadsGoOn() {
        datastore.close().block(SOON);
        datastore = Databases.connect(Databases.options(database)
                .maxConnections(8)
                .statementTimeout(Duration.ofMillis(500))
                .lockTimeout(Duration.ofMillis(500)));
        standbyIsMissing();
        // Not cancelled: an answer may take no longer.
        long unknown = Flux.range(0, 4)
                .flatMap(i -> write("unknown"), 4)
                .filter(OutcomeUnknownException.class::isInstance)
                .count()
                .block(SOON);
        assertThat(unknown).isEqualTo(4);
        DatastoreException error = write("unknown").block(SOON);
        while (error instanceof OutcomeUnknownException) {
            // The server had not been asked about all of them yet.
            unknown++;
            error = write("unknown").block(SOON);
        }

        assertThat(error).isInstanceOf(UnavailableException.class).hasMessageContaining("not sent");
        assertThat(error.isRetryable()).isTrue();
        assertThat(unknown).isLessThan(8);
        assertThat(datastore.healthEvents().count(Filter.all()).block(SOON)).isZero();
        awaitCommits((int) unknown);

        standbyReturns();
        Await.until("writes", SOON, () -> write("again").blockOptional(SOON).isEmpty());
        assertThat(database.queryForString("SELECT count(*) FROM health_events WHERE node_name = 'unknown'"))
                .isEqualTo(String.valueOf(unknown));
        Await.until("all connections back", SOON, () -> datastore.pool().acquired() == 0);
    }

    private Mono<DatastoreException> write(String node) {
        return datastore
                .healthEvents()
                .insertMany(List.of(event(node)))
                .then(Mono.<DatastoreException>empty())
                .onErrorResume(DatastoreException.class, Mono::just);
    }

    private void awaitCommits(int number) {
        Await.until(
                "commits that wait for a standby",
                SOON,
                () -> database.queryForString(COMMITS),
                String.valueOf(number)::equals);
    }

    private static HealthEventDocument event(String node) {
        return HealthEventDocument.of(
                Instant.EPOCH, HealthEvent.builder().nodeName(node).build());
    }

    private static void standbyIsMissing() {
        set("ALTER SYSTEM SET synchronous_standby_names = 'missing'", "missing");
    }

    private static void standbyReturns() {
        set("ALTER SYSTEM RESET synchronous_standby_names", "");
    }

    private static void set(String statement, String expected) {
        server.admin().execute(statement);
        server.admin().execute("SELECT pg_reload_conf()");
        Await.until(
                "the setting",
                SOON,
                () -> server.admin().queryForString("SELECT current_setting('synchronous_standby_names')"),
                expected::equals);
    }
}

// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nvsentinel.changestream.internal.changelog.Position;
import io.nvsentinel.datastore.Datastore;
import io.nvsentinel.testserver.Await;
import io.nvsentinel.testserver.EmbeddedServer;
import io.nvsentinel.testserver.PostgresServer;
import io.nvsentinel.testserver.TestDatabase;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A crash may undo only changes that were not delivered, and a token of a change that does not exist is rejected. */
class RewrittenHistoryTest {

    private static final Duration SOON = Duration.ofSeconds(60);

    /** Turns synchronous commit off for the user, for the time of a function, and while a transaction commits. */
    private static final String COMMITS_ASYNCHRONOUSLY = """
            ALTER ROLE CURRENT_USER SET synchronous_commit = off;
            CREATE FUNCTION hasty(statement text) RETURNS void LANGUAGE plpgsql SET synchronous_commit = off
                AS $body$ BEGIN EXECUTE statement; END $body$;
            CREATE FUNCTION hastens() RETURNS trigger LANGUAGE plpgsql
                AS $body$ BEGIN PERFORM set_config('synchronous_commit', 'off', true); RETURN NULL; END $body$;
            """;

    private EmbeddedServer server;
    private TestDatabase database;
    private Datastore datastore;
    private ChangeStreams streams;
    private final List<String> seen = new CopyOnWriteArrayList<>();
    private final AtomicReference<@Nullable ResumeToken> start = new AtomicReference<>();
    private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();

    @BeforeEach
    void open() {
        // What is only in memory stays there until a commit or the crash.
        server = PostgresServer.embedded()
                .setting("wal_writer_delay", "10s")
                .setting("wal_writer_flush_after", "1GB")
                .setting("checkpoint_timeout", "1d")
                .start();
        database = server.createDatabase(Databases.MIGRATED);
        datastore = Databases.connect(database);
        streams = ChangeStreams.of(
                datastore,
                ChangeStreamOptions.builder()
                        .pollInterval(Duration.ofMillis(100))
                        .build());
    }

    @AfterEach
    void close() {
        streams.close().block(SOON);
        datastore.close().block(SOON);
        server.close();
    }

    @Test
    void nowIsNoIdThatACrashTakesBack() throws Exception {
        insert("first");
        // The sequence is logged 32 ids ahead; these draw more, and nothing makes that durable.
        rollBack(80);
        watch(StartAt.now());
        Await.until("the start", SOON, () -> start.get() != null);

        server.kill();
        server.restart();
        for (int i = 0; i < 5; i++) {
            insert("after the crash " + i);
        }

        Await.until("all changes", SOON, () -> failure.get() != null || seen.size() == 5);
        assertThat(failure.get()).isNull();
        assertThat(seen)
                .containsExactly(
                        "after the crash 0",
                        "after the crash 1",
                        "after the crash 2",
                        "after the crash 3",
                        "after the crash 4");
    }

    @Test
    void whatWasDeliveredSurvivesACrashThoughItsSessionDidNotWait() throws Exception {
        watch(StartAt.beginning());
        for (int round = 0; round < 3; round++) {
            int before = seen.size();
            try (Connection hasty = database.connect();
                    Statement statement = hasty.createStatement()) {
                statement.execute("SET synchronous_commit = off");
                for (int i = 0; i < 20; i++) {
                    statement.execute(insertion(round + "." + i));
                }
                Await.until("some of the changes", SOON, () -> seen.size() > before);
                server.kill();
            }
            List<String> delivered = List.copyOf(seen);
            server.restart();
            assertThat(database.queryForStrings(
                            "SELECT new_values #>> '{healthevent,nodeName}' FROM datastore_changelog ORDER BY id"))
                    .as("what was delivered before crash %d is still there", round)
                    .startsWith(delivered.toArray(String[]::new));
            String next = "after crash " + round;
            insert(next);
            Await.until("the change after it", SOON, () -> seen.contains(next));
        }
        String last = "last";
        insert(last);
        Await.until("the last change", SOON, () -> failure.get() != null || seen.contains(last));
        assertThat(failure.get()).isNull();
        assertThat(seen)
                .isEqualTo(database.queryForStrings(
                        "SELECT new_values #>> '{healthevent,nodeName}' FROM datastore_changelog ORDER BY id"));
    }

    @Test
    void whatWasDeliveredSurvivesACrashThoughItsCommitDidNotWait() {
        database.execute(COMMITS_ASYNCHRONOUSLY);
        watch(StartAt.beginning());
        for (String transaction : List.of(
                "BEGIN; %s; SET CONSTRAINTS ALL IMMEDIATE; SET LOCAL synchronous_commit = off; COMMIT",
                "SET ROLE NONE; SET synchronous_commit = off; BEGIN; SET CONSTRAINTS ALL IMMEDIATE;"
                        + " SELECT hasty($$%s$$); COMMIT",
                "BEGIN; SET CONSTRAINTS ALL IMMEDIATE; %s; RESET synchronous_commit; COMMIT",
                "CREATE TEMP TABLE mine (id int); CREATE CONSTRAINT TRIGGER late AFTER INSERT ON mine DEFERRABLE"
                        + " INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION hastens();"
                        + " BEGIN; %s; INSERT INTO mine VALUES (1); COMMIT")) {
            String node = "delivered " + seen.size();
            database.execute(transaction.formatted(insertion(node)));
            Await.until("the change", SOON, () -> failure.get() != null || seen.contains(node));
            server.kill();
            server.restart();
            assertThat(nodes()).as("after %s", transaction).containsExactlyElementsOf(seen);
        }
        insert("last");
        Await.until("the last change", SOON, () -> failure.get() != null || seen.contains("last"));
        assertThat(failure.get()).isNull();
        assertThat(nodes()).isEqualTo(seen);
    }

    @Test
    void aRecordOfASnapshotSurvivesACrashThoughItsCommitDidNotWait() {
        database.execute("BEGIN; " + insertion("first")
                + "; SET CONSTRAINTS ALL IMMEDIATE; SET LOCAL synchronous_commit = off; COMMIT");
        watch(StartAt.snapshot());
        Await.until("the record", SOON, () -> failure.get() != null || seen.contains("first"));

        server.kill();
        server.restart();

        assertThat(nodes()).containsExactly("first");
    }

    @Test
    void nowIsNoChangeThatACrashTakesBack() {
        database.execute("BEGIN; " + insertion("first")
                + "; SET CONSTRAINTS ALL IMMEDIATE; SET LOCAL synchronous_commit = off; COMMIT");
        watch(StartAt.now());
        Await.until("the start", SOON, () -> failure.get() != null || start.get() != null);

        server.kill();
        server.restart();
        insert("after the crash");

        Await.until("the change", SOON, () -> failure.get() != null || seen.contains("after the crash"));
        assertThat(failure.get()).isNull();
        assertThat(nodes()).containsExactly("first", "after the crash");
    }

    private List<@Nullable String> nodes() {
        return database.queryForStrings(
                "SELECT new_values #>> '{healthevent,nodeName}' FROM datastore_changelog ORDER BY id");
    }

    @Test
    void aTokenBehindTheEndIsRefusedAlsoWhileAnotherWatchRuns() {
        insert("first");
        watch(StartAt.beginning());
        Await.until("the change", SOON, () -> seen.contains("first"));
        UUID incarnation = start.get().position().incarnation();
        ResumeToken lost = new ResumeToken(Position.at(incarnation, 1000, null));

        assertThatThrownBy(() -> streams.watch(
                                datastore.healthEvents(),
                                WatchOptions.builder()
                                        .startAt(StartAt.after(lost))
                                        .build())
                        .blockFirst(Duration.ofSeconds(20)))
                .isInstanceOf(HistoryForkedException.class);
    }

    private void watch(StartAt from) {
        streams.watch(
                        datastore.healthEvents(),
                        WatchOptions.builder()
                                .startAt(from)
                                .onSubscribed(start::set)
                                .build())
                .map(change -> change.after().event().nodeName())
                .subscribe(seen::add, failure::set);
    }

    private void rollBack(int changes) throws SQLException {
        try (Connection connection = database.connect();
                Statement statement = connection.createStatement()) {
            connection.setAutoCommit(false);
            statement.execute("SET CONSTRAINTS ALL IMMEDIATE");
            for (int i = 0; i < changes; i++) {
                statement.execute(insertion("rolled back"));
            }
            connection.rollback();
        }
    }

    private static String insertion(String node) {
        return "INSERT INTO health_events (data) VALUES ('{\"healthevent\":{\"nodeName\":\"" + node + "\"}}')";
    }

    private void insert(String node) {
        database.execute(insertion(node));
    }
}

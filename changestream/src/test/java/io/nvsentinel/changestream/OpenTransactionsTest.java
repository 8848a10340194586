// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream;

import static org.assertj.core.api.Assertions.assertThat;

import io.nvsentinel.datastore.Datastore;
import io.nvsentinel.testserver.Await;
import io.nvsentinel.testserver.PostgresDatabase;
import io.nvsentinel.testserver.TestDatabase;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** An open transaction delays at most the readers of its own writes. */
class OpenTransactionsTest {

    @RegisterExtension
    static final PostgresDatabase DATABASE = PostgresDatabase.from(Databases.MIGRATED);

    private static final Duration SOON = Duration.ofSeconds(60);

    private Datastore datastore;
    private ChangeStreams streams;

    @BeforeEach
    void open() {
        datastore = Databases.connect(DATABASE.get());
        streams = ChangeStreams.of(datastore);
    }

    @AfterEach
    void close() {
        streams.close().block(SOON);
        datastore.close().block(SOON);
    }

    @Test
    void openTransactionsHereAndElsewhereDelayNobody() throws Exception {
        TestDatabase elsewhere = DATABASE.get().server().createDatabase(Databases.MIGRATED);
        try (Connection here = DATABASE.connect();
                Connection there = elsewhere.connect()) {
            // Writes what is watched, but is not committing it yet.
            leaveOpen(here, insertion("left open"));
            // In the other database even a change that is being captured is none of this one's business.
            leaveOpen(there, "SET CONSTRAINTS ALL IMMEDIATE; " + insertion("elsewhere"));
            List<String> seen = watch();
            List<String> written =
                    IntStream.range(0, 50).mapToObj(i -> "change " + i).toList();
            written.forEach(node -> DATABASE.execute(insertion(node)));

            Await.until("all changes while both are open", SOON, () -> seen.size() >= written.size());
            assertThat(seen).isEqualTo(written);
            assertThat(DATABASE.get()
                            .queryForStrings(
                                    "SELECT pid::text FROM pg_stat_activity"
                                            + " WHERE state = 'idle in transaction' AND pid IN (?, ?)",
                                    pid(here),
                                    pid(there)))
                    .as("transactions still open")
                    .hasSize(2);

            here.commit();
            Await.until("the late change", SOON, () -> seen.size() > written.size());
            assertThat(seen).last().isEqualTo("left open");
            there.rollback();
        } finally {
            elsewhere.drop();
        }
    }

    private static void leaveOpen(Connection connection, String sql) throws SQLException {
        connection.setAutoCommit(false);
        try (Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    private static int pid(Connection connection) throws SQLException {
        return connection.unwrap(org.postgresql.PGConnection.class).getBackendPID();
    }

    private List<String> watch() throws InterruptedException {
        CountDownLatch subscribed = new CountDownLatch(1);
        List<String> seen = new CopyOnWriteArrayList<>();
        WatchOptions options = WatchOptions.builder()
                .onSubscribed(token -> subscribed.countDown())
                .build();
        streams.watch(datastore.healthEvents(), options)
                .subscribe(change -> seen.add(change.after().event().nodeName()));
        assertThat(subscribed.await(30, TimeUnit.SECONDS)).isTrue();
        return seen;
    }

    private static String insertion(String node) {
        return "INSERT INTO health_events (data) VALUES ('{\"healthevent\":{\"nodeName\":\"" + node + "\"}}')";
    }
}

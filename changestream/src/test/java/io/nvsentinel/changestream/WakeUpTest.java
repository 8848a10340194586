// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream;

import static org.assertj.core.api.Assertions.assertThat;

import io.nvsentinel.changestream.internal.wakeup.Gate;
import io.nvsentinel.datastore.Datastore;
import io.nvsentinel.testserver.Await;
import io.nvsentinel.testserver.PostgresDatabase;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.postgresql.PGConnection;
import org.postgresql.PGNotification;

/** Polls are an hour apart, so whatever is received soon was received because of a wake-up. */
class WakeUpTest {

    @RegisterExtension
    static final PostgresDatabase DATABASE = PostgresDatabase.from(Databases.MIGRATED);

    private static final Duration SOON = Duration.ofSeconds(30);
    private static final ChangeStreamOptions WAKE_UPS_ONLY =
            ChangeStreamOptions.builder().pollInterval(Duration.ofHours(1)).build();

    private Datastore datastore;
    private ChangeStreams streams;
    private ChangeStreams others;

    @BeforeEach
    void open() {
        datastore = Databases.connect(DATABASE.get());
        streams = ChangeStreams.of(datastore, WAKE_UPS_ONLY);
        others = ChangeStreams.of(datastore, WAKE_UPS_ONLY);
    }

    @AfterEach
    void close() {
        streams.close().block(SOON);
        others.close().block(SOON);
        datastore.close().block(SOON);
    }

    @Test
    void aChangeWakesASleepingSubscriberAgainAndAgain() throws Exception {
        List<String> seen = watch(streams);
        for (String node : List.of("a", "b", "c")) {
            asleep(1);
            insert(node);
            Await.until("change " + node, SOON, () -> seen.contains(node));
        }
        assertThat(seen).containsExactly("a", "b", "c");
    }

    @Test
    void aChangeWakesSubscribersOfBothStreams() throws Exception {
        List<String> first = watch(streams);
        List<String> second = watch(others);
        for (String node : List.of("a", "b")) {
            asleep(2);
            insert(node);
            Await.until("change " + node, SOON, () -> first.contains(node) && second.contains(node));
        }
    }

    @Test
    void aWriterNotifiesOnlyWhileASubscriberSleeps() throws Exception {
        try (Connection listener = DATABASE.connect();
                Connection sleeper = DATABASE.connect()) {
            listen(listener);
            insert("nobody is there");
            assertThat(notifications(listener)).containsExactly("control");

            try (Statement statement = sleeper.createStatement()) {
                statement.execute("SELECT pg_advisory_lock(7813858212840129890)");
            }
            insert("somebody sleeps");
            assertThat(notifications(listener)).containsExactly("", "control");
        }
    }

    @Test
    void aWriterDoesNotNotifyForASubscriberThatOnlyPolls() throws Exception {
        ChangeStreams polling = ChangeStreams.of(
                datastore,
                ChangeStreamOptions.builder()
                        .listen(false)
                        .pollInterval(Duration.ofMillis(20))
                        .build());
        try (Connection listener = DATABASE.connect()) {
            listen(listener);
            List<String> seen = watch(polling);
            insert("a");
            Await.until("the change", SOON, () -> seen.contains("a"));
            assertThat(notifications(listener)).containsExactly("control");
        } finally {
            polling.close().block(SOON);
        }
    }

    @Test
    void aWriterDoesNotNotifyWhileTheSubscriberIsAwake() throws Exception {
        List<String> seen = watch(streams);
        asleep(1);
        try (Connection slow = DATABASE.connect();
                Statement statement = slow.createStatement();
                Connection listener = DATABASE.connect()) {
            slow.setAutoCommit(false);
            statement.execute("SET CONSTRAINTS ALL IMMEDIATE");
            statement.execute(insertion("slow"));
            insert("fast");
            // The hole that the slow one leaves keeps the subscriber awake.
            Await.until("the subscriber is awake", SOON, () -> sleepers().isEmpty());
            listen(listener);
            insert("while awake 1");
            insert("while awake 2");
            assertThat(notifications(listener)).containsExactly("control");
            slow.commit();
        }
        Await.until("all changes", SOON, () -> seen.size() == 4);
        assertThat(seen).containsExactly("slow", "fast", "while awake 1", "while awake 2");
    }

    @Test
    void losingTheListenConnectionLosesNoChangeAndItListensAgain() throws Exception {
        List<String> seen = watch(streams);
        String killed = asleep(1);

        DATABASE.execute("SELECT pg_terminate_backend(" + killed + ")");
        insert("while not listening");
        Await.until("the change", SOON, () -> seen.contains("while not listening"));

        String successor = asleep(1);
        assertThat(successor).isNotEqualTo(killed);
        insert("while listening again");
        Await.until("the next change", SOON, () -> seen.contains("while listening again"));
        assertThat(seen).containsExactly("while not listening", "while listening again");
    }

    @Test
    void aCommitOfATransactionBlockWakesASleepingSubscriber() throws Exception {
        List<String> seen = watch(streams);
        asleep(1);
        try (Connection connection = DATABASE.connect();
                Statement statement = connection.createStatement()) {
            connection.setAutoCommit(false);
            statement.execute(insertion("a"));
            statement.execute(insertion("b"));
            connection.commit();
        }
        Await.until("both changes", SOON, () -> seen.size() == 2);
    }

    @Test
    void aTransactionWithImmediateConstraintsCanBePreparedWhileASubscriberSleeps() throws Exception {
        List<String> seen = watch(streams);
        asleep(1);
        try (Connection connection = DATABASE.connect();
                Statement statement = connection.createStatement()) {
            connection.setAutoCommit(false);
            statement.execute("SET CONSTRAINTS ALL IMMEDIATE");
            statement.execute(insertion("prepared"));
            statement.execute("PREPARE TRANSACTION 'immediate'");
        }
        DATABASE.execute("COMMIT PREPARED 'immediate'");
        // Nobody was notified of it; the next change wakes the subscriber, which finds both.
        insert("next");
        Await.until("both changes", SOON, () -> seen.size() == 2);
        assertThat(seen).containsExactly("prepared", "next");
    }

    private List<String> watch(ChangeStreams of) throws InterruptedException {
        CountDownLatch subscribed = new CountDownLatch(1);
        List<String> seen = new CopyOnWriteArrayList<>();
        WatchOptions options = WatchOptions.builder()
                .onSubscribed(token -> subscribed.countDown())
                .build();
        of.watch(datastore.healthEvents(), options)
                .subscribe(change -> seen.add(change.document().event().nodeName()));
        assertThat(subscribed.await(30, TimeUnit.SECONDS)).isTrue();
        return seen;
    }

    /** Waits until one subscriber is armed and as many as given have asked to be; the session of the armed one. */
    private static String asleep(int subscribers) {
        return Await.until(
                        subscribers + " subscribers asleep",
                        SOON,
                        () -> asked() == subscribers ? sleepers() : List.<String>of(),
                        sessions -> sessions.size() == 1)
                .get(0);
    }

    private static int asked() {
        return DATABASE.get()
                .queryForStrings("SELECT pid::text FROM pg_stat_activity WHERE datname = current_database()"
                        + " AND pid <> pg_backend_pid() AND state = 'idle'"
                        + " AND query LIKE '%pg_try_advisory_lock_shared%'")
                .size();
    }

    private static List<String> sleepers() {
        return DATABASE.get()
                .queryForStrings("SELECT pid::text FROM pg_locks WHERE locktype = 'advisory' AND granted"
                        + " AND mode = 'ExclusiveLock'"
                        + " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())");
    }

    private static String insertion(String node) {
        return "INSERT INTO health_events (data) VALUES ('{\"healthevent\":{\"nodeName\":\"" + node + "\"}}')";
    }

    private static void insert(String node) {
        DATABASE.execute(insertion(node));
    }

    private static void listen(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute("LISTEN " + Gate.CHANNEL);
        }
    }

    /** The notifications so far; the last one is sent here, which shows that those before it have arrived. */
    private static List<String> notifications(Connection listener) throws SQLException {
        DATABASE.execute("SELECT pg_notify('" + Gate.CHANNEL + "', 'control')");
        List<String> received = new CopyOnWriteArrayList<>();
        PGConnection connection = listener.unwrap(PGConnection.class);
        Await.until("the control notification", SOON, () -> {
            received.addAll(poll(connection));
            return received.contains("control");
        });
        return received;
    }

    private static List<String> poll(PGConnection connection) {
        try {
            PGNotification[] notifications = connection.getNotifications();
            return notifications == null
                    ? List.of()
                    : Stream.of(notifications).map(PGNotification::getParameter).toList();
        } catch (SQLException e) {
            throw new IllegalStateException("Notifications cannot be read", e);
        }
    }
}

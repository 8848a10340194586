// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.nvsentinel.changestream.ChangeStreamListener.WakeUp;
import io.nvsentinel.changestream.internal.wakeup.IdleLock;
import io.nvsentinel.datastore.Datastore;
import io.nvsentinel.datastore.model.HealthEventDocument;
import io.nvsentinel.testserver.Await;
import io.nvsentinel.testserver.PostgresDatabase;
import io.nvsentinel.testserver.proxy.TcpProxy;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.postgresql.PGConnection;
import org.postgresql.PGNotification;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;
import reactor.test.subscriber.TestSubscriber;

/** Polls are an hour apart, so changes that are received soon were received because of a wake-up. */
@Tag("essential")
class WakeUpTest {

    @RegisterExtension
    static final PostgresDatabase DATABASE = PostgresDatabase.from(Databases.MIGRATED);

    private static final Duration SOON = Duration.ofSeconds(30);
    private static final Duration NEVER = Duration.ofHours(1);

    private final Sleep sleep = new Sleep();
    private final Sleep othersSleep = new Sleep();
    private Datastore datastore;
    private ChangeStreams streams;
    private ChangeStreams others;

    @BeforeEach
    void open() {
        datastore = Databases.connect(DATABASE.get());
        streams = streams(datastore, NEVER, sleep);
        others = streams(datastore, NEVER, othersSleep);
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
            asleep(sleep);
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
            asleep(sleep, othersSleep);
            insert(node);
            Await.until("change " + node, SOON, () -> first.contains(node) && second.contains(node));
        }
    }

    @Test
    void aStreamThatEndsLeavesNobodyAsleepBehindIt() throws Exception {
        List<String> first = watch(streams);
        asleepForGood(() -> first);
        List<String> behind = watch(others);
        asleep(sleep, othersSleep);
        streams.close().block(SOON);
        insert("later");
        Await.until("the change", SOON, () -> behind.contains("later"));
    }

    /** One is notified late, and requests no more; meanwhile the other has become idle again behind it. */
    @Test
    void aSubscriberThatIsSlowLeavesNobodyAsleepBehindIt() throws Exception {
        try (TcpProxy proxy = TcpProxy.to(DATABASE.get().host(), DATABASE.get().port())) {
            Datastore far = Datastore.connect(Databases.options(DATABASE.get())
                            .host(proxy.host())
                            .port(proxy.port())
                            .build())
                    .block(SOON);
            ChangeStreams slow = streams(far, NEVER, sleep);
            TestSubscriber<ChangeEvent<HealthEventDocument>> first =
                    TestSubscriber.builder().initialRequest(2).build();
            slow.watch(far.healthEvents(), WatchOptions.builder().build()).subscribe(first);
            asleepForGood(first::getReceivedOnNext);
            List<String> behind = watch(others);
            asleep(sleep, othersSleep);
            proxy.delay(Duration.ofMillis(500));
            insert("a");
            Await.until("the next change", SOON, () -> behind.contains("a"));
            Await.until("the slow one has let go", SOON, () -> sleepers().isEmpty());
            insert("b");
            Await.until("the last change", SOON, () -> behind.contains("b"));
            assertThat(first.getReceivedOnNext()).hasSize(2);
            slow.close().block(SOON);
            far.close().block(SOON);
        }
    }

    @Test
    void whoFindsAChangeThatNobodyWasNotifiedOfTellsTheOthers() throws Exception {
        ChangeStreams polling = streams(datastore, Duration.ofSeconds(1), sleep);
        List<String> first = watch(polling);
        asleepForGood(() -> first);
        List<String> behind = watch(others);
        asleep(sleep, othersSleep);
        DATABASE.execute("BEGIN; SET CONSTRAINTS ALL IMMEDIATE; " + insertion("a") + "; PREPARE TRANSACTION 'silent'");
        DATABASE.execute("COMMIT PREPARED 'silent'");
        Await.until("the change", SOON, () -> first.contains("a") && behind.contains("a"));
        polling.close().block(SOON);
    }

    @Test
    void whoTellsTheOthersIsNotWokenByIt() throws Exception {
        ChangeStreams polling = streams(datastore, Duration.ofSeconds(1), sleep);
        List<String> first = watch(polling);
        asleepForGood(() -> first);
        watch(others);
        asleep(sleep, othersSleep);
        try (Connection listener = DATABASE.connect()) {
            listen(listener);
            sleep.forget();
            DATABASE.execute("BEGIN; SET CONSTRAINTS ALL IMMEDIATE; " + insertion("a") + "; PREPARE TRANSACTION 'own'");
            DATABASE.execute("COMMIT PREPARED 'own'");
            PGConnection heard = listener.unwrap(PGConnection.class);
            Await.until("the word to the others", SOON, () -> !poll(heard).isEmpty());
        }
        sleep.forget(WakeUp.POLL_INTERVAL);
        Await.until("the next poll", SOON, () -> sleep.causes().contains(WakeUp.POLL_INTERVAL));
        assertThat(sleep.causes()).doesNotContain(WakeUp.NOTIFICATION);
        polling.close().block(SOON);
    }

    @Test
    void aWriterNotifiesOnlyWhileASubscriberSleeps() throws Exception {
        try (Connection listener = DATABASE.connect();
                Connection sleeper = DATABASE.connect()) {
            listen(listener);
            insert("there is no subscriber");
            assertThat(notifications(listener)).containsExactly("control");

            try (Statement statement = sleeper.createStatement()) {
                statement.execute("SELECT pg_advisory_lock(7813858212840129890)");
            }
            insert("a subscriber is idle");
            assertThat(notifications(listener)).containsExactly("", "control");
        }
    }

    /** Any user of the database can hold the lock as a writer does, and no writer holds it for so long. */
    @Test
    void whoHoldsTheLockAsIfCommittingIsNamed() throws Exception {
        Logger tail = (Logger) LoggerFactory.getLogger("io.nvsentinel.changestream.tail");
        ListAppender<ILoggingEvent> lines = new ListAppender<>();
        lines.list = new CopyOnWriteArrayList<>();
        lines.start();
        tail.addAppender(lines);
        try (Connection holder = DATABASE.connect();
                Statement statement = holder.createStatement()) {
            statement.execute("SET application_name = 'holder'; SELECT pg_advisory_lock_shared(7813858212840129890)");
            watch(streams);

            Await.until(
                    "the name of the holder",
                    SOON,
                    () -> lines.list.stream()
                            .map(ILoggingEvent::getFormattedMessage)
                            .anyMatch(line ->
                                    line.startsWith("Wake-ups blocked") && line.contains("application \"holder\"")));
        } finally {
            tail.detachAppender(lines);
        }
        assertThat(lines.list.stream().filter(line -> line.getMessage().startsWith("Wake-ups blocked")))
                .hasSize(1);
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
        asleepForGood(() -> seen);
        sleep.forget();
        try (Connection slow = DATABASE.connect();
                Statement statement = slow.createStatement();
                Connection listener = DATABASE.connect()) {
            slow.setAutoCommit(false);
            statement.execute("SET CONSTRAINTS ALL IMMEDIATE");
            statement.execute(insertion("slow"));
            insert("fast");
            // The hole that the slow one leaves keeps the subscriber awake, once it has read what it was notified of.
            Await.until(
                    "the subscriber has found the hole",
                    SOON,
                    () -> sleep.causes().indexOf(WakeUp.AWAKE) > sleep.causes().indexOf(WakeUp.NOTIFICATION)
                            && sleep.causes().contains(WakeUp.NOTIFICATION)
                            && sleepers().isEmpty());
            listen(listener);
            insert("while awake 1");
            insert("while awake 2");
            // A subscriber that awoke may still notify the others, by its name; a writer's notification is empty.
            assertThat(notifications(listener)).endsWith("control").doesNotContain("");
            slow.commit();
        }
        Await.until("all changes", SOON, () -> seen.size() == 5);
        assertThat(seen).containsExactly("warm-up", "slow", "fast", "while awake 1", "while awake 2");
    }

    @Test
    void losingTheListenConnectionLosesNoChangeAndItListensAgain() throws Exception {
        List<String> seen = watch(streams);
        String killed = asleep(sleep);

        DATABASE.execute("SELECT pg_terminate_backend(" + killed + ")");
        insert("while not listening");
        Await.until("the change", SOON, () -> seen.contains("while not listening"));

        String successor = asleep(sleep);
        assertThat(successor).isNotEqualTo(killed);
        insert("while listening again");
        Await.until("the next change", SOON, () -> seen.contains("while listening again"));
        assertThat(seen).containsExactly("while not listening", "while listening again");
    }

    @Test
    void aCommitOfATransactionBlockWakesASleepingSubscriber() throws Exception {
        List<String> seen = watch(streams);
        asleep(sleep);
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
        asleep(sleep);
        try (Connection connection = DATABASE.connect();
                Statement statement = connection.createStatement()) {
            connection.setAutoCommit(false);
            statement.execute("SET CONSTRAINTS ALL IMMEDIATE");
            statement.execute(insertion("prepared"));
            statement.execute("PREPARE TRANSACTION 'immediate'");
        }
        DATABASE.execute("COMMIT PREPARED 'immediate'");
        // No notification was sent for it; the next change wakes the subscriber, which finds both.
        insert("next");
        Await.until("both changes", SOON, () -> seen.size() == 2);
        assertThat(seen).containsExactly("prepared", "next");
    }

    /** Prepared transactions are allowed on the test servers, so a writer has to know that it commits. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "/* route=x */ COMMIT",
                "/* a /* nested */ comment, PREPARE TRANSACTION 'x' */ COMMIT",
                "-- it's traced\n  commit work",
                "; END TRANSACTION",
                "SELECT 'prepare transaction'; COMMIT",
                "COMMIT AND CHAIN"
            })
    void aCommitInAnySpellingWakesASleepingSubscriber(String commit) throws Exception {
        List<String> seen = watch(streams);
        asleep(sleep);
        try (Connection connection = DATABASE.connect();
                Statement statement = connection.createStatement()) {
            statement.execute("BEGIN");
            statement.execute(insertion("a"));
            statement.execute(commit);
            Await.until("the change", SOON, () -> seen.size() == 1);
            connection.setAutoCommit(true);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"CALL write_twice()", "/* traced */ CALL write_twice()", "DO 'BEGIN CALL write_twice(); END'"})
    void aProcedureThatCommitsWakesASleepingSubscriber(String call) throws Exception {
        DATABASE.execute("CREATE TABLE IF NOT EXISTS held ()");
        DATABASE.execute("CREATE OR REPLACE PROCEDURE write_twice() LANGUAGE plpgsql AS $$ BEGIN "
                + insertion("first") + "; COMMIT; PERFORM FROM held; "
                + insertion("second") + "; COMMIT; END $$");
        List<String> seen = watch(streams);
        asleep(sleep);
        try (Connection holding = DATABASE.connect();
                Statement lock = holding.createStatement();
                Connection calling = DATABASE.connect();
                Statement caller = calling.createStatement()) {
            holding.setAutoCommit(false);
            lock.execute("LOCK TABLE held");
            Mono<Boolean> called =
                    Mono.fromCallable(() -> caller.execute(call)).subscribeOn(Schedulers.boundedElastic());
            CountDownLatch done = new CountDownLatch(1);
            called.doFinally(signal -> done.countDown()).subscribe();
            Await.until("the first change", SOON, () -> seen.contains("first"));
            asleep(sleep);
            holding.commit();
            Await.until("the second change", SOON, () -> seen.contains("second"));
            assertThat(done.await(30, TimeUnit.SECONDS)).isTrue();
        }
    }

    @Test
    void aStatementThatMentionsPreparingWakesASleepingSubscriber() throws Exception {
        List<String> seen = watch(streams);
        asleep(sleep);
        insert("prepare transaction");
        Await.until("the change", SOON, () -> seen.size() == 1);
    }

    @Test
    void aTransactionIsPreparedWhileASubscriberSleepsHoweverThatIsWritten() throws Exception {
        watch(streams);
        asleep(sleep);
        for (String prepare :
                List.of("/* x */ PREPARE /* y */ TRANSACTION 'p1'", "-- commit\nprepare transaction 'p1'")) {
            try (Connection connection = DATABASE.connect();
                    Statement statement = connection.createStatement()) {
                connection.setAutoCommit(false);
                statement.execute(insertion("prepared"));
                statement.execute(prepare);
                connection.commit();
            }
            DATABASE.execute("COMMIT PREPARED 'p1'");
        }
    }

    private static ChangeStreams streams(Datastore of, Duration pollInterval, Sleep sleep) {
        return ChangeStreams.of(
                of,
                ChangeStreamOptions.builder()
                        .pollInterval(pollInterval)
                        .listener(sleep)
                        .build());
    }

    private List<String> watch(ChangeStreams of) throws InterruptedException {
        CountDownLatch subscribed = new CountDownLatch(1);
        List<String> seen = new CopyOnWriteArrayList<>();
        WatchOptions options = WatchOptions.builder()
                .onSubscribed(token -> subscribed.countDown())
                .build();
        of.watch(datastore.healthEvents(), options)
                .subscribe(change -> seen.add(change.after().event().nodeName()));
        assertThat(subscribed.await(30, TimeUnit.SECONDS)).isTrue();
        return seen;
    }

    /** Waits until all are idle and one of them holds the idle lock; returns the session of that one. */
    private static String asleep(Sleep... subscribers) {
        return Await.until(
                        subscribers.length + " subscribers idle",
                        SOON,
                        () -> Stream.of(subscribers).allMatch(Sleep::asleep) ? sleepers() : List.<String>of(),
                        sessions -> sessions.size() == 1)
                .get(0);
    }

    /**
     * Waits until one subscriber holds the idle lock and has nothing left to read, as it has when it starts to listen.
     */
    private void asleepForGood(Supplier<List<?>> seen) {
        asleep(sleep);
        insert("warm-up");
        Await.until("the first change", SOON, () -> seen.get().size() == 1);
        asleep(sleep);
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
            statement.execute("LISTEN " + IdleLock.CHANNEL);
        }
    }

    /** The notifications so far; the last one is sent here, which shows that the earlier ones have arrived. */
    private static List<String> notifications(Connection listener) throws SQLException {
        DATABASE.execute("SELECT pg_notify('" + IdleLock.CHANNEL + "', 'control')");
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

    /** A subscriber is idle if it has read once more after trying the idle lock, and found nothing. */
    private static final class Sleep implements ChangeStreamListener {

        private final List<WakeUp> causes = new CopyOnWriteArrayList<>();
        private WakeUp last = WakeUp.AWAKE;
        private boolean asleep;

        @Override
        public synchronized void onWakeUp(WakeUp cause) {
            causes.add(cause);
            last = cause;
            asleep = false;
        }

        @Override
        public synchronized void onPageRead(int rows, long bytes, boolean catchingUp) {
            asleep = last == WakeUp.ARMED && rows == 0;
        }

        List<WakeUp> causes() {
            return causes;
        }

        void forget() {
            causes.clear();
        }

        void forget(WakeUp cause) {
            causes.removeIf(cause::equals);
        }

        synchronized boolean asleep() {
            return asleep;
        }
    }
}

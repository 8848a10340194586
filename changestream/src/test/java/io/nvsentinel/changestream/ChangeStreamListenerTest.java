// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream;

import static org.assertj.core.api.Assertions.assertThat;

import io.nvsentinel.datastore.Datastore;
import io.nvsentinel.datastore.error.DatastoreException;
import io.nvsentinel.testserver.Await;
import io.nvsentinel.testserver.PostgresDatabase;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

@Tag("slow")
class ChangeStreamListenerTest {

    @RegisterExtension
    static final PostgresDatabase DATABASE = PostgresDatabase.from(Databases.MIGRATED);

    private static final Duration SOON = Duration.ofSeconds(30);

    private final Heard heard = new Heard();
    private Datastore datastore;
    private ChangeStreams streams;

    @BeforeEach
    void open() {
        datastore = Databases.connect(DATABASE.get());
        streams = ChangeStreams.of(
                datastore,
                ChangeStreamOptions.builder()
                        .pollInterval(Duration.ofMillis(200))
                        .listener(new Broken())
                        .listener(heard)
                        .build());
    }

    @AfterEach
    void close() {
        streams.close().block(SOON);
        datastore.close().block(SOON);
    }

    @Test
    void hearsWakeUpsByCauseAndPages() throws Exception {
        List<ChangeEvent<?>> seen = watch(null);
        heard.await("wake-up ARMED");
        heard.await("wake-up POLL_INTERVAL");
        heard.events.clear();
        insert("a");
        Await.until("the change", SOON, () -> seen.size() == 1);
        assertThat(heard.events).contains("page of 1").anyMatch(event -> event.startsWith("wake-up"));
    }

    @Test
    void hearsThatAGapOpensWhoHoldsItAndThatItCloses() throws Exception {
        List<ChangeEvent<?>> seen = watch(null);
        try (Connection slow = DATABASE.connect();
                Statement statement = slow.createStatement()) {
            slow.setAutoCommit(false);
            statement.execute("SET application_name = 'the slow one'");
            statement.execute("SET CONSTRAINTS ALL IMMEDIATE");
            statement.execute(insertion("slow"));
            insert("fast");
            heard.await("gap opened");
            heard.await("gap held by");
            assertThat(heard.events)
                    .filteredOn(event -> event.startsWith("gap held by"))
                    .singleElement()
                    .asString()
                    .contains("the slow one");
            slow.commit();
        }
        Await.until("both changes", SOON, () -> seen.size() == 2);
        heard.await("gap closed");
        assertThat(heard.events.stream().filter(event -> event.startsWith("gap")))
                .extracting(event -> event.substring(0, 8))
                .containsExactly("gap open", "gap held", "gap clos");
    }

    @Test
    void hearsThatListeningStopsAndWorksAgain() throws Exception {
        watch(null);
        heard.await("listening");
        DATABASE.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                + " WHERE datname = current_database() AND query ~ '^LISTEN|advisory'"
                + " AND pid <> pg_backend_pid()");
        heard.await("polling only");
        Await.until(
                "listening again",
                SOON,
                () -> heard.events.stream().filter("listening"::equals).count() == 2);
    }

    @Test
    void hearsOfStoredTokensAndOfFencing() throws Exception {
        List<ChangeEvent<?>> seen = watch("client");
        insert("a");
        Await.until("the change", SOON, () -> seen.size() == 1);
        seen.get(0).acknowledge();
        heard.await("stored client " + seen.get(0).resumeToken());
        DATABASE.execute("UPDATE resume_tokens SET epoch = epoch + 1 WHERE client_name = 'client'");
        insert("b");
        Await.until("the next change", SOON, () -> seen.size() == 2);
        seen.get(1).acknowledge();
        heard.await("fenced client");
    }

    @Test
    void hearsOfFailedReadsAndRecovery() throws Exception {
        List<ChangeEvent<?>> seen = watch(null);
        Await.until("the reader was cut off and has recovered", SOON, () -> {
            DATABASE.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    + " WHERE datname = current_database() AND query LIKE '%datastore_changelog_state%'"
                    + " AND pid <> pg_backend_pid()");
            return heard.has("read failed") && heard.has("recovered");
        });
        insert("a");
        Await.until("the change", SOON, () -> seen.size() == 1);
    }

    private List<ChangeEvent<?>> watch(String client) throws InterruptedException {
        CountDownLatch subscribed = new CountDownLatch(1);
        WatchOptions.Builder options = WatchOptions.builder().onSubscribed(token -> subscribed.countDown());
        if (client != null) {
            options.clientName(client);
        }
        List<ChangeEvent<?>> seen = new CopyOnWriteArrayList<>();
        streams.watch(datastore.healthEvents(), options.build()).subscribe(seen::add, error -> {});
        assertThat(subscribed.await(30, TimeUnit.SECONDS)).isTrue();
        return seen;
    }

    private static String insertion(String node) {
        return "INSERT INTO health_events (data) VALUES ('{\"healthevent\":{\"nodeName\":\"" + node + "\"}}')";
    }

    private static void insert(String node) {
        DATABASE.execute(insertion(node));
    }

    /** Throws at events that occur in every test; no stream may be affected. */
    private static final class Broken implements ChangeStreamListener {

        @Override
        public void onWakeUp(WakeUp cause) {
            throw new IllegalStateException("a listener that fails on purpose");
        }

        @Override
        public void onListening() {
            throw new IllegalStateException("a listener that fails on purpose");
        }
    }

    private static final class Heard implements ChangeStreamListener {

        private final List<String> events = new CopyOnWriteArrayList<>();

        boolean has(String start) {
            return events.stream().anyMatch(event -> event.startsWith(start));
        }

        void await(String start) {
            Await.until(start, SOON, () -> has(start));
        }

        @Override
        public void onWakeUp(WakeUp cause) {
            events.add("wake-up " + cause);
        }

        @Override
        public void onPageRead(int rows, long bytes, boolean catchingUp) {
            events.add((catchingUp ? "catch-up page of " : "page of ") + rows);
        }

        @Override
        public void onGapOpened(long position) {
            events.add("gap opened");
        }

        @Override
        public void onGapHeld(long position, List<String> holders) {
            events.add("gap held by " + holders);
        }

        @Override
        public void onGapClosed(long position, Duration age) {
            events.add("gap closed");
        }

        @Override
        public void onReadFailed(DatastoreException error) {
            events.add("read failed");
        }

        @Override
        public void onReadRecovered(long failures) {
            events.add("recovered");
        }

        @Override
        public void onListening() {
            events.add("listening");
        }

        @Override
        public void onPollingOnly(Throwable cause) {
            events.add("polling only");
        }

        @Override
        public void onTokenStored(String clientName, ResumeToken token) {
            events.add("stored " + clientName + " " + token);
        }

        @Override
        public void onFenced(String clientName) {
            events.add("fenced " + clientName);
        }
    }
}

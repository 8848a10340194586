// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream;

import static org.assertj.core.api.Assertions.assertThat;

import io.nvsentinel.changestream.TestStreams.Seen;
import io.nvsentinel.datastore.Datastore;
import io.nvsentinel.datastore.model.HealthEventDocument;
import io.nvsentinel.testserver.Await;
import io.nvsentinel.testserver.PostgresDatabase;
import io.nvsentinel.testserver.PostgresServer;
import io.nvsentinel.testserver.TestDatabase;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Rows that no capture wrote, ids at their limit, and databases that are being restored end no stream. */
@Tag("essential")
class OddRowsTest {

    @RegisterExtension
    static final PostgresDatabase DATABASE = PostgresDatabase.from(Databases.MIGRATED);

    private static final String ROW =
            "INSERT INTO datastore_changelog (%s, table_name, record_id, operation, new_values)"
                    + " VALUES (%s, 'health_events', gen_random_uuid(), 'INSERT', "
                    + "'{\"healthevent\":{\"nodeName\":\"odd\"}}')";

    private final AtomicInteger failures = new AtomicInteger();

    @RegisterExtension
    final TestStreams streams = new TestStreams(
            DATABASE,
            ChangeStreamOptions.builder().pollInterval(Duration.ofMillis(100)).listener(new ChangeStreamListener() {
                @Override
                public void onReadFailed(io.nvsentinel.datastore.error.DatastoreException error) {
                    failures.incrementAndGet();
                }
            }));

    private final HistoryFixture history = new HistoryFixture(DATABASE);

    @BeforeEach
    void empty() {
        history.clear();
    }

    @Test
    void aTransactionIdBeyondALongIsDelivered() {
        Seen<ChangeEvent<HealthEventDocument>> watch =
                streams.watchHealth(WatchOptions.builder().clientName("client").startAt(StartAt.beginning()));
        DATABASE.execute(ROW.formatted("xid", "'18446744073709551610'"));
        history.insert("a", 2);

        List<ChangeEvent<HealthEventDocument>> events = watch.await(3);
        assertThat(Long.toUnsignedString(events.get(0).transactionId())).isEqualTo("18446744073709551610");
        events.get(0).acknowledge();
        history.awaitStored("client", 1);
        streams.restart();
        streams.watchHealth(WatchOptions.builder().clientName("client")).await(2);
    }

    @Test
    void anIdThatWasNotDrawnFromTheSequenceIsReportedOnceAndHidesNoChange() {
        List<UndecodableChange> aside = new CopyOnWriteArrayList<>();
        Seen<ChangeEvent<HealthEventDocument>> watch =
                streams.watchHealth(WatchOptions.builder().onUndecodable(aside::add));
        history.insert("a", 1);
        DATABASE.execute(ROW.formatted("id", "1000"));
        Await.until("the report", TestStreams.SOON, () -> !aside.isEmpty());
        for (int i = 1; i <= 9; i++) {
            history.insertOne("b" + i);
        }

        watch.await(10);
        assertThat(watch.error).isNull();
        assertThat(aside)
                .singleElement()
                .satisfies(change -> assertThat(change.error())
                        .hasMessageContaining("Row 1000 of the changelog was not written by capture"));
        Seen<ChangeEvent<HealthEventDocument>> fresh = streams.watchHealth(WatchOptions.builder());
        history.insertOne("c1");
        fresh.await(1);
        watch.await(11);
    }

    @Test
    void theHighestIdIsNoLostPosition() {
        DATABASE.execute("SELECT setval('datastore_changelog_id_seq', 9223372036854775805)");
        Seen<ChangeEvent<HealthEventDocument>> watch = streams.watchHealth(WatchOptions.builder());
        history.insert("a", 2);
        ResumeToken last = watch.await(2).get(1).resumeToken();

        Seen<ChangeEvent<HealthEventDocument>> after =
                streams.watchHealth(WatchOptions.builder().startAt(StartAt.after(last)));
        int before = failures.get();
        assertThat(last.position().id()).isEqualTo(Long.MAX_VALUE);
        assertThat(after.error).isNull();
        assertThat(watch.error).isNull();
        assertThat(failures).hasValue(before);
    }

    @Test
    void aChangelogWithoutItsFactsIsWaitedFor() {
        Seen<ChangeEvent<HealthEventDocument>> watch =
                streams.watchHealth(WatchOptions.builder().clientName("client").startAt(StartAt.beginning()));
        history.insert("a", 1);
        watch.await(1).get(0).acknowledge();
        history.awaitStored("client", 1);
        DATABASE.execute("CREATE TABLE facts AS SELECT * FROM datastore_changelog_state;"
                + " DELETE FROM datastore_changelog_state");
        int before = failures.get();
        Await.until("a failed read", TestStreams.SOON, () -> failures.get() > before);
        history.insertOne("b");

        DATABASE.execute("INSERT INTO datastore_changelog_state (singleton, incarnation, oldest_id, processed_id)"
                + " SELECT singleton, incarnation, oldest_id, processed_id FROM facts; DROP TABLE facts");

        watch.await(2);
        assertThat(watch.error).isNull();
    }

    @Test
    void aDatabaseThatIsGoneForAWhileIsWaitedFor() throws Exception {
        TestDatabase own = PostgresServer.shared().createDatabase(Databases.MIGRATED);
        Datastore datastore = Databases.connect(own);
        AtomicInteger failed = new AtomicInteger();
        ChangeStreams ours = ChangeStreams.of(
                datastore,
                ChangeStreamOptions.builder()
                        .pollInterval(Duration.ofMillis(100))
                        .listener(new ChangeStreamListener() {
                            @Override
                            public void onReadFailed(io.nvsentinel.datastore.error.DatastoreException error) {
                                if ("3D000".equals(error.sqlState())) {
                                    failed.incrementAndGet();
                                }
                            }
                        })
                        .build());
        List<String> seen = new CopyOnWriteArrayList<>();
        AtomicReference<@Nullable Throwable> error = new AtomicReference<>();
        CountDownLatch subscribed = new CountDownLatch(1);
        try {
            ours.watch(
                            datastore.healthEvents(),
                            WatchOptions.builder()
                                    .onSubscribed(token -> subscribed.countDown())
                                    .build())
                    .subscribe(change -> seen.add(change.after().event().nodeName()), error::set);
            assertThat(subscribed.await(30, TimeUnit.SECONDS)).isTrue();
            rename(own.name(), "renamed_" + own.name());
            Await.until("a refusal", TestStreams.SOON, () -> failed.get() > 0);
            rename("renamed_" + own.name(), own.name());
            own.execute("INSERT INTO health_events (data) VALUES ('{\"healthevent\":{\"nodeName\":\"after\"}}')");
            Await.until("the change", TestStreams.SOON, () -> error.get() != null || seen.contains("after"));
            assertThat(error.get()).isNull();
        } finally {
            ours.close().block(TestStreams.SOON);
            datastore.close().block(TestStreams.SOON);
            own.drop();
        }
    }

    /** New sessions are ended for as long as it is tried: the server waits until there is none. */
    private static void rename(String from, String to) {
        TestDatabase admin = PostgresServer.shared().admin();
        AtomicBoolean renamed = new AtomicBoolean();
        CompletableFuture<Void> ending = CompletableFuture.runAsync(() -> {
            while (!renamed.get()) {
                admin.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '" + from + "'");
            }
        });
        try {
            Await.until("the new name", Duration.ofSeconds(90), () -> {
                try {
                    admin.execute("ALTER DATABASE " + from + " RENAME TO " + to);
                    return true;
                } catch (RuntimeException e) {
                    return false;
                }
            });
        } finally {
            renamed.set(true);
            ending.join();
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nvsentinel.changestream.TestStreams.Seen;
import io.nvsentinel.datastore.error.InvalidRequestException;
import io.nvsentinel.datastore.model.HealthEventDocument;
import io.nvsentinel.datastore.query.Filter;
import io.nvsentinel.testserver.Await;
import io.nvsentinel.testserver.PostgresDatabase;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.reactivestreams.Subscription;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.BaseSubscriber;
import reactor.core.scheduler.Schedulers;

@Tag("essential")
class SnapshotTest {

    private static final Logger LOG = LoggerFactory.getLogger(SnapshotTest.class);

    private static final int WRITERS = 4;
    private static final int RECORDS = 150;
    private static final int OPERATIONS = 250;

    @RegisterExtension
    static final PostgresDatabase DATABASE = PostgresDatabase.from(Databases.MIGRATED);

    @RegisterExtension
    final TestStreams streams =
            new TestStreams(DATABASE, ChangeStreamOptions.builder().batchSize(7).pollInterval(Duration.ofMillis(100)));

    @BeforeEach
    void empty() {
        DATABASE.execute("TRUNCATE health_events");
    }

    @Test
    void theRecordsThenTheirChangesUnderWritersGiveEachRecordsHistoryAndTheFinalState() throws Exception {
        long seed = Long.getLong("snapshot.seed", System.nanoTime());
        LOG.info("snapshot.seed {}", seed);
        DATABASE.execute(
                "INSERT INTO health_events (data) SELECT '{\"v\":1}' FROM generate_series(1, " + RECORDS + ")");
        Replica replica = new Replica();
        ExecutorService writers = Executors.newFixedThreadPool(WRITERS);
        try {
            streams.get()
                    .watch(
                            streams.collection("health_events"),
                            WatchOptions.builder().startAt(StartAt.snapshot()).build())
                    .subscribe(replica);
            // Else a truncation may come before the first page.
            Await.until(
                    "the first record",
                    Duration.ofSeconds(60),
                    () -> !replica.records().isEmpty());
            List<Future<?>> running = IntStream.range(0, WRITERS)
                    .<Future<?>>mapToObj(number -> writers.submit(() -> write(new Random(seed + number))))
                    .toList();
            for (Future<?> each : running) {
                each.get();
            }
        } finally {
            writers.shutdownNow();
        }
        String last = streams.insert("health_events", "{\"v\":1}");
        // The last record may come in a page; then others are behind it.
        Await.until(
                "the table's state",
                Duration.ofSeconds(60),
                () -> (replica.has(last) && replica.records().equals(table())) || replica.failed());
        String change = streams.insert("health_events", "{\"v\":1}");
        Await.until(
                "a change behind everything", Duration.ofSeconds(60), () -> replica.has(change) || replica.failed());
        assertThat(replica.problems).as("seed " + seed).isEmpty();
        assertThat(replica.records()).as("seed " + seed).isEqualTo(table());
        assertThat(replica.existing).as("records in pages").isPositive();
        assertThat(replica.changes).as("changes between and after them").isPositive();
        replica.cancel();
    }

    @Test
    void aClientThatStopsWithinASnapshotTakesItAgainAndThenNeverMore() {
        DATABASE.execute("INSERT INTO health_events (data) SELECT '{}' FROM generate_series(1, 20)");
        Seen<ChangeEvent<HealthEventDocument>> first =
                streams.watchHealth(snapshot().clientName("again"));
        first.await(20).subList(0, 19).forEach(ChangeEvent::acknowledge);
        streams.restart();

        Seen<ChangeEvent<HealthEventDocument>> second =
                streams.watchHealth(snapshot().clientName("again"));
        second.await(20).forEach(ChangeEvent::acknowledge);
        assertThat(second.events).extracting(ChangeEvent::operation).containsOnly(Operation.SNAPSHOT);
        streams.restart();

        Seen<ChangeEvent<HealthEventDocument>> third =
                streams.watchHealth(snapshot().clientName("again"));
        String id = streams.insertHealth("new");
        assertThat(third.await(1).get(0).recordId()).hasToString(id);
    }

    @Test
    void aTokenFromWithinASnapshotStartsItAgain() {
        DATABASE.execute("INSERT INTO health_events (data) SELECT '{}' FROM generate_series(1, 3)");
        ResumeToken within = streams.watchHealth(snapshot()).await(3).get(1).resumeToken();
        ResumeToken kept = ResumeToken.parse(within.encode());
        streams.watchHealth(WatchOptions.builder().startAt(StartAt.after(kept))).await(3);
    }

    @Test
    void theFilterAppliesToRecordsAndSeveralCollectionsFollowOneAnother() {
        streams.insertHealth("a");
        streams.insertHealth("b");
        DATABASE.execute("DELETE FROM maintenance_events");
        streams.insert("maintenance_events", "{\"eventId\":\"m\"}");
        Seen<ChangeEvent<HealthEventDocument>> filtered =
                streams.watchHealth(snapshot().filter(Filter.eq("fullDocument.healthevent.nodeName", "b")));
        Seen<ChangeEvent<Object>> several = streams.watch(
                snapshot(),
                options -> streams.get()
                        .watch(
                                List.of(
                                        streams.datastore().healthEvents(),
                                        streams.datastore().maintenanceEvents()),
                                options));
        assertThat(filtered.await(1).get(0).after().event().nodeName()).isEqualTo("b");
        assertThat(several.await(3))
                .extracting(ChangeEvent::collection)
                .containsExactly("health_events", "health_events", "maintenance_events");
        String id = streams.insertHealth("b");
        assertThat(filtered.await(2).get(1).recordId()).hasToString(id);
        several.await(4);
    }

    @Test
    void idsThatWereRolledBackAtTheEndDoNotHoldItUp() {
        streams.insertHealth("a");
        DATABASE.execute("SELECT nextval('datastore_changelog_id_seq') FROM generate_series(1, 3)");
        Seen<ChangeEvent<HealthEventDocument>> seen = streams.watchHealth(snapshot());
        DATABASE.execute("SELECT nextval('datastore_changelog_id_seq') FROM generate_series(1, 3)");
        seen.await(1);
        streams.insertHealth("b");
        seen.await(2);
    }

    @Test
    void lostHistoryCanBeAnsweredByASnapshot() {
        streams.watchHealth(WatchOptions.builder().clientName("lost")).cancel();
        streams.restart();
        streams.insertHealth("a");
        DATABASE.execute("UPDATE datastore_changelog_state"
                + " SET oldest_id = (SELECT last_value + 1 FROM datastore_changelog_id_seq)");
        Seen<ChangeEvent<HealthEventDocument>> seen = streams.watchHealth(
                WatchOptions.builder().clientName("lost").onHistoryLost(OnHistoryLost.TAKE_SNAPSHOT));
        assertThat(seen.await(1).get(0).operation()).isEqualTo(Operation.SNAPSHOT);
        DATABASE.execute("UPDATE datastore_changelog_state SET oldest_id = 1");
    }

    @Test
    void everythingHasNoSnapshot() {
        assertThatThrownBy(() -> streams.get().watchAll(snapshot().build()).blockFirst(TestStreams.SOON))
                .isInstanceOf(InvalidRequestException.class);
    }

    private static WatchOptions.Builder snapshot() {
        return WatchOptions.builder().startAt(StartAt.snapshot());
    }

    private static Map<String, Integer> table() {
        Map<String, Integer> records = new TreeMap<>();
        DATABASE.get()
                .queryForStrings("SELECT id || ' ' || (data ->> 'v') FROM health_events")
                .forEach(row -> records.put(row.substring(0, 36), Integer.valueOf(row.substring(37))));
        return records;
    }

    /** Each record's document counts its versions. */
    private static void write(Random random) {
        try (Connection connection = DATABASE.connect();
                Statement statement = connection.createStatement()) {
            connection.setAutoCommit(false);
            for (int i = 0; i < OPERATIONS; i++) {
                change(statement, random);
                if (random.nextInt(6) == 0) {
                    connection.rollback();
                } else if (random.nextInt(3) > 0) {
                    connection.commit();
                }
            }
            connection.commit();
        } catch (SQLException e) {
            throw new IllegalStateException("A writer failed", e);
        }
    }

    private static void change(Statement statement, Random random) throws SQLException {
        String one = " WHERE id = (SELECT id FROM health_events WHERE id > gen_random_uuid() ORDER BY id LIMIT 1"
                + " FOR UPDATE SKIP LOCKED)";
        int choice = random.nextInt(400);
        if (choice == 0) {
            // Alone in its transaction: several at once would wait for one another.
            statement.getConnection().commit();
            statement.execute("TRUNCATE health_events");
            statement.getConnection().commit();
        } else if (choice < 130) {
            statement.execute("INSERT INTO health_events (data) VALUES ('{\"v\":1}')");
        } else if (choice < 320) {
            statement.execute("UPDATE health_events SET data = jsonb_build_object('v', (data ->> 'v')::int + 1)" + one);
        } else {
            statement.execute("DELETE FROM health_events" + one);
        }
    }

    /** What a slow consumer makes of the events: each must fit what it has. */
    private static final class Replica extends BaseSubscriber<ChangeEvent<Map<String, Object>>> {

        private final Map<String, Integer> records = new TreeMap<>();
        private final List<String> problems = new CopyOnWriteArrayList<>();
        private int existing;
        private int changes;

        @Override
        protected void hookOnSubscribe(Subscription subscription) {
            subscription.request(1);
        }

        @Override
        protected void hookOnNext(ChangeEvent<Map<String, Object>> event) {
            apply(event);
            // One at a time, a moment later.
            Schedulers.parallel().schedule(() -> request(1), 1, TimeUnit.MILLISECONDS);
        }

        private synchronized void apply(ChangeEvent<Map<String, Object>> event) {
            String id = String.valueOf(event.recordId());
            Integer had = records.get(id);
            switch (event.operation()) {
                case SNAPSHOT, INSERT -> expect(event, had, null);
                case UPDATE, DELETE ->
                    expect(event, had, (Integer) event.before().get("v"));
                case TRUNCATE -> records.clear();
            }
            if (event.hasAfter()) {
                records.put(id, (Integer) event.after().get("v"));
            } else {
                records.remove(id);
            }
            existing += event.operation() == Operation.SNAPSHOT ? 1 : 0;
            changes += event.operation() == Operation.SNAPSHOT ? 0 : 1;
        }

        private void expect(ChangeEvent<?> event, Integer had, Integer expected) {
            if (!Objects.equals(had, expected)) {
                problems.add(event + ": had " + had + ", expected " + expected);
            }
        }

        @Override
        protected void hookOnError(Throwable error) {
            problems.add("error " + error);
        }

        synchronized boolean has(String id) {
            return records.containsKey(id);
        }

        boolean failed() {
            return !problems.isEmpty();
        }

        synchronized Map<String, Integer> records() {
            return new TreeMap<>(records);
        }
    }
}

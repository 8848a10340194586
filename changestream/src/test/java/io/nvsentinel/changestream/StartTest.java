// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream;

import static org.assertj.core.api.Assertions.assertThat;

import io.nvsentinel.changestream.TestStreams.Seen;
import io.nvsentinel.datastore.model.HealthEventDocument;
import io.nvsentinel.testserver.Await;
import io.nvsentinel.testserver.PostgresDatabase;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

@Tag("essential")
class StartTest {

    @RegisterExtension
    static final PostgresDatabase DATABASE = PostgresDatabase.from(Databases.MIGRATED);

    @RegisterExtension
    final TestStreams streams = new TestStreams(DATABASE, ChangeStreamOptions.builder());

    @BeforeEach
    void empty() {
        DATABASE.execute("SET nvsentinel.retention = 'on'; DELETE FROM datastore_changelog");
        DATABASE.execute("UPDATE datastore_changelog_state SET oldest_id = 1");
        DATABASE.execute("DELETE FROM resume_tokens");
    }

    @Test
    void startsAtATimeWithTheFirstChangeMadeThen() {
        streams.insertHealth("before");
        streams.insertHealth("first");
        streams.insertHealth("second");
        Seen<ChangeEvent<HealthEventDocument>> seen =
                streams.watchHealth(WatchOptions.builder().startAt(StartAt.at(changedAt(2))));
        assertThat(nodes(seen.await(2))).containsExactly("first", "second");
    }

    @Test
    void missesNoneThoughTheOrderRunsAgainstTheTime() {
        for (String node : List.of("a", "b", "c", "d")) {
            streams.insertHealth(node);
        }
        // As two writers do that draw their ids in one order and stamp in the other.
        DATABASE.execute("SET nvsentinel.retention = 'on'; UPDATE datastore_changelog SET changed_at = "
                + "changed_at + interval '1 h'"
                + " WHERE new_values #>> '{healthevent,nodeName}' IN ('b', 'd')");
        Seen<ChangeEvent<HealthEventDocument>> seen =
                streams.watchHealth(WatchOptions.builder().startAt(StartAt.at(changedAt(2))));
        assertThat(nodes(seen.await(3))).containsExactly("b", "c", "d");
    }

    @Test
    void waitsForAWriterThatIsCommittingSinceThen() throws Exception {
        Instant start = Instant.parse("2020-01-01T00:00:00Z");
        streams.insertHealth("a");
        List<String> seen = new CopyOnWriteArrayList<>();
        try (Connection slow = DATABASE.connect();
                Statement statement = slow.createStatement()) {
            slow.setAutoCommit(false);
            statement.execute("SET CONSTRAINTS ALL IMMEDIATE");
            statement.execute("INSERT INTO health_events (data) VALUES ('{\"healthevent\":{\"nodeName\":\"slow\"}}')");
            // Between them these two would let a start at "the first visible" pass over the slow one.
            DATABASE.execute(
                    "SET nvsentinel.retention = 'on'; DELETE FROM datastore_changelog WHERE operation = 'INSERT'");
            streams.insertHealth("b");
            streams.get()
                    .watch(
                            streams.datastore().healthEvents(),
                            WatchOptions.builder().startAt(StartAt.at(start)).build())
                    .subscribe(change -> seen.add(change.after().event().nodeName()));
            Await.until("the opening waits for the slow one", TestStreams.SOON, StartTest::lockIsRead);
            assertThat(seen).isEmpty();
            slow.commit();
        }
        Await.until("both", TestStreams.SOON, () -> seen.size() == 2);
        assertThat(seen).containsExactly("slow", "b");
    }

    @Test
    void aTimeToComeIsNow() {
        streams.insertHealth("before");
        Seen<ChangeEvent<HealthEventDocument>> seen = streams.watchHealth(
                WatchOptions.builder().startAt(StartAt.at(Instant.now().plus(Duration.ofDays(1)))));
        streams.insertHealth("after");
        assertThat(nodes(seen.await(1))).containsExactly("after");
    }

    @Test
    void aTimeBeforeWhatIsKeptIsLostHistory() {
        streams.insertHealth("gone");
        streams.insertHealth("kept");
        trim("gone");
        Instant tooEarly = Instant.parse("2020-01-01T00:00:00Z");
        HistoryLostException lost = lost(WatchOptions.builder().startAt(StartAt.at(tooEarly)));
        Seen<ChangeEvent<HealthEventDocument>> seen =
                streams.watchHealth(WatchOptions.builder().startAt(StartAt.after(lost.oldestAvailable())));
        assertThat(nodes(seen.await(1))).containsExactly("kept");
    }

    @Test
    void lostHistoryFailsUnlessTheOldestIsAskedFor() {
        Seen<ChangeEvent<HealthEventDocument>> first =
                streams.watchHealth(WatchOptions.builder().clientName("late"));
        first.cancel();
        streams.restart();
        streams.insertHealth("gone");
        streams.insertHealth("kept");
        trim("gone");

        HistoryLostException lost = lost(WatchOptions.builder().clientName("late"));
        assertThat(lost).hasMessageContaining("the oldest kept change is");
        Seen<ChangeEvent<HealthEventDocument>> seen = streams.watchHealth(
                WatchOptions.builder().clientName("late").onHistoryLost(OnHistoryLost.START_AT_OLDEST));
        seen.await(1).get(0).acknowledge();
        assertThat(nodes(seen.events)).containsExactly("kept");
        streams.restart();
        Seen<ChangeEvent<HealthEventDocument>> resumed =
                streams.watchHealth(WatchOptions.builder().clientName("late"));
        streams.insertHealth("next");
        assertThat(nodes(resumed.await(1))).containsExactly("next");
    }

    @Test
    void historyLostWhileTheWatchIsAsleepIsNoticedAndPolicyApplies() {
        Seen<ChangeEvent<HealthEventDocument>> failing = streams.watchHealth(WatchOptions.builder());
        Seen<ChangeEvent<HealthEventDocument>> going =
                streams.watchHealth(WatchOptions.builder().onHistoryLost(OnHistoryLost.START_AT_OLDEST));
        DATABASE.execute("SELECT setval('datastore_changelog_id_seq', nextval('datastore_changelog_id_seq') + 10)");
        DATABASE.execute("UPDATE datastore_changelog_state"
                + " SET oldest_id = (SELECT last_value FROM datastore_changelog_id_seq)");
        streams.insertHealth("kept");
        assertThat(failing.awaitError()).isInstanceOf(HistoryLostException.class);
        assertThat(nodes(going.await(1))).containsExactly("kept");
    }

    @Test
    void anotherChangelogIsForkedHistory() {
        Seen<ChangeEvent<HealthEventDocument>> first =
                streams.watchHealth(WatchOptions.builder().clientName("fork"));
        first.cancel();
        streams.restart();
        DATABASE.execute("UPDATE datastore_changelog_state SET incarnation = gen_random_uuid()");
        streams.insertHealth("new");
        Seen<ChangeEvent<HealthEventDocument>> failing = new Seen<>();
        streams.get()
                .watch(
                        streams.datastore().healthEvents(),
                        WatchOptions.builder().clientName("fork").build())
                .subscribe(failing.events::add, error -> failing.error = error);
        assertThat(failing.awaitError()).isInstanceOf(HistoryForkedException.class);
        Seen<ChangeEvent<HealthEventDocument>> seen = streams.watchHealth(
                WatchOptions.builder().clientName("fork").onHistoryLost(OnHistoryLost.START_AT_OLDEST));
        assertThat(nodes(seen.await(1))).containsExactly("new");
    }

    private HistoryLostException lost(WatchOptions.Builder options) {
        Seen<ChangeEvent<HealthEventDocument>> seen = new Seen<>();
        streams.get()
                .watch(streams.datastore().healthEvents(), options.build())
                .subscribe(seen.events::add, error -> seen.error = error);
        return (HistoryLostException) seen.awaitError();
    }

    /** As retention does: raises the oldest id, then removes. */
    private static void trim(String node) {
        String id = one("SELECT id::text FROM datastore_changelog WHERE new_values #>> '{healthevent,nodeName}' = '"
                + node + "'");
        DATABASE.execute("UPDATE datastore_changelog_state SET oldest_id = " + id + " + 1");
        DATABASE.execute("SET nvsentinel.retention = 'on'; DELETE FROM datastore_changelog WHERE id <= " + id);
    }

    private static Instant changedAt(int number) {
        return Instant.parse(one("SELECT to_char(changed_at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')"
                + " FROM datastore_changelog ORDER BY id OFFSET " + (number - 1) + " LIMIT 1"));
    }

    private static boolean lockIsRead() {
        return !DATABASE.get()
                .queryForStrings("SELECT pid::text FROM pg_stat_activity WHERE datname = current_database()"
                        + " AND pid <> pg_backend_pid() AND query LIKE '%RowExclusiveLock%'")
                .isEmpty();
    }

    private static String one(String sql) {
        return DATABASE.get().queryForStrings(sql).get(0);
    }

    private static List<String> nodes(List<ChangeEvent<HealthEventDocument>> events) {
        return events.stream().map(event -> event.after().event().nodeName()).toList();
    }
}

// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream;

import static org.assertj.core.api.Assertions.assertThat;

import io.nvsentinel.changestream.TestStreams.Seen;
import io.nvsentinel.testserver.Await;
import io.nvsentinel.testserver.PostgresDatabase;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** A record whose id is changed in SQL ends under the old id and begins under the new one, so that no copy of it stays behind. */
class ChangedIdTest {

    @RegisterExtension
    static final PostgresDatabase DATABASE = PostgresDatabase.from(Databases.MIGRATED);

    private static final String OLD = "00000000-0000-0000-0000-00000000000a";
    private static final String NEW = "00000000-0000-0000-0000-00000000000b";
    private static final String OTHER = "00000000-0000-0000-0000-00000000000c";

    @RegisterExtension
    final TestStreams streams = new TestStreams(DATABASE, ChangeStreamOptions.builder());

    @BeforeEach
    void empty() {
        DATABASE.execute("TRUNCATE health_events");
    }

    @Test
    void aWatchReceivesTheEndOfTheOldRecordAndThenTheStartOfTheNewOne() {
        insert("health_events", OLD);
        Seen<ChangeEvent<Map<String, Object>>> seen = watch("health_events", WatchOptions.builder());

        DATABASE.execute("UPDATE health_events SET id = '" + NEW + "', data = '{\"v\": 2}' WHERE id = '" + OLD + "'");

        List<ChangeEvent<Map<String, Object>>> changes = seen.await(2);
        assertThat(changes).extracting(ChangeEvent::operation).containsExactly(Operation.DELETE, Operation.INSERT);
        assertThat(changes).extracting(change -> change.recordId().toString()).containsExactly(OLD, NEW);
        assertThat(changes.get(0).before()).isEqualTo(Map.of("v", 1));
        assertThat(changes.get(1).after()).isEqualTo(Map.of("v", 2));
        assertThat(changes.get(1).transactionId()).isEqualTo(changes.get(0).transactionId());
    }

    @Test
    void aCopyThatBeganWithASnapshotStaysEqualToTheTable() {
        insert("health_events", OLD);
        insert("health_events", OTHER);
        Seen<ChangeEvent<Map<String, Object>>> seen =
                watch("health_events", WatchOptions.builder().startAt(StartAt.snapshot()));
        seen.await(2);

        DATABASE.execute("BEGIN; UPDATE health_events SET id = '" + NEW + "' WHERE id = '" + OLD
                + "'; UPDATE health_events SET id = '" + OLD + "' WHERE id = '" + OTHER
                + "'; UPDATE health_events SET data = '{\"v\": 3}' WHERE id = '" + NEW + "'; COMMIT");

        Await.until("the copy", TestStreams.SOON, () -> copy(seen.events).equals(table("health_events")));
        assertThat(copy(seen.events)).containsOnlyKeys(OLD, NEW);
        assertThat(seen.await(7))
                .extracting(ChangeEvent::operation)
                .containsExactly(
                        Operation.SNAPSHOT,
                        Operation.SNAPSHOT,
                        Operation.DELETE,
                        Operation.INSERT,
                        Operation.DELETE,
                        Operation.INSERT,
                        Operation.UPDATE);
    }

    @Test
    void soDoesACollectionOfTheApplicationThatKeepsNoEarlierDocuments() {
        streams.datastore().createCollection("racks").block(TestStreams.SOON);
        streams.get().keepImages(streams.collection("racks"), Images.AFTER).block(TestStreams.SOON);
        insert("racks", OLD);
        Seen<ChangeEvent<Map<String, Object>>> seen =
                watch("racks", WatchOptions.builder().startAt(StartAt.snapshot()));
        seen.await(1);

        DATABASE.execute("UPDATE racks SET id = '" + NEW + "'");

        List<ChangeEvent<Map<String, Object>>> changes = seen.await(3);
        assertThat(changes.get(1).operation()).isEqualTo(Operation.DELETE);
        assertThat(changes.get(1).hasBefore()).isFalse();
        assertThat(copy(changes)).isEqualTo(table("racks")).containsOnlyKeys(NEW);
    }

    @Test
    void anUpdateThatLeavesTheIdIsOneChange() {
        insert("health_events", OLD);
        Seen<ChangeEvent<Map<String, Object>>> seen = watch("health_events", WatchOptions.builder());

        DATABASE.execute("UPDATE health_events SET id = id, data = '{\"v\": 2}'");
        insert("health_events", OTHER);

        assertThat(seen.await(2))
                .extracting(ChangeEvent::operation)
                .containsExactly(Operation.UPDATE, Operation.INSERT);
    }

    private Seen<ChangeEvent<Map<String, Object>>> watch(String table, WatchOptions.Builder options) {
        return streams.watch(options, built -> streams.get().watch(streams.collection(table), built));
    }

    private static void insert(String table, String id) {
        DATABASE.execute("INSERT INTO " + table + " (id, data) VALUES ('" + id + "', '{\"v\": 1}')");
    }

    /** What a subscriber that keeps one document for each record has. */
    private static Map<String, Object> copy(List<ChangeEvent<Map<String, Object>>> changes) {
        Map<String, Object> copy = new TreeMap<>();
        for (ChangeEvent<Map<String, Object>> change : changes) {
            String id = String.valueOf(change.recordId());
            if (change.hasAfter()) {
                copy.put(id, change.after().get("v"));
            } else {
                copy.remove(id);
            }
        }
        return copy;
    }

    private static Map<String, Object> table(String table) {
        Map<String, Object> records = new TreeMap<>();
        DATABASE.get()
                .queryForStrings("SELECT id || ' ' || (data ->> 'v') FROM " + table)
                .forEach(row -> records.put(row.substring(0, 36), Integer.valueOf(row.substring(37))));
        return records;
    }
}

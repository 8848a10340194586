// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream;

import static org.assertj.core.api.Assertions.assertThat;

import io.nvsentinel.changestream.TestStreams.Seen;
import io.nvsentinel.datastore.error.InvalidDocumentException;
import io.nvsentinel.datastore.model.HealthEventDocument;
import io.nvsentinel.datastore.query.Filter;
import io.nvsentinel.testserver.Await;
import io.nvsentinel.testserver.PostgresDatabase;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Truncated and dropped collections, documents that cannot be decoded, and checkpoints. */
class EndsAndAsidesTest {

    private static final String BROKEN = "{\"healthevent\":{\"nodeName\":{\"no\":\"text\"}}}";

    @RegisterExtension
    static final PostgresDatabase DATABASE = PostgresDatabase.from(Databases.MIGRATED);

    @RegisterExtension
    final TestStreams streams =
            new TestStreams(DATABASE, ChangeStreamOptions.builder().pollInterval(Duration.ofMillis(100)));

    @Test
    void aTruncateIsAnEventAndFiltersApplyToIt() {
        Seen<ChangeEvent<HealthEventDocument>> all = streams.watchHealth(WatchOptions.builder());
        Seen<ChangeEvent<HealthEventDocument>> inserts =
                streams.watchHealth(WatchOptions.builder().filter(NvsentinelWatches.allHealthEventInserts()));
        streams.insertHealth("a");
        DATABASE.execute("TRUNCATE health_events");
        streams.insertHealth("b");
        ChangeEvent<HealthEventDocument> truncate = all.await(3).get(1);
        assertThat(truncate.operation()).isEqualTo(Operation.TRUNCATE);
        assertThat(truncate.recordId()).isNull();
        assertThat(truncate.latestDocument()).isNull();
        inserts.await(2);
    }

    @Test
    void aDroppedCollectionEndsItsWatchAfterItsLastChangeAndNoOther() {
        create("dropped");
        create("other");
        Seen<ChangeEvent<Map<String, Object>>> dropped = streams.watch(
                WatchOptions.builder(), options -> streams.get().watch(streams.collection("dropped"), options));
        Seen<ChangeEvent<Object>> both = streams.watch(
                WatchOptions.builder(),
                options -> streams.get()
                        .watch(List.of(streams.collection("dropped"), streams.collection("other")), options));
        Seen<ChangeEvent<Map<String, Object>>> other = streams.watch(
                WatchOptions.builder(), options -> streams.get().watch(streams.collection("other"), options));
        streams.insert("dropped", "{}");
        DATABASE.execute("BEGIN; INSERT INTO dropped (data) VALUES ('{}'); COMMIT; DROP TABLE dropped");

        assertThat(dropped.awaitError())
                .isInstanceOf(CollectionDroppedException.class)
                .hasMessageContaining("dropped");
        dropped.await(2);
        assertThat(both.awaitError()).isInstanceOf(CollectionDroppedException.class);
        streams.insert("other", "{}");
        other.await(1);
        assertThat(other.error).isNull();
    }

    @Test
    void aCollectionReplacedByAnotherOfItsNameEndsItsWatch() {
        create("replaced");
        Seen<ChangeEvent<Map<String, Object>>> seen = streams.watch(
                WatchOptions.builder(), options -> streams.get().watch(streams.collection("replaced"), options));
        streams.insert("replaced", "{}");
        seen.await(1);
        DATABASE.execute("DROP TABLE replaced; CREATE TABLE replaced (id uuid, data jsonb)");
        assertThat(seen.awaitError()).isInstanceOf(CollectionDroppedException.class);
    }

    /** In one transaction, so that no read comes between. */
    @Test
    void changesOfACollectionThatIsRenamedAndBackArriveUnderItsName() {
        create("wanderer");
        Seen<ChangeEvent<Map<String, Object>>> seen = streams.watch(
                WatchOptions.builder().clientName("wanderer"),
                options -> streams.get().watch(streams.collection("wanderer"), options));
        streams.insert("wanderer", "{\"n\": 1}");
        seen.await(1).forEach(ChangeEvent::acknowledge);
        String renamed = "BEGIN; ALTER TABLE wanderer RENAME TO stray; INSERT INTO stray (data) VALUES ('{\"n\": %d}');"
                + " SET CONSTRAINTS ALL IMMEDIATE; ALTER TABLE stray RENAME TO wanderer; COMMIT";
        DATABASE.execute(renamed.formatted(2));
        seen.await(2).forEach(ChangeEvent::acknowledge);

        streams.restart();
        DATABASE.execute(renamed.formatted(3));
        streams.insert("wanderer", "{\"n\": 4}");
        Seen<ChangeEvent<Map<String, Object>>> resumed = streams.watch(
                WatchOptions.builder().clientName("wanderer"),
                options -> streams.get().watch(streams.collection("wanderer"), options));
        assertThat(resumed.await(2))
                .extracting(change -> change.after().get("n"))
                .containsExactly(3, 4);
        assertThat(resumed.events).extracting(ChangeEvent::collection).containsOnly("wanderer");
        assertThat(DATABASE.queryForString("SELECT count(*) FROM datastore_changelog WHERE table_name = 'stray'"))
                .as("captured under the other name")
                .isEqualTo("2");
    }

    /** As after a restore from another server, where the id was that of another table. */
    @Test
    void anObjectIdDoesNotMoveAChangeFromATableThatExists() {
        create("restored");
        create("neighbor");
        streams.insert("neighbor", "{}");
        DATABASE.execute("SET nvsentinel.retention = 'on'; UPDATE datastore_changelog"
                + " SET table_oid = 'restored'::regclass WHERE table_name = 'neighbor'");
        String id = streams.insert("restored", "{}");
        Seen<ChangeEvent<Map<String, Object>>> seen = streams.watch(
                WatchOptions.builder().startAt(StartAt.beginning()),
                options -> streams.get().watch(streams.collection("restored"), options));
        assertThat(seen.await(1).get(0).recordId()).hasToString(id);
    }

    @Test
    void whatCannotBeDecodedGoesAsideAndTheStreamGoesOn() {
        List<UndecodableChange> aside = new CopyOnWriteArrayList<>();
        Seen<ChangeEvent<HealthEventDocument>> seen =
                streams.watchHealth(WatchOptions.builder().clientName("aside").onUndecodable(aside::add));
        streams.insertHealth("a");
        String broken = streams.insert("health_events", BROKEN);
        DATABASE.execute("UPDATE health_events SET data = '{\"healthevent\":{\"nodeName\":\"mended\"}}' WHERE id = '"
                + broken + "'");
        List<ChangeEvent<HealthEventDocument>> events = seen.await(2);
        assertThat(events.get(1).after().event().nodeName()).isEqualTo("mended");
        assertThat(aside).singleElement().satisfies(change -> {
            assertThat(change.recordId()).hasToString(broken);
            assertThat(change.operation()).isEqualTo(Operation.INSERT);
            assertThat(change.error()).hasMessageContaining("nodeName");
        });
        events.forEach(ChangeEvent::acknowledge);
        streams.restart();
        Seen<ChangeEvent<HealthEventDocument>> resumed =
                streams.watchHealth(WatchOptions.builder().clientName("aside").onUndecodable(aside::add));
        streams.insertHealth("b");
        resumed.await(1);
        assertThat(aside).as("acknowledged by the handler's return").hasSize(1);
    }

    @Test
    void aHandlerThatThrowsEndsTheWatchBeforeTheChange() {
        Seen<ChangeEvent<HealthEventDocument>> seen =
                streams.watchHealth(WatchOptions.builder().clientName("strict").onUndecodable(change -> {
                    throw change.error();
                }));
        String broken = streams.insert("health_events", BROKEN);
        assertThat(seen.awaitError()).isInstanceOf(InvalidDocumentException.class);
        streams.restart();
        List<UndecodableChange> aside = new CopyOnWriteArrayList<>();
        streams.watchHealth(WatchOptions.builder().clientName("strict").onUndecodable(aside::add));
        Await.until("the change again", TestStreams.SOON, () -> !aside.isEmpty());
        assertThat(aside.get(0).recordId()).hasToString(broken);
    }

    @Test
    void checkpointsComeAlsoWhenNothingMatchesAndNeverPassWhatIsNotAcknowledged() {
        List<ResumeToken> checkpoints = new CopyOnWriteArrayList<>();
        Seen<ChangeEvent<HealthEventDocument>> seen = streams.watchHealth(WatchOptions.builder()
                .filter(Filter.eq("fullDocument.healthevent.nodeName", "b"))
                .onCheckpoint(checkpoints::add));
        streams.insertHealth("a");
        Await.until("a checkpoint behind what does not match", TestStreams.SOON, () -> checkpoints.size() == 1);

        streams.insertHealth("b");
        streams.insertHealth("a");
        ChangeEvent<HealthEventDocument> held = seen.await(1).get(0);
        String behind = streams.insertHealth("b");
        ChangeEvent<HealthEventDocument> last = seen.await(2).get(1);
        last.acknowledge();
        assertThat(resumedAfter(checkpoints.get(checkpoints.size() - 1)))
                .contains(held.recordId().toString(), behind);
        held.acknowledge();
        Await.until(
                "a checkpoint at the end",
                TestStreams.SOON,
                () -> resumedAfter(checkpoints.get(checkpoints.size() - 1)).isEmpty());
    }

    /** The records of the changes behind a token. */
    private static List<String> resumedAfter(ResumeToken token) {
        return DATABASE.get()
                .queryForStrings("SELECT record_id::text FROM datastore_changelog WHERE id > "
                        + token.position().id() + " ORDER BY id");
    }

    private static void create(String table) {
        DATABASE.execute(
                "CREATE TABLE " + table + " (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), data jsonb NOT NULL)");
        DATABASE.execute("SELECT nvsentinel_enable_capture('" + table + "')");
    }
}

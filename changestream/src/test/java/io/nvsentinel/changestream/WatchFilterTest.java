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
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

@Tag("essential")
class WatchFilterTest {

    @RegisterExtension
    static final PostgresDatabase DATABASE = PostgresDatabase.from(Databases.MIGRATED);

    private final AtomicLong bytesRead = new AtomicLong();

    @RegisterExtension
    final TestStreams streams = new TestStreams(
            DATABASE,
            ChangeStreamOptions.builder()
                    .batchSize(4)
                    .pollInterval(Duration.ofMillis(200))
                    .listener(new ChangeStreamListener() {
                        @Override
                        public void onPageRead(int rows, long bytes, boolean catchingUp) {
                            bytesRead.addAndGet(bytes);
                        }
                    }));

    @Test
    void deliversWhatMatchesAndMovesThePositionPastTheRest() {
        Seen<ChangeEvent<HealthEventDocument>> seen =
                streams.watchHealth(on("fullDocument.healthevent.nodeName", "b").clientName("picky"));
        String[] ids = {insert("a"), insert("b"), insert("a"), insert("b"), insert("a")};

        List<ChangeEvent<HealthEventDocument>> events = seen.await(2);
        assertThat(events).extracting(event -> event.recordId().toString()).containsExactly(ids[1], ids[3]);
        events.forEach(ChangeEvent::acknowledge);
        awaitStoredAtTheEnd("picky");
    }

    @Test
    void aFilterThatNothingMatchesStillStoresItsPosition() {
        streams.watchHealth(on("fullDocument.healthevent.nodeName", "unknown").clientName("quiet"));
        for (int i = 0; i < 11; i++) {
            insert("a");
        }
        awaitStoredAtTheEnd("quiet");
        assertThat(bytesRead).as("documents that came over the wire").hasValue(0);
    }

    @Test
    void anUnacknowledgedChangeHoldsThePositionBackAlsoBeforeFilteredOnes() {
        Seen<ChangeEvent<HealthEventDocument>> seen =
                streams.watchHealth(on("fullDocument.healthevent.nodeName", "b").clientName("held"));
        insert("b");
        String second = insert("b");
        insert("a");
        seen.await(2).get(0).acknowledge();
        streams.restart();

        Seen<ChangeEvent<HealthEventDocument>> resumed =
                streams.watchHealth(on("fullDocument.healthevent.nodeName", "b").clientName("held"));
        assertThat(resumed.await(1).get(0).recordId()).hasToString(second);
    }

    @Test
    void watchesWithDifferentFiltersShareTheReaderAndEachGetsItsOwn() {
        Seen<ChangeEvent<HealthEventDocument>> all = streams.watchHealth(WatchOptions.builder());
        Seen<ChangeEvent<HealthEventDocument>> a =
                streams.watchHealth(on("fullDocument.healthevent.nodeName", "a").clientName("a"));
        Seen<ChangeEvent<HealthEventDocument>> b =
                streams.watchHealth(on("fullDocument.healthevent.nodeName", "b").clientName("b"));
        insert("a");
        insert("b");
        all.await(2);
        a.await(1).get(0).acknowledge();
        b.await(1);
        awaitStoredAtTheEnd("a");
        assertThat(a.events.get(0).after().event().nodeName()).isEqualTo("a");
        assertThat(b.events.get(0).after().event().nodeName()).isEqualTo("b");
        assertThat(stored("b")).isNotEqualTo(end());
    }

    @Test
    void aWatchThatLagsReadsItsOwnPagesWithItsOwnFilter() {
        streams.watchHealth(on("fullDocument.healthevent.nodeName", "ahead"));
        insert("first");
        for (int i = 0; i < 20; i++) {
            insert(i % 5 == 0 ? "lagging" : "a");
        }
        Seen<ChangeEvent<HealthEventDocument>> late = streams.watchHealth(
                on("fullDocument.healthevent.nodeName", "lagging").startAt(StartAt.beginning()));
        insert("lagging");
        late.await(5);
    }

    @Test
    void filtersByWhatAnUpdateChanged() {
        Seen<ChangeEvent<HealthEventDocument>> seen = streams.watchHealth(WatchOptions.builder()
                .filter(Filter.or(
                        Filter.eq("updateDescription.updatedFields.healtheventstatus.nodeQuarantined", "Quarantined"),
                        Filter.contains("updateDescription.removedFields", "healthevent.message"))));
        String id = streams.insert(
                "health_events",
                "{\"healthevent\":{\"message\":\"m\"},\"healtheventstatus\":{\"nodequarantined\":\"x\"}}");
        update(id, "jsonb_set(data, '{healtheventstatus,nodequarantined}', '\"Quarantined\"')");
        update(id, "jsonb_set(data, '{a}', '1')");
        update(id, "data #- '{healthevent,message}'");

        List<ChangeEvent<HealthEventDocument>> events = seen.await(2);
        assertThat(events.get(0).updatedFields()).containsOnlyKeys("healtheventstatus.nodequarantined");
        assertThat(events.get(1).removedFields()).containsExactly("healthevent.message");
    }

    @Test
    void whatDidNotChangeIsNotFalse() {
        Seen<ChangeEvent<HealthEventDocument>> seen = streams.watchHealth(
                WatchOptions.builder().filter(Filter.eq("updateDescription.updatedFields.healthevent.isFatal", false)));
        String id = streams.insert("health_events", "{\"healthevent\":{\"isFatal\":true}}");
        update(id, "jsonb_set(data, '{a}', '1')");
        update(id, "jsonb_set(data, '{healthevent,isFatal}', 'false')");
        assertThat(seen.await(1).get(0).changedOnly("healthevent.isFatal")).isTrue();
    }

    @Test
    void readsPipelinesOfMongoAndRefusesWhatItDoesNotKnow() {
        Seen<ChangeEvent<HealthEventDocument>> seen = streams.watchHealth(WatchOptions.builder()
                .pipeline(List.of(
                        Map.of("$match", Map.of("operationType", Map.of("$in", List.of("insert")))),
                        Map.of(
                                "$match",
                                Map.of(
                                        "$or",
                                        List.of(
                                                Map.of("fullDocument.healthEvent.nodename", "a"),
                                                Map.of("fullDocument.healthevent.isfatal", true)))))));
        insert("b");
        insert("a");
        assertThat(seen.await(1).get(0).after().event().nodeName()).isEqualTo("a");

        refused(Map.of("$project", Map.of("a", 1)), "$project");
        refused(Map.of("$match", "a"), "$match");
        refused(Map.of("$match", Map.of("operationType", Map.of("$near", 1))), "$near");
        assertThat(WatchOptions.builder().pipeline(List.of()).build().filter()).isEqualTo(Filter.all());
    }

    @Test
    void refusesAFilterBeforeAnythingIsSubscribed() {
        WatchOptions options =
                WatchOptions.builder().filter(Filter.text("words")).build();
        assertThatThrownBy(() -> streams.get().watch(streams.datastore().healthEvents(), options))
                .isInstanceOf(InvalidRequestException.class)
                .hasMessageContaining("text");
    }

    @Test
    void aClientMayComeBackWithAnotherFilter() {
        streams.watchHealth(on("fullDocument.healthevent.nodeName", "a").clientName("changing"));
        insert("b");
        awaitStoredAtTheEnd("changing");
        streams.restart();
        insert("a");
        String later = insert("b");
        Seen<ChangeEvent<HealthEventDocument>> seen =
                streams.watchHealth(on("fullDocument.healthevent.nodeName", "b").clientName("changing"));
        assertThat(seen.await(1).get(0).recordId()).hasToString(later);
    }

    private static void refused(Map<String, ?> stage, String named) {
        assertThatThrownBy(() -> WatchOptions.builder().pipeline(List.of(stage)))
                .isInstanceOf(InvalidRequestException.class)
                .hasMessageContaining(named);
    }

    private static WatchOptions.Builder on(String path, String value) {
        return WatchOptions.builder().filter(Filter.eq(path, value));
    }

    private String insert(String node) {
        return streams.insertHealth(node);
    }

    private static void update(String id, String expression) {
        DATABASE.execute("UPDATE health_events SET data = " + expression + " WHERE id = '" + id + "'");
    }

    private static void awaitStoredAtTheEnd(String client) {
        Await.until(
                "the position is stored", TestStreams.SOON, () -> stored(client).equals(end()));
    }

    private static String stored(String client) {
        return one("SELECT resume_token ->> 'position' FROM resume_tokens WHERE client_name = '" + client + "'");
    }

    private static String end() {
        return one("SELECT max(id)::text FROM datastore_changelog");
    }

    private static String one(String sql) {
        return DATABASE.get().queryForStrings(sql).get(0);
    }
}

// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nvsentinel.changestream.TestStreams.Seen;
import io.nvsentinel.datastore.error.InvalidRequestException;
import io.nvsentinel.datastore.model.HealthEventDocument;
import io.nvsentinel.datastore.model.MaintenanceEvent;
import io.nvsentinel.testserver.PostgresDatabase;
import java.math.BigDecimal;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class WatchCollectionsTest {

    @RegisterExtension
    static final PostgresDatabase DATABASE = PostgresDatabase.from(Databases.MIGRATED);

    @RegisterExtension
    final TestStreams streams = new TestStreams(DATABASE, ChangeStreamOptions.builder());

    @Test
    void severalCollectionsComeInOneOrderEachWithItsOwnType() {
        var health = streams.datastore().healthEvents();
        var maintenance = streams.datastore().maintenanceEvents();
        Seen<ChangeEvent<Object>> seen = streams.watch(
                WatchOptions.builder(), options -> streams.get().watch(List.of(health, maintenance), options));
        streams.insertHealth("a");
        streams.insert("maintenance_events", "{\"eventId\":\"m-1\"}");
        streams.insertHealth("b");

        List<ChangeEvent<Object>> events = seen.await(3);
        assertThat(events)
                .extracting(ChangeEvent::collection)
                .containsExactly("health_events", "maintenance_events", "health_events");
        assertThat(events.get(0).after()).isInstanceOf(HealthEventDocument.class);
        assertThat(events.get(1).after()).isInstanceOf(MaintenanceEvent.class);
        assertThat(events.get(1).in(maintenance).orElseThrow().after().eventId())
                .isEqualTo("m-1");
        assertThat(events.get(1).in(health)).isEmpty();
    }

    @Test
    void everythingComesAsTreesAlsoWhatIsCreatedLater() {
        Seen<ChangeEvent<Map<String, Object>>> seen =
                streams.watch(WatchOptions.builder(), options -> streams.get().watchAll(options));
        streams.insertHealth("a");
        DATABASE.execute("CREATE TABLE later (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), data jsonb NOT NULL)");
        DATABASE.execute("SELECT nvsentinel_enable_capture('later')");
        streams.insert("later", "{\"n\": 1.50}");

        List<ChangeEvent<Map<String, Object>>> events = seen.await(2);
        assertThat(events.get(0).after()).containsEntry("healthevent", Map.of("nodeName", "a"));
        assertThat(events.get(1).collection()).isEqualTo("later");
        assertThat(events.get(1).after()).containsEntry("n", new BigDecimal("1.50"));
    }

    @Test
    void acknowledgingATypedViewAcknowledgesTheEvent() {
        var health = streams.datastore().healthEvents();
        Seen<ChangeEvent<Object>> seen = streams.watch(
                WatchOptions.builder().clientName("typed"),
                options -> streams.get().watch(List.of(health), options));
        streams.insertHealth("a");
        seen.await(1).get(0).in(health).orElseThrow().acknowledge();
        streams.restart();
        Seen<ChangeEvent<HealthEventDocument>> resumed =
                streams.watchHealth(WatchOptions.builder().clientName("typed"));
        String later = streams.insertHealth("b");
        assertThat(resumed.await(1).get(0).recordId()).hasToString(later);
    }

    @Test
    void tellsWhetherOnlyGivenFieldsChanged() {
        Seen<ChangeEvent<HealthEventDocument>> seen = streams.watchHealth(WatchOptions.builder());
        String id = streams.insert("health_events", "{\"a\": {\"b\": 1, \"c\": 1}, \"d\": [1, {\"e\": 1}], \"f\": 1}");
        update(id, "{\"a\": {\"b\": 2, \"c\": 1}, \"d\": [1, {\"e\": 1}], \"f\": 1}");
        update(id, "{\"a\": {\"b\": 3, \"c\": 2}, \"d\": [1, {\"e\": 2}, 3]}");
        update(id, "{\"a\": {\"b\": 3, \"c\": 2}, \"d\": [1, {\"e\": 2}, 3]}");

        List<ChangeEvent<HealthEventDocument>> events = seen.await(4);
        assertThat(events.get(0).changedOnly("a", "d", "f")).as("an insert").isFalse();
        assertThat(events.get(1).changedOnly("a.b")).isTrue();
        assertThat(events.get(1).changedOnly("a")).isTrue();
        assertThat(events.get(1).changedOnly("a.c")).isFalse();
        assertThat(events.get(2).updatedFields())
                .containsOnly(Map.entry("a.b", 3), Map.entry("a.c", 2), Map.entry("d.1.e", 2), Map.entry("d.2", 3));
        assertThat(events.get(2).removedFields()).containsExactly("f");
        assertThat(events.get(2).changedOnly("a", "d")).as("f was removed too").isFalse();
        assertThat(events.get(2).changedOnly("a", "d", "f")).isTrue();
        assertThat(events.get(3).changedOnly("a", "d", "f"))
                .as("nothing changed")
                .isFalse();
    }

    @Test
    void decodesADocumentOnceAndHasTheLastOneOfADelete() {
        Seen<ChangeEvent<HealthEventDocument>> seen = streams.watchHealth(WatchOptions.builder());
        String id = streams.insertHealth("a");
        DATABASE.execute("DELETE FROM health_events WHERE id = '" + id + "'");

        List<ChangeEvent<HealthEventDocument>> events = seen.await(2);
        assertThat(events.get(0).after()).isSameAs(events.get(0).after());
        assertThat(events.get(1).after()).isNull();
        assertThat(events.get(1).latestDocument().event().nodeName()).isEqualTo("a");
    }

    @Test
    void refusesToWatchNothing() {
        assertThatThrownBy(() ->
                        streams.get().watch(List.of(), WatchOptions.builder().build()))
                .isInstanceOf(InvalidRequestException.class);
    }

    private static void update(String id, String json) {
        DATABASE.execute("UPDATE health_events SET data = '" + json + "' WHERE id = '" + id + "'");
    }
}

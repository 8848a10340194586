// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nvsentinel.changestream.TestStreams.Seen;
import io.nvsentinel.testserver.PostgresDatabase;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

@Tag("essential")
class ImagesTest {

    @RegisterExtension
    static final PostgresDatabase DATABASE = PostgresDatabase.from(Databases.MIGRATED);

    @RegisterExtension
    final TestStreams streams = new TestStreams(DATABASE, ChangeStreamOptions.builder());

    @Test
    void keepsBothByDefault() {
        List<ChangeEvent<Map<String, Object>>> events = changes("both_kept", null);
        assertThat(events.get(1).updatedFields()).containsOnly(Map.entry("a", 2));
        assertThat(events.get(2).latestDocument()).containsEntry("a", 2);
    }

    @Test
    void keepsTheDocumentAfterOnly() {
        List<ChangeEvent<Map<String, Object>>> events = changes("after_only", Images.AFTER);
        assertThat(events.get(0).after()).containsEntry("a", 1);
        assertThat(events.get(0).before()).as("an insert has none").isNull();
        assertThat(events.get(1).after()).containsEntry("a", 2);
        assertThat(events.get(1).hasBefore()).isFalse();
        refused(events.get(1)::before);
        refused(events.get(1)::updatedFields);
        assertThat(events.get(2).after()).as("a delete has none").isNull();
        refused(events.get(2)::latestDocument);
        assertThat(events.get(3).after()).as("a truncate has none").isNull();
    }

    @Test
    void keepsNoneButTheRecordsId() {
        List<ChangeEvent<Map<String, Object>>> events = changes("none_kept", Images.NONE);
        assertThat(events.subList(0, 3)).allSatisfy(event -> {
            assertThat(event.recordId()).isNotNull();
            assertThat(event.hasAfter() || event.hasBefore()).isFalse();
            refused(event::latestDocument);
        });
        refused(() -> events.get(1).changedOnly("a"));
    }

    @Test
    void canBeTurnedOnAgainAndIsRefusedIfUnknown() {
        changes("again", Images.NONE);
        streams.get().keepImages(streams.collection("again"), Images.FULL).block();
        Seen<ChangeEvent<Map<String, Object>>> seen = watch("again");
        streams.insert("again", "{\"a\":3}");
        assertThat(seen.await(1).get(0).after()).containsEntry("a", 3);
        assertThatThrownBy(() -> DATABASE.execute("SELECT nvsentinel_set_images('again', 'some')"))
                .hasStackTraceContaining("full, after or none");
        streams.insert("again", "{\"a\":4}");
        seen.await(2);
    }

    private Seen<ChangeEvent<Map<String, Object>>> watch(String table) {
        return streams.watch(
                WatchOptions.builder(), options -> streams.get().watch(streams.collection(table), options));
    }

    private List<ChangeEvent<Map<String, Object>>> changes(String table, Images images) {
        DATABASE.execute(
                "CREATE TABLE " + table + " (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), data jsonb NOT NULL)");
        DATABASE.execute("SELECT nvsentinel_enable_capture('" + table + "')");
        if (images != null) {
            streams.get().keepImages(streams.collection(table), images).block();
        }
        Seen<ChangeEvent<Map<String, Object>>> seen = watch(table);
        streams.insert(table, "{\"a\":1}");
        DATABASE.execute("UPDATE " + table + " SET data = '{\"a\":2}'");
        DATABASE.execute("DELETE FROM " + table);
        DATABASE.execute("TRUNCATE " + table);
        return seen.await(4);
    }

    private static void refused(Runnable work) {
        assertThatThrownBy(work::run).isInstanceOf(ImageNotKeptException.class);
    }
}

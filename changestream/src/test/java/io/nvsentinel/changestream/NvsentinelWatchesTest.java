// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream;

import static org.assertj.core.api.Assertions.assertThat;

import io.nvsentinel.changestream.NvsentinelWatches.UnspecifiedStrategy;
import io.nvsentinel.changestream.TestStreams.Seen;
import io.nvsentinel.datastore.model.HealthEventDocument;
import io.nvsentinel.datastore.query.Filter;
import io.nvsentinel.testserver.PostgresDatabase;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Each named filter against real changes; the last change, which every filter admits, shows that nothing else comes. */
class NvsentinelWatchesTest {

    @RegisterExtension
    static final PostgresDatabase DATABASE = PostgresDatabase.from(Databases.MIGRATED);

    @RegisterExtension
    final TestStreams streams = new TestStreams(DATABASE, ChangeStreamOptions.builder());

    @Test
    void nodeQuarantineStatus() {
        Seen<ChangeEvent<HealthEventDocument>> seen = watch(NvsentinelWatches.nodeQuarantineStatus());
        String id = event("new", "{}");
        status(id, "nodequarantined", "Quarantined");
        status(id, "nodequarantined", "NotStarted");
        status(id, "nodequarantined", "UnQuarantined");
        status(id, "note", "x");
        event("quarantined", "{\"nodequarantined\":\"AlreadyQuarantined\"}");

        assertThat(seen.await(3))
                .extracting(ChangeEvent::operation)
                .containsExactly(Operation.UPDATE, Operation.UPDATE, Operation.INSERT);
    }

    @Test
    void allHealthEventInserts() {
        Seen<ChangeEvent<HealthEventDocument>> seen = watch(NvsentinelWatches.allHealthEventInserts());
        String id = event("a", "{}");
        status(id, "nodequarantined", "Quarantined");
        event("b", "{}");
        assertThat(nodes(seen.await(2))).containsExactly("a", "b");
    }

    @Test
    void processableHealthEventInserts() {
        Seen<ChangeEvent<HealthEventDocument>> strict =
                watch(NvsentinelWatches.processableHealthEventInserts(UnspecifiedStrategy.REJECTED));
        Seen<ChangeEvent<HealthEventDocument>> extended =
                watch(NvsentinelWatches.processableHealthEventInserts(UnspecifiedStrategy.ACCEPTED));
        strategies();
        assertThat(nodes(strict.await(1))).containsExactly("execute");
        assertThat(nodes(extended.await(3))).containsExactly("unspecified", "execute", "missing");
    }

    @Test
    void analyzerHealthEvents() {
        Seen<ChangeEvent<HealthEventDocument>> seen =
                watch(NvsentinelWatches.analyzerHealthEvents(UnspecifiedStrategy.ACCEPTED));
        Seen<ChangeEvent<HealthEventDocument>> strict =
                watch(NvsentinelWatches.analyzerHealthEvents(UnspecifiedStrategy.REJECTED));
        strategies();
        String own = insert("{\"nodeName\":\"own\",\"agent\":\"health-events-analyzer\"}");
        status(own, "nodequarantined", "Quarantined");
        String other = insert("{\"nodeName\":\"other\",\"agent\":\"gpu-monitor\"}");
        status(other, "nodequarantined", "Quarantined");
        DATABASE.execute("DELETE FROM health_events WHERE id = '" + other + "'");
        insert("{\"nodeName\":\"last\"}");
        assertThat(nodes(seen.await(7)))
                .containsExactly("unspecified", "execute", "analyse", "missing", "other", "other", "last");
        assertThat(nodes(strict.await(2))).containsExactly("execute", "analyse");
    }

    @Test
    void unhealthyAnalyzerHealthEvents() {
        Seen<ChangeEvent<HealthEventDocument>> seen =
                watch(NvsentinelWatches.unhealthyAnalyzerHealthEvents(UnspecifiedStrategy.ACCEPTED));
        insert("{\"nodeName\":\"healthy\",\"isHealthy\":true}");
        insert("{\"nodeName\":\"old spelling\",\"ishealthy\":false}");
        insert("{\"nodeName\":\"left out\"}");
        assertThat(nodes(seen.await(2))).containsExactly("old spelling", "left out");
    }

    @Test
    void quarantinedAndDrainedNodes() {
        Seen<ChangeEvent<HealthEventDocument>> seen = watch(NvsentinelWatches.quarantinedAndDrainedNodes());
        String id = event("a", "{}");
        status(id, "nodequarantined", "Quarantined");
        eviction(id, "InProgress");
        eviction(id, "Succeeded");
        status(id, "note", "x");
        status(id, "nodequarantined", "UnQuarantined");
        String other = event("b", "{\"nodequarantined\":\"Quarantined\"}");
        status(other, "nodequarantined", "Cancelled");
        event(
                "c",
                "{\"nodequarantined\":\"AlreadyQuarantined\",\"userpodsevictionstatus\":{\"status\":\"AlreadyDrained\"}}");
        assertThat(nodes(seen.await(4))).containsExactly("a", "a", "b", "c");
    }

    private void strategies() {
        insert("{\"nodeName\":\"store only\",\"processingStrategy\":2}");
        insert("{\"nodeName\":\"unspecified\",\"processingStrategy\":0}");
        insert("{\"nodeName\":\"execute\",\"processingStrategy\":1}");
        insert("{\"nodeName\":\"analyse\",\"processingStrategy\":3}");
        insert("{\"nodeName\":\"missing\"}");
    }

    private Seen<ChangeEvent<HealthEventDocument>> watch(Filter filter) {
        return streams.watchHealth(WatchOptions.builder().filter(filter));
    }

    private static List<String> nodes(List<ChangeEvent<HealthEventDocument>> events) {
        return events.stream()
                .flatMap(event -> Stream.of(event.after().event().nodeName()))
                .toList();
    }

    private String insert(String event) {
        return streams.insert("health_events", "{\"healthevent\":" + event + "}");
    }

    private String event(String node, String status) {
        return streams.insert(
                "health_events",
                "{\"healthevent\":{\"nodeName\":\"" + node + "\"},\"healtheventstatus\":" + status + "}");
    }

    private static void status(String id, String field, String value) {
        DATABASE.execute("UPDATE health_events SET data = jsonb_set(data, '{healtheventstatus}',"
                + " coalesce(data -> 'healtheventstatus', '{}') || '{\"" + field + "\":\"" + value
                + "\"}') WHERE id = '" + id + "'");
    }

    private static void eviction(String id, String value) {
        DATABASE.execute("UPDATE health_events SET data = jsonb_set(data, '{healtheventstatus,userpodsevictionstatus}',"
                + " '{\"status\":\"" + value + "\"}') WHERE id = '" + id + "'");
    }
}

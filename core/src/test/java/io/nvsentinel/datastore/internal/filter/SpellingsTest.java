// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.internal.filter;

import static org.assertj.core.api.Assertions.assertThat;

import io.nvsentinel.datastore.model.HealthEventDocument;
import io.nvsentinel.datastore.query.FieldPath;
import io.nvsentinel.datastore.query.Filter;
import io.nvsentinel.testserver.PostgresDatabase;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * What the records read of a stored document is what filters find, on the server and in memory, in each spelling that
 * docs/compatibility.md promises. A failure names its seed; {@code -Dcorpus.seed=…} runs it again.
 */
class SpellingsTest {

    @RegisterExtension
    static final PostgresDatabase DATABASE = PostgresDatabase.empty();

    private static final List<String> TEXTS = List.of("a", "b", "");
    private static final List<Object> FLAGS = List.of(true, false);
    private static final List<Object> ACTIONS = List.of(0, 15, 24, 1234, "NONE", "RESTART_VM", "RESTART_BM");
    private static final List<Object> STRATEGIES =
            List.of(0, 1, 3, "UNSPECIFIED", "EXECUTE_REMEDIATION", "STORE_AND_ANALYSE");
    private static final List<Object> REMEDIATED =
            List.of(true, false, Map.of("value", true), Map.of("value", false), Map.of());
    private static final List<Object> TIMES = List.of(
            "2026-11-01T00:00:00Z",
            "2026-11-01T01:00:00+01:00",
            Map.of("seconds", 1793491200),
            Map.of("seconds", 1793491200, "nanos", 5000),
            Map.of("$date", "2026-11-01T00:00:00.000005Z"),
            Map.of("$date", Map.of("$numberLong", "1793491200000")),
            "0001-01-01T00:00:00Z");

    /** What the record has, by the path of a filter. */
    private static final Map<String, Function<HealthEventDocument, Object>> FIELDS = new TreeMap<>(Map.ofEntries(
            Map.entry("healthevent.nodeName", document -> document.event().nodeName()),
            Map.entry("healthevent.agent", document -> document.event().agent()),
            Map.entry("healthevent.message", document -> document.event().message()),
            Map.entry("healthevent.isFatal", document -> document.event().isFatal()),
            Map.entry("healthevent.isHealthy", document -> document.event().isHealthy()),
            Map.entry(
                    "healthevent.recommendedAction",
                    document -> document.event().recommendedAction().number()),
            Map.entry(
                    "HEALTHEVENT.RECOMMENDEDACTION",
                    document -> document.event().recommendedAction().name()),
            Map.entry(
                    "healthevent.processingstrategy",
                    document -> document.event().processingStrategy().number()),
            Map.entry(
                    "healthevent.generatedTimestamp",
                    document -> document.event().generatedTimestamp()),
            Map.entry(
                    "healtheventstatus.nodequarantined",
                    document -> document.status().nodeQuarantined().value()),
            Map.entry(
                    "healtheventstatus.userPodsEvictionStatus.status",
                    document ->
                            document.status().userPodsEvictionStatus().status().value()),
            Map.entry(
                    "healtheventstatus.userPodsEvictionStatus.message",
                    document -> document.status().userPodsEvictionStatus().message()),
            Map.entry(
                    "healtheventstatus.faultRemediated",
                    document -> document.status().faultRemediated()),
            Map.entry(
                    "healtheventstatus.drainFinishTimestamp",
                    document -> document.status().drainFinishTimestamp())));

    private static TestTables tables;

    @BeforeAll
    static void start() {
        tables = new TestTables(DATABASE.get());
    }

    @AfterAll
    static void stop() {
        tables.close();
    }

    @Test
    void filtersFindWhatRecordsRead() {
        long seed = Long.getLong("corpus.seed", System.nanoTime());
        Random random = new Random(seed);
        List<String> documents = new ArrayList<>();
        for (int i = 0; i < 250; i++) {
            documents.add(JsonText.write(JsonValues.normalize(FieldPath.of(), document(random))));
        }
        List<TestTables.Stored> stored = tables.store("health_events", documents);
        List<HealthEventDocument> records = stored.stream()
                .map(each -> HealthEventDocument.fromTree(each.document()))
                .toList();
        FIELDS.forEach((path, read) -> {
            Set<Object> values = new HashSet<>();
            records.forEach(each -> values.add(cut(read.apply(each))));
            assertThat(values).as(path).hasSizeGreaterThan(1);
            for (Object value : values) {
                List<Integer> expected = stored.stream()
                        .map(TestTables.Stored::number)
                        .filter(number -> Objects.equals(cut(read.apply(records.get(number))), value))
                        .toList();
                Filter filter = Filter.eq(path, value);
                String report = "seed " + seed + ": " + filter;
                assertThat(tables.find("health_events", filter, FieldMap.HEALTH_EVENTS))
                        .as(report)
                        .isEqualTo(expected);
                FilterPredicate predicate = FilterPredicate.compile(filter, FieldMap.HEALTH_EVENTS);
                assertThat(stored.stream()
                                .filter(each -> predicate.test(each.document(), each.context()))
                                .map(TestTables.Stored::number))
                        .as(report)
                        .isEqualTo(expected);
            }
        });
    }

    /** What docs/compatibility.md leaves to the records. */
    @Test
    void filtersDoNotFindWhatOnlyRecordsRead() {
        Map<String, String> onlyRecords = Map.of(
                "{\"healthevent\": {\"generatedTimestamp\": \"2026-11-01T00:00Z\"}}", "healthevent.generatedTimestamp",
                "{\"healthevent\": {\"generatedTimestamp\": {\"$date\": 100500}}}", "healthevent.generatedTimestamp",
                "{\"healthevent\": {\"generatedTimestamp\": {\"nanos\": 7000}}}", "healthevent.generatedTimestamp",
                "{\"healthevent\": {\"AGENT\": \"a\"}}", "healthevent.agent");
        onlyRecords.forEach((document, path) -> {
            List<TestTables.Stored> stored = tables.store("health_events", List.of(document));
            Object read = FIELDS.get(path)
                    .apply(HealthEventDocument.fromTree(stored.get(0).document()));
            assertThat(read).as(document).isNotNull().isNotEqualTo("");
            assertThat(tables.find("health_events", Filter.eq(path, cut(read)), FieldMap.HEALTH_EVENTS))
                    .as(document)
                    .isEmpty();
        });
    }

    private static Object cut(Object value) {
        return value instanceof Instant time ? time.truncatedTo(ChronoUnit.MICROS) : value;
    }

    /** With each field missing, null or in one of its spellings; below an old spelling are old ones. */
    private static Map<String, Object> document(Random random) {
        Map<String, Object> document = new LinkedHashMap<>();
        boolean old = random.nextBoolean();
        Map<String, Object> event = new LinkedHashMap<>();
        put(event, random, TEXTS, old ? "nodename" : "nodeName");
        put(event, random, TEXTS, "agent");
        put(event, random, TEXTS, "message");
        put(event, random, FLAGS, old ? "isfatal" : "isFatal");
        put(event, random, FLAGS, old ? "ishealthy" : "isHealthy");
        put(event, random, ACTIONS, old ? "recommendedaction" : "recommendedAction");
        put(event, random, STRATEGIES, old ? "processingstrategy" : "processingStrategy");
        put(event, random, TIMES, old ? "generatedtimestamp" : "generatedTimestamp");
        document.put("healthevent", event);
        if (!event.containsKey("nodeName") && !event.containsKey("nodename")) {
            put(document, random, TEXTS, "nodeName");
        }
        boolean camel = random.nextBoolean();
        Map<String, Object> status = new LinkedHashMap<>();
        put(status, random, TEXTS, camel ? "nodeQuarantined" : "nodequarantined");
        put(status, random, REMEDIATED, camel ? "faultRemediated" : "faultremediated");
        put(status, random, TIMES, camel ? "drainFinishTimestamp" : "drainfinishtimestamp");
        Map<String, Object> eviction = new LinkedHashMap<>();
        boolean capital = camel || random.nextBoolean();
        put(eviction, random, TEXTS, capital && !camel ? "Status" : "status");
        put(eviction, random, TEXTS, capital && !camel ? "Message" : "message");
        status.put(camel ? "userPodsEvictionStatus" : "userpodsevictionstatus", eviction);
        document.put(camel ? "healthEventStatus" : "healtheventstatus", status);
        return document;
    }

    private static void put(Map<String, Object> into, Random random, List<?> values, String name) {
        int kind = random.nextInt(6);
        if (kind > 0) {
            into.put(name, kind == 1 ? null : values.get(random.nextInt(values.size())));
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.model;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.nvsentinel.datastore.codec.DocumentCodec;
import io.nvsentinel.datastore.codec.JsonCodec;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Documents as MongoDB's export writes them, and events as NVSentinel publishes them. */
@Tag("essential")
class SampleDocumentsTest {

    private final JsonCodec json = JsonCodec.jackson3();
    private final JsonCodec jackson2 = JsonCodec.jackson2(new ObjectMapper());

    @Test
    void everyExportedHealthEventIsReadAndStoredInOneShape() {
        DocumentCodec<HealthEventDocument> codec = HealthEventDocument.codec(json);
        List<byte[]> lines = Samples.lines("health_events.json");

        assertThat(lines).hasSize(600).allSatisfy(line -> {
            HealthEventDocument document = codec.decode(line);
            byte[] stored = codec.encode(document);

            assertThat(json.readTree(stored)).isEqualTo(storedHealthEvent(json.readTree(line)));
            assertThat(codec.decode(stored)).isEqualTo(document);
            assertThat(HealthEventDocument.codec(jackson2).encode(document)).isEqualTo(stored);
            assertThat(HealthEventDocument.codec(jackson2).decode(line)).isEqualTo(document);
        });
    }

    @Test
    void everyExportedMaintenanceEventIsReadAndStoredInOneShape() {
        DocumentCodec<MaintenanceEvent> codec = MaintenanceEvent.codec(json);
        List<byte[]> lines = Samples.lines("maintenance_events.json");

        assertThat(lines).hasSize(120).allSatisfy(line -> {
            MaintenanceEvent event = codec.decode(line);
            byte[] stored = codec.encode(event);

            Map<String, Object> expected = json.readTree(line);
            expected.replaceAll((key, value) -> key.equals("_id") ? value : withIsoDates(value));
            assertThat(json.readTree(stored)).isEqualTo(expected);
            assertThat(codec.decode(stored)).isEqualTo(event);
            assertThat(MaintenanceEvent.codec(jackson2).encode(event)).isEqualTo(stored);
            assertThat(MaintenanceEvent.codec(jackson2).decode(line)).isEqualTo(event);
        });
    }

    @ParameterizedTest
    @ValueSource(strings = {"xid-79-error.json", "fatal-health-event.json"})
    void publishedEventsSurviveARoundTrip(String name) {
        byte[] published = Samples.lines(name).get(0);

        HealthEvent event = HealthEvent.codec(json).decode(published);

        Map<String, Object> expected = json.readTree(published);
        assertThat(expected.remove("isHealthy")).as("false is left out").isEqualTo(false);
        assertThat(json.readTree(HealthEvent.codec(json).encode(event))).isEqualTo(expected);
        assertThat(event.recommendedAction().number()).isEqualTo(expected.get("recommendedAction"));
    }

    // The stored form of an exported document, computed independently of the code under test.

    private static final Map<String, String> CAMEL_CASE = Map.ofEntries(
            Map.entry("componentclass", "componentClass"),
            Map.entry("checkname", "checkName"),
            Map.entry("isfatal", "isFatal"),
            Map.entry("ishealthy", "isHealthy"),
            Map.entry("recommendedaction", "recommendedAction"),
            Map.entry("errorcode", "errorCode"),
            Map.entry("entitiesimpacted", "entitiesImpacted"),
            Map.entry("entitytype", "entityType"),
            Map.entry("entityvalue", "entityValue"),
            Map.entry("generatedtimestamp", "generatedTimestamp"),
            Map.entry("nodename", "nodeName"),
            Map.entry("quarantineoverrides", "quarantineOverrides"),
            Map.entry("drainoverrides", "drainOverrides"),
            Map.entry("processingstrategy", "processingStrategy"));

    private static Map<String, Object> storedHealthEvent(Map<String, Object> exported) {
        Map<String, Object> stored = new LinkedHashMap<>(exported);
        stored.compute("createdAt", (key, value) -> withIsoDates(value));
        stored.compute("healthevent", (key, value) -> withoutZeros(value));
        Map<String, Object> status = objectOf(stored.get("healtheventstatus"));
        Map<String, Object> eviction = objectOf(status.get("userpodsevictionstatus"));
        eviction.values().removeIf(""::equals);
        if (status.get("faultremediated") instanceof Boolean remediated) {
            status.put("faultremediated", Map.of("value", remediated));
        }
        if (status.get("lastremediationtimestamp") instanceof Map<?, ?> date) {
            Instant time = Instant.parse((String) date.get("$date"));
            status.put(
                    "lastremediationtimestamp",
                    withoutZeros(Map.of("seconds", (int) time.getEpochSecond(), "nanos", time.getNano())));
        } else {
            status.remove("lastremediationtimestamp");
        }
        status.computeIfPresent("quarantinefinishtimestamp", (key, value) -> withoutZeros(value));
        return stored;
    }

    private static Object withoutZeros(Object value) {
        if (value instanceof List<?> items) {
            return items.stream().map(SampleDocumentsTest::withoutZeros).toList();
        }
        if (!(value instanceof Map<?, ?> map)) {
            return value;
        }
        Map<String, Object> result = new LinkedHashMap<>();
        map.forEach((key, item) -> {
            boolean zero =
                    item == null || List.of("", false, 0, List.of(), Map.of()).contains(item);
            if (!zero) {
                result.put(CAMEL_CASE.getOrDefault(key, (String) key), withoutZeros(item));
            }
        });
        return result;
    }

    private static Object withIsoDates(Object value) {
        if (!(value instanceof Map<?, ?> map) || !map.containsKey("$date")) {
            return value;
        }
        Object date = map.get("$date");
        return date instanceof Map<?, ?> canonical
                ? Instant.ofEpochMilli(Long.parseLong((String) canonical.get("$numberLong")))
                        .toString()
                : Instant.parse((String) date).toString();
    }

    @SuppressWarnings("unchecked")
    private static Map<String, Object> objectOf(Object value) {
        return (Map<String, Object>) value;
    }
}

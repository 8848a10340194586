// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.model;

import static org.assertj.core.api.Assertions.assertThat;

import io.nvsentinel.datastore.DocumentCodec;
import io.nvsentinel.datastore.JsonCodec;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class SampleDocumentsTest {

    private final JsonCodec json = JsonCodec.jackson3();

    @Test
    void everyExportedHealthEventSurvivesARoundTrip() {
        DocumentCodec<HealthEventDocument> codec = HealthEventDocument.codec(json);
        List<byte[]> lines = Samples.lines("health_events.json");

        assertThat(lines).hasSize(600).allSatisfy(line -> {
            Map<String, Object> source = json.readTree(line);
            HealthEventDocument document = codec.decode(line);

            assertThat(document.extra()).containsOnlyKeys("_id").containsEntry("_id", source.get("_id"));
            assertThat(document.event().nodeName()).startsWith("gpu-node-");
            assertThat(document.event().generatedTimestamp()).isNotNull();
            assertThat(document.createdAt()).isNotNull();
            assertThat(codec.decode(codec.encode(document))).isEqualTo(document);
        });
    }

    @Test
    void publishedEventsSurviveARoundTrip() {
        for (String name : List.of("xid-79-error.json", "fatal-health-event.json")) {
            byte[] published = Samples.lines(name).get(0);
            HealthEvent event = HealthEvent.codec(json).decode(published);

            assertThat(event.errorCode()).containsExactly("79");
            assertThat(event.isFatal()).isTrue();
            Map<String, Object> expected = json.readTree(published);
            expected.remove("isHealthy"); // false is left out
            assertThat(json.readTree(HealthEvent.codec(json).encode(event))).isEqualTo(expected);
        }
    }

    @Test
    void theStoredShapeIsTheGoProviders() {
        HealthEvent event = HealthEvent.builder()
                .version(1)
                .agent("gpu-health-monitor")
                .isFatal(true)
                .recommendedAction(RecommendedAction.RESTART_VM)
                .errorCode(List.of("79"))
                .entitiesImpacted(List.of(new Entity("GPU", "0")))
                .generatedTimestamp(Instant.ofEpochSecond(1_794_551_731L, 353_181_781))
                .nodeName("n1")
                .drainOverrides(new BehaviourOverrides(false, true))
                .build();
        HealthEventDocument document = HealthEventDocument.of(Instant.parse("2026-11-13T06:35:31.465Z"), event)
                .withStatus(HealthEventStatus.builder()
                        .faultRemediated(false)
                        .lastRemediationTimestamp(Instant.ofEpochSecond(1_794_551_821L))
                        .build());

        assertThat(new String(HealthEventDocument.codec(json).encode(document), StandardCharsets.UTF_8))
                .isEqualTo("{\"createdAt\":\"2026-11-13T06:35:31.465Z\",\"healthevent\":{\"version\":1,"
                        + "\"agent\":\"gpu-health-monitor\",\"isFatal\":true,\"recommendedAction\":15,"
                        + "\"errorCode\":[\"79\"],\"entitiesImpacted\":[{\"entityType\":\"GPU\",\"entityValue\":\"0\"}],"
                        + "\"generatedTimestamp\":{\"seconds\":1794551731,\"nanos\":353181781},\"nodeName\":\"n1\","
                        + "\"drainOverrides\":{\"skip\":true}},\"healtheventstatus\":{\"nodequarantined\":null,"
                        + "\"userpodsevictionstatus\":{\"status\":\"\"},\"faultremediated\":{\"value\":false},"
                        + "\"lastremediationtimestamp\":{\"seconds\":1794551821}}}");
    }
}

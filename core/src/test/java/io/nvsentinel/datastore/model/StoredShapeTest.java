// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.model;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.nvsentinel.datastore.codec.JsonCodec;
import io.nvsentinel.datastore.error.InvalidRequestException;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The one shape that writers produce. */
@Tag("essential")
class StoredShapeTest {

    private final JsonCodec json = JsonCodec.jackson3();

    @Test
    void aFullHealthEvent() {
        HealthEvent event = HealthEvent.builder()
                .version(4_294_967_295L)
                .agent("gpu-health-monitor")
                .componentClass("GPU")
                .checkName("GpuXidError")
                .isFatal(true)
                .isHealthy(true)
                .message("m")
                .recommendedAction(RecommendedAction.RESTART_VM)
                .errorCode(List.of("79", "31"))
                .entitiesImpacted(List.of(new Entity("GPU", "0"), new Entity("PCI", "")))
                .metadata(Map.of("idempotencyKey", "k"))
                .generatedTimestamp(Instant.ofEpochSecond(1_794_551_731L, 353_181_781))
                .nodeName("n1")
                .quarantineOverrides(new BehaviourOverrides(true, false))
                .drainOverrides(new BehaviourOverrides(false, false))
                .processingStrategy(ProcessingStrategy.STORE_ONLY)
                .id("i")
                .customRecommendedAction("c")
                .extra(Map.of("newField", List.of(1)))
                .build();

        assertThat(new String(HealthEvent.codec(json).encode(event), UTF_8))
                .isEqualTo("{\"version\":4294967295,\"agent\":\"gpu-health-monitor\",\"componentClass\":\"GPU\","
                        + "\"checkName\":\"GpuXidError\",\"isFatal\":true,\"isHealthy\":true,\"message\":\"m\","
                        + "\"recommendedAction\":15,\"errorCode\":[\"79\",\"31\"],"
                        + "\"entitiesImpacted\":[{\"entityType\":\"GPU\",\"entityValue\":\"0\"},{\"entityType\":\"PCI\"}],"
                        + "\"metadata\":{\"idempotencyKey\":\"k\"},"
                        + "\"generatedTimestamp\":{\"seconds\":1794551731,\"nanos\":353181781},\"nodeName\":\"n1\","
                        + "\"quarantineOverrides\":{\"force\":true},\"drainOverrides\":{},\"processingStrategy\":2,"
                        + "\"id\":\"i\",\"customRecommendedAction\":\"c\",\"newField\":[1]}");
    }

    @Test
    void aFullStatus() {
        HealthEventStatus status = HealthEventStatus.builder()
                .nodeQuarantined(Status.QUARANTINED)
                .quarantineFinishTimestamp(Instant.ofEpochSecond(1, 2))
                .userPodsEvictionStatus(
                        new OperationStatus(Status.IN_PROGRESS, "evicting", Map.of("pods", 3), Map.of("x", true)))
                .drainFinishTimestamp(Instant.ofEpochSecond(3))
                .faultRemediated(true)
                .lastRemediationTimestamp(Instant.EPOCH)
                .spanIds(Map.of("node-drainer", "s"))
                .faultQuarantineRecovery("completed")
                .extra(Map.of("remediation", "r"))
                .build();

        assertThat(new String(json.writeTree(status.toTree()), UTF_8))
                .isEqualTo(
                        "{\"nodequarantined\":\"Quarantined\",\"quarantinefinishtimestamp\":{\"seconds\":1,\"nanos\":2},"
                                + "\"userpodsevictionstatus\":{\"status\":\"InProgress\",\"message\":\"evicting\","
                                + "\"metadata\":{\"pods\":3},\"x\":true},\"drainfinishtimestamp\":{\"seconds\":3},"
                                + "\"faultremediated\":{\"value\":true},\"lastremediationtimestamp\":{\"seconds\":0},"
                                + "\"spanids\":{\"node-drainer\":\"s\"},\"faultquarantinerecovery\":\"completed\","
                                + "\"remediation\":\"r\"}");
    }

    @Test
    void anEmptyDocument() {
        HealthEventDocument document = HealthEventDocument.of(
                Instant.parse("2026-11-13T06:35:31.465000001Z"),
                HealthEvent.builder().build());

        assertThat(new String(HealthEventDocument.codec(json).encode(document), UTF_8))
                .isEqualTo(
                        "{\"createdAt\":\"2026-11-13T06:35:31.465000001Z\",\"healthevent\":{},\"healtheventstatus\":"
                                + "{\"nodequarantined\":null,\"userpodsevictionstatus\":{\"status\":\"\"},\"faultremediated\":null}}");
        assertThat(document.withCreatedAt(null).toTree()).containsOnlyKeys("healthevent", "healtheventstatus");
    }

    @Test
    void anEmptyMaintenanceEvent() {
        assertThat(new String(
                        MaintenanceEvent.codec(json)
                                .encode(MaintenanceEvent.builder().build()),
                        UTF_8))
                .isEqualTo(
                        "{\"eventId\":\"\",\"csp\":\"\",\"clusterName\":\"\",\"resourceType\":\"\",\"resourceId\":\"\","
                                + "\"maintenanceType\":\"\",\"status\":\"\",\"cspStatus\":\"\",\"recommendedAction\":\"\"}");
    }

    @Test
    void aFullMaintenanceEvent() {
        Instant time = Instant.parse("2026-11-13T06:35:31.000000009Z");
        MaintenanceEvent event = MaintenanceEvent.builder()
                .eventId("e")
                .csp(Csp.GCP)
                .clusterName("c")
                .resourceType("gce_instance")
                .resourceId("r")
                .maintenanceType(MaintenanceType.UNSCHEDULED)
                .status(InternalStatus.NODE_READINESS_TIMEOUT)
                .cspStatus(ProviderStatus.ONGOING)
                .scheduledStartTime(time)
                .scheduledEndTime(time.plusSeconds(1))
                .actualStartTime(time.plusSeconds(2))
                .actualEndTime(time.plusSeconds(3))
                .eventReceivedTimestamp(time.plusSeconds(4))
                .lastUpdatedTimestamp(time.plusSeconds(5))
                .recommendedAction("NONE")
                .metadata(Map.of("k", "v"))
                .nodeName("n")
                .extra(Map.of("_id", 1))
                .build();

        assertThat(new String(MaintenanceEvent.codec(json).encode(event), UTF_8))
                .isEqualTo("{\"eventId\":\"e\",\"csp\":\"gcp\",\"clusterName\":\"c\",\"resourceType\":\"gce_instance\","
                        + "\"resourceId\":\"r\",\"maintenanceType\":\"UNSCHEDULED\",\"status\":\"NODE_READINESS_TIMEOUT\","
                        + "\"cspStatus\":\"ONGOING\",\"scheduledStartTime\":\"2026-11-13T06:35:31.000000009Z\","
                        + "\"scheduledEndTime\":\"2026-11-13T06:35:32.000000009Z\","
                        + "\"actualStartTime\":\"2026-11-13T06:35:33.000000009Z\","
                        + "\"actualEndTime\":\"2026-11-13T06:35:34.000000009Z\","
                        + "\"eventReceivedTimestamp\":\"2026-11-13T06:35:35.000000009Z\","
                        + "\"lastUpdatedTimestamp\":\"2026-11-13T06:35:36.000000009Z\",\"recommendedAction\":\"NONE\","
                        + "\"metadata\":{\"k\":\"v\"},\"nodeName\":\"n\",\"_id\":1}");
    }

    @ParameterizedTest
    @ValueSource(strings = {"0001-01-01T00:00:00Z", "-0001-01-01T00:00:00Z", "+10000-01-01T00:00:00Z"})
    void refusesTimesThatCouldNotBeReadBack(String text) {
        Instant time = Instant.parse(text);
        HealthEvent event = HealthEvent.builder().build();

        assertThatExceptionOfType(InvalidRequestException.class)
                .isThrownBy(() -> HealthEventDocument.of(time, event).toTree())
                .withMessageStartingWith("createdAt: the time must be after 0001-01-01T00:00:00Z");
        assertThatExceptionOfType(InvalidRequestException.class)
                .isThrownBy(
                        () -> event.toBuilder().generatedTimestamp(time).build().toTree())
                .withMessageStartingWith("generatedTimestamp: the time must be");
    }

    @Test
    void storesTheFirstAndTheLastTime() {
        for (String text : List.of("0001-01-01T00:00:00.000000001Z", "9999-12-31T23:59:59.999999999Z")) {
            HealthEvent event = HealthEvent.builder()
                    .generatedTimestamp(Instant.parse(text))
                    .build();
            HealthEventDocument document = HealthEventDocument.of(Instant.parse(text), event);

            assertThat(HealthEventDocument.fromTree(document.toTree())).isEqualTo(document);
        }
    }

    @Test
    void refusesAVersionThatIsNoUint32() {
        for (long version : new long[] {-1, 1L << 32}) {
            assertThatExceptionOfType(InvalidRequestException.class)
                    .isThrownBy(
                            () -> HealthEvent.builder().version(version).build().toTree())
                    .withMessage("version: must be from 0 to 4294967295");
        }
    }
}

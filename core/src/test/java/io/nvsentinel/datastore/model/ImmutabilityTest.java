// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;

import io.nvsentinel.datastore.error.InvalidRequestException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("essential")
class ImmutabilityTest {

    @Test
    void laterChangesOfWhatWasGivenInDoNotShow() {
        List<Object> inner = new ArrayList<>(List.of(1));
        Map<String, Object> extra = new HashMap<>(Map.of("x", inner));
        List<String> codes = new ArrayList<>(List.of("79"));
        Map<String, String> metadata = new HashMap<>(Map.of("k", "v"));
        HealthEvent event = HealthEvent.builder()
                .errorCode(codes)
                .metadata(metadata)
                .extra(extra)
                .build();
        HealthEvent before = event.toBuilder().build();

        inner.add(2);
        extra.put("y", 1);
        codes.add("31");
        metadata.clear();

        assertThat(event).isEqualTo(before);
        assertThat(event.extra()).isEqualTo(Map.of("x", List.of(1)));
        assertThat(event.errorCode()).containsExactly("79");
        assertThat(event.metadata()).isEqualTo(Map.of("k", "v"));
    }

    @Test
    void whatIsHandedOutCannotBeChanged() {
        HealthEvent event = HealthEvent.builder()
                .metadata(Map.of("k", "v"))
                .extra(Map.of("x", List.of(1), "m", Map.of("a", 1)))
                .build();

        assertThatExceptionOfType(UnsupportedOperationException.class)
                .isThrownBy(() -> event.metadata().put("a", "b"));
        assertThatExceptionOfType(UnsupportedOperationException.class)
                .isThrownBy(() -> event.extra().remove("x"));
        assertThatExceptionOfType(UnsupportedOperationException.class)
                .isThrownBy(() -> ((Map<?, ?>) event.extra().get("m")).clear());
        assertThatExceptionOfType(UnsupportedOperationException.class)
                .isThrownBy(() -> ((List<?>) event.extra().get("x")).clear());
    }

    @Test
    void toBuilderKeepsEveryComponent() {
        GeneratedDocuments generated = new GeneratedDocuments(7);
        for (int i = 0; i < 50; i++) {
            HealthEventDocument document = generated.healthEventDocument();
            MaintenanceEvent maintenance = generated.maintenanceEvent();

            assertThat(document.event().toBuilder().build()).isEqualTo(document.event());
            assertThat(document.status().toBuilder().build()).isEqualTo(document.status());
            assertThat(maintenance.toBuilder().build()).isEqualTo(maintenance);
        }
    }

    @Test
    void nullIsRefusedWhereItMeansNothing() {
        assertThatNullPointerException()
                .isThrownBy(() -> HealthEvent.builder().agent(null).build())
                .withMessage("agent");
        Map<String, String> metadata = new HashMap<>();
        metadata.put("k", null);
        assertThatNullPointerException()
                .isThrownBy(() -> HealthEvent.builder().metadata(metadata).build())
                .withMessage("metadata has a null value");
    }

    @Test
    void openEnumsByNumberAndName() {
        assertThat(RecommendedAction.of("RESTART_VM"))
                .isEqualTo(RecommendedAction.of(15))
                .isEqualTo(RecommendedAction.RESTART_VM);
        assertThat(RecommendedAction.of(1).name()).isEqualTo("1");
        for (int number : List.of(0, 1, 2, 5, 6, 15, 24, 25, 26, 27, 28, 99, -3, Integer.MAX_VALUE)) {
            assertThat(RecommendedAction.of(RecommendedAction.of(number).name()).number())
                    .isEqualTo(number);
        }
        assertThat(ProcessingStrategy.EXECUTE_REMEDIATION.name()).isEqualTo("EXECUTE_REMEDIATION");
        assertThatExceptionOfType(InvalidRequestException.class)
                .isThrownBy(() -> ProcessingStrategy.of("STORE"))
                .withMessage("unknown ProcessingStrategy \"STORE\": expected a number or one of "
                        + "[UNSPECIFIED, EXECUTE_REMEDIATION, STORE_ONLY, STORE_AND_ANALYSE]");
    }

    @Test
    void everyNameOfTheProtobufEnum() {
        assertThat(List.of(
                                RecommendedAction.NONE,
                                RecommendedAction.COMPONENT_RESET,
                                RecommendedAction.CONTACT_SUPPORT,
                                RecommendedAction.RUN_FIELDDIAG,
                                RecommendedAction.RESTART_VM,
                                RecommendedAction.RESTART_BM,
                                RecommendedAction.REPLACE_VM,
                                RecommendedAction.RUN_DCGMEUD,
                                RecommendedAction.CUSTOM,
                                RecommendedAction.REMEDIATE,
                                RecommendedAction.RESTART_APP,
                                RecommendedAction.UNKNOWN)
                        .stream()
                        .map(action -> action.name() + "=" + action.number()))
                .containsExactly(
                        "NONE=0",
                        "COMPONENT_RESET=2",
                        "CONTACT_SUPPORT=5",
                        "RUN_FIELDDIAG=6",
                        "RESTART_VM=15",
                        "RESTART_BM=24",
                        "REPLACE_VM=25",
                        "RUN_DCGMEUD=26",
                        "CUSTOM=27",
                        "REMEDIATE=28",
                        "RESTART_APP=39",
                        "UNKNOWN=99");
    }
}

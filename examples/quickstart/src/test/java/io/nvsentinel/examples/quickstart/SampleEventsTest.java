// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.quickstart;

import static org.assertj.core.api.Assertions.assertThat;

import io.nvsentinel.datastore.model.HealthEventDocument;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

class SampleEventsTest {

    @Test
    void everyExportedLineIsRead() {
        List<HealthEventDocument> exported = new SampleEvents("").exported();

        assertThat(exported).hasSize(600).allSatisfy(document -> {
            assertThat(document.createdAt()).isNotNull();
            assertThat(document.extra()).containsOnlyKeys("_id");
            assertThat(document.event().nodeName()).startsWith("gpu-node-");
            assertThat(document.event().extra()).isEmpty();
            assertThat(document.status().extra()).isEmpty();
        });
        assertThat(exported.get(0).createdAt()).isEqualTo(Instant.parse("2026-10-17T02:20:51.128Z"));
        assertThat(exported.get(0).event().generatedTimestamp())
                .isEqualTo(Instant.ofEpochSecond(1792203651, 230530419));
    }

    @Test
    void thePublishedEventsKeepTheirActions() {
        SampleEvents samples = new SampleEvents("");

        assertThat(samples.xid79().event().recommendedAction().number()).isEqualTo(15);
        assertThat(samples.fatal().event().recommendedAction().number()).isEqualTo(1);
    }

    @Test
    void aPrefixKeepsSamplesApartFromRealNodes() {
        SampleEvents samples = new SampleEvents("quickstart-");

        assertThat(samples.xid79().event().nodeName()).isEqualTo("quickstart-gpu-node-0001");
        assertThat(samples.exported())
                .allSatisfy(document -> assertThat(document.event().nodeName()).startsWith("quickstart-gpu-node-"));
    }
}

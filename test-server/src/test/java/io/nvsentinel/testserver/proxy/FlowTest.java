// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.testserver.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class FlowTest {

    private final Flow flow = new Flow();

    @Test
    void dataOfAnOpenConnectionPasses() throws InterruptedException {
        assertThat(flow.pass(() -> true)).isTrue();
    }

    @Test
    void dataOfAClosedConnectionNeverPasses() throws InterruptedException {
        assertThat(flow.pass(() -> false)).isFalse();
        flow.stop();
        assertThat(flow.pass(() -> false)).isFalse();
        flow.delay(Duration.ofHours(1));
        assertThat(flow.pass(() -> false)).isFalse();
        flow.heal();
        assertThat(flow.pass(() -> false)).isFalse();
    }
}

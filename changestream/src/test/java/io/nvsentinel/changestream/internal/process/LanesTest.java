// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream.internal.process;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class LanesTest {

    /** FNV-1a's published values: processes of different versions must agree. */
    @Test
    void hashesAsFnvDoes() {
        assertThat(Lanes.of("a", Integer.MAX_VALUE)).isEqualTo(0xE40C292C & Integer.MAX_VALUE);
        assertThat(Lanes.of("foobar", Integer.MAX_VALUE)).isEqualTo(0xBF9CF968 & Integer.MAX_VALUE);
    }

    @Test
    void noKeyHasALaneOfItsOwn() {
        assertThat(Lanes.of("", 7)).isZero();
    }

    @Test
    void everyLaneIsUsed() {
        assertThat(IntStream.range(0, 200)
                        .map(i -> Lanes.of("gpu-node-" + i, 8))
                        .distinct()
                        .sorted())
                .containsExactly(0, 1, 2, 3, 4, 5, 6, 7);
    }
}

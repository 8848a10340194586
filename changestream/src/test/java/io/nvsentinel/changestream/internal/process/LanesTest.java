// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream.internal.process;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("essential")
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

    /** Processes of different versions must agree about these too. */
    @Test
    void aKeyStaysInItsPartition() {
        assertThat(Lanes.partition("", 7)).isZero();
        assertThat(IntStream.range(0, 8).map(i -> Lanes.partition("gpu-node-" + i, 16)))
                .containsExactly(7, 1, 14, 2, 10, 8, 8, 9);
    }

    @Test
    void theKeysOfOnePartitionUseEveryLane() {
        assertThat(IntStream.range(0, 2000)
                        .mapToObj(i -> "gpu-node-" + i)
                        .filter(key -> Lanes.partition(key, 8) == 3)
                        .map(key -> Lanes.of(key, 8))
                        .distinct()
                        .sorted())
                .containsExactly(0, 1, 2, 3, 4, 5, 6, 7);
    }
}

// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream.storm;

import java.time.Duration;
import java.util.Random;

/**
 * What a storm is like. The seed decides what writers, faults and consumers do; the server decides how it interleaves.
 *
 * @param seed repeats what was done
 * @param duration how long is written
 * @param writers how many write at the same time
 */
record Storm(long seed, Duration duration, int writers) {

    /** {@code -Dstorm.seed=1 -Dstorm.duration=10m -Dstorm.writers=40}, each of which may be left out. */
    static Storm fromProperties(Duration duration) {
        String wanted = System.getProperty("storm.duration");
        return new Storm(
                Long.getLong("storm.seed", System.nanoTime() % 1_000_000),
                wanted == null ? duration : Duration.parse("PT" + wanted),
                Integer.getInteger("storm.writers", 20));
    }

    Random random(String purpose) {
        return new Random(31 * seed + purpose.hashCode());
    }

    @Override
    public String toString() {
        return "-Dstorm.seed=" + seed + " -Dstorm.duration=" + duration.toSeconds() + "s -Dstorm.writers=" + writers;
    }
}

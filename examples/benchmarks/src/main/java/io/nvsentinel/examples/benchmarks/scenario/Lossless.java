// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.benchmarks.scenario;

import java.time.Duration;
import java.util.function.LongSupplier;

/** A benchmark of something that loses data means nothing: it fails. */
final class Lossless {

    private static final Duration WAIT = Duration.ofSeconds(60);
    private static final long PAUSE_MILLIS = 5;

    private Lossless() {}

    static void check(long expected, long found, String what) {
        if (expected != found) {
            throw new IllegalStateException("Of " + expected + " " + what + " there are " + found);
        }
    }

    /** Waits until as many have arrived as were sent. */
    static void await(long expected, LongSupplier arrived, String what) throws InterruptedException {
        long end = System.nanoTime() + WAIT.toNanos();
        while (arrived.getAsLong() < expected && System.nanoTime() < end) {
            Thread.sleep(PAUSE_MILLIS);
        }
        check(expected, arrived.getAsLong(), what);
    }
}

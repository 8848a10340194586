// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.benchmarks.measure;

import java.util.concurrent.Callable;

/** Measures how long something takes. */
public final class Clock {

    private static final double NANOS_PER_SECOND = 1e9;

    private Clock() {}

    /**
     * Times something once.
     *
     * @param work what is timed
     * @return seconds
     * @throws Exception as the work does
     */
    public static double seconds(Callable<?> work) throws Exception {
        long start = System.nanoTime();
        work.call();
        return since(start);
    }

    /**
     * How long ago something was.
     *
     * @param start a {@link System#nanoTime}
     * @return seconds
     */
    public static double since(long start) {
        return (System.nanoTime() - start) / NANOS_PER_SECOND;
    }
}

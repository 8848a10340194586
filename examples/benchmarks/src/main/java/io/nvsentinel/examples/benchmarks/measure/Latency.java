// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.benchmarks.measure;

import java.util.List;
import java.util.concurrent.TimeUnit;
import org.HdrHistogram.ConcurrentHistogram;
import org.HdrHistogram.Histogram;

/** Collects times, from any thread. */
public final class Latency {

    private static final long HIGHEST = TimeUnit.MINUTES.toNanos(10);
    private static final int DIGITS = 3;
    private static final double NANOS_PER_MILLI = 1e6;

    private final Histogram histogram = new ConcurrentHistogram(HIGHEST, DIGITS);

    /**
     * Adds a time.
     *
     * @param nanos how long it took
     */
    public void record(long nanos) {
        histogram.recordValue(Math.max(0, Math.min(nanos, HIGHEST)));
    }

    /**
     * How many times were added.
     *
     * @return the number
     */
    public long count() {
        return histogram.getTotalCount();
    }

    /**
     * The time that a share of all did not exceed.
     *
     * @param percent of all, as in 99
     * @return milliseconds
     */
    public double millis(double percent) {
        return histogram.getValueAtPercentile(percent) / NANOS_PER_MILLI;
    }

    /**
     * All of several rounds.
     *
     * @param rounds the rounds
     * @return their sum
     */
    public static Latency sum(List<Latency> rounds) {
        Latency sum = new Latency();
        rounds.forEach(round -> sum.histogram.add(round.histogram));
        return sum;
    }
}

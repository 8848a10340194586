// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.quickstart;

import java.util.List;
import java.util.Locale;

/**
 * What came of a run.
 *
 * @param written changes committed
 * @param received changes delivered
 * @param lost changes committed and not delivered
 * @param duplicates changes delivered more often than committed
 * @param millis times from commit to delivery
 */
record Summary(int written, int received, int lost, int duplicates, List<Double> millis) {

    Summary {
        millis = millis.stream().sorted().toList();
    }

    boolean isGood() {
        return lost == 0 && duplicates == 0;
    }

    /**
     * The time that a share of the deliveries stayed within.
     *
     * @param share from 0 to 1
     * @return milliseconds, by the nearest rank; not a number without deliveries
     */
    double percentile(double share) {
        int rank = (int) Math.ceil(share * millis.size());
        return millis.isEmpty() ? Double.NaN : millis.get(Math.max(0, rank - 1));
    }

    String text() {
        return String.format(
                Locale.ROOT,
                "events %d, received %d, lost %d, duplicates %d, latency p50 %.1f ms, p99 %.1f ms",
                written,
                received,
                lost,
                duplicates,
                percentile(0.50),
                percentile(0.99));
    }
}

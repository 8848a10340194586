// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.benchmarks.measure;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * What a figure has to reach.
 *
 * @param subject the series that is judged
 * @param peer the series beside which it is judged, or null for the value itself
 * @param bound on which side of the limit is good
 * @param limit the limit, of the ratio or of the value
 */
public record Goal(String subject, @Nullable String peer, Bound bound, double limit) {

    /** On which side of a limit is good. */
    public enum Bound {
        /** The limit or more. */
        AT_LEAST,
        /** The limit or less. */
        AT_MOST
    }

    /**
     * A minimum ratio to a peer.
     *
     * @param subject the measured program
     * @param peer the peer
     * @param ratio the limit
     * @return the goal
     */
    public static Goal atLeast(String subject, double ratio, String peer) {
        return new Goal(subject, peer, Bound.AT_LEAST, ratio);
    }

    /**
     * A maximum ratio to a peer.
     *
     * @param subject the measured program
     * @param peer the peer
     * @param ratio the limit
     * @return the goal
     */
    public static Goal atMost(String subject, double ratio, String peer) {
        return new Goal(subject, peer, Bound.AT_MOST, ratio);
    }

    /**
     * A maximum value.
     *
     * @param subject the measured program
     * @param value the limit
     * @return the goal
     */
    public static Goal valueAtMost(String subject, double value) {
        return new Goal(subject, null, Bound.AT_MOST, value);
    }

    /**
     * A minimum value.
     *
     * @param subject the measured program
     * @param value the limit
     * @return the goal
     */
    public static Goal valueAtLeast(String subject, double value) {
        return new Goal(subject, null, Bound.AT_LEAST, value);
    }

    /**
     * Judges.
     *
     * @param value the median
     * @return whether it is on the good side
     */
    public boolean isReachedBy(double value) {
        return bound == Bound.AT_LEAST ? value >= limit : value <= limit;
    }

    /**
     * The goal in words.
     *
     * @return as in "at least 3 × plain r2dbc"
     */
    public String text() {
        String side = bound == Bound.AT_LEAST ? "at least " : "at most ";
        String number = String.format(Locale.ROOT, limit == Math.rint(limit) ? "%.0f" : "%.2f", limit);
        return side + number + (peer == null ? "" : " × " + peer);
    }
}

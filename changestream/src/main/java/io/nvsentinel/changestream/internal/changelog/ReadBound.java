// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream.internal.changelog;

import java.time.Duration;

/**
 * How long a read of the changelog may take, 5 s at first: shorter than the bound of other statements, since all watches wait
 * for it when its connection is broken and nobody says so. Doubled after each read that took longer, because a large page
 * over a slow network may need it. Thread-safe.
 */
final class ReadBound {

    private static final Duration SHORTEST = Duration.ofSeconds(5);
    private static final Duration LONGEST = Duration.ofMinutes(5);

    private volatile Duration within = SHORTEST;

    Duration within() {
        return within;
    }

    void answered() {
        within = SHORTEST;
    }

    void exceeded() {
        Duration doubled = within.multipliedBy(2);
        within = doubled.compareTo(LONGEST) > 0 ? LONGEST : doubled;
    }
}

// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream.internal.changelog;

import java.time.Duration;

/**
 * The timeout of a read of the changelog, initially 5 s: shorter than the timeout of other statements, because all
 * watches wait for it if its connection is broken without notice. Doubled after each read that took longer, because a
 * large page over a slow network may need more time. Thread-safe.
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

// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.failover;

import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/**
 * What became of the writes and changes of a scenario.
 *
 * @param scenario its name
 * @param untilWrites from when the new primary accepted writes until one was acknowledged
 * @param untilChanges likewise, until a change was received
 * @param longestStall the longest time without an acknowledged write
 * @param untilHealth from when the primary was lost until {@code health()} said so; empty if it never did
 * @param unavailable callers whose error says to try again
 * @param unknown callers whose error says that the outcome is unknown
 * @param acknowledged writes
 * @param lost acknowledged writes that the new primary does not have
 * @param twice events that it has more than once
 * @param missing events that it has and that were not received
 * @param repeated changes that were received more than once
 * @param undone changes that were received and that it does not have
 * @param forks how often the watch ended because the history had been set back
 * @param onFormer connections to the former primary that were made after it was available again, and are left at
 *     the end
 */
public record Outcome(
        String scenario,
        Duration untilWrites,
        Duration untilChanges,
        Duration longestStall,
        Optional<Duration> untilHealth,
        int unavailable,
        int unknown,
        int acknowledged,
        int lost,
        int twice,
        int missing,
        int repeated,
        int undone,
        int forks,
        long onFormer) {

    private static final String ROW = "%-30s %8s %8s %8s %8s %7s %7s %7s %5s %5s %7s %8s %6s %5s %6s";

    static Outcome of(String scenario, Load load, long lostNanos, long movedNanos, List<Long> stored, long onFormer) {
        Set<Long> distinct = new HashSet<>(stored);
        List<Long> all = load.allReceived();
        Set<Long> received = load.receivedNumbers();
        List<Long> acknowledged = load.acknowledgedNumbers();
        return new Outcome(
                scenario,
                load.untilWrites(movedNanos),
                load.untilChanges(movedNanos),
                load.longestStall(),
                load.untilHealth(lostNanos),
                load.unavailable(),
                load.unknown(),
                acknowledged.size(),
                missingIn(distinct, acknowledged),
                stored.size() - distinct.size(),
                missingIn(received, distinct),
                all.size() - received.size(),
                missingIn(distinct, received),
                load.forks(),
                onFormer);
    }

    private static int missingIn(Set<Long> present, Iterable<Long> wanted) {
        int missing = 0;
        for (Long number : wanted) {
            missing += present.contains(number) ? 0 : 1;
        }
        return missing;
    }

    /** The names of the columns. */
    static String heading() {
        return row(
                "",
                "writes",
                "changes",
                "stall",
                "again",
                "unknown",
                "acked",
                "lost",
                "twice",
                "missing",
                "repeated",
                "undone",
                "forks",
                "former");
    }

    /** One line of the table. */
    public String line() {
        return row(
                scenario,
                seconds(untilWrites),
                seconds(untilChanges),
                seconds(longestStall),
                untilHealth.map(Outcome::seconds).orElse("-"),
                unavailable,
                unknown,
                acknowledged,
                lost,
                twice,
                missing,
                repeated,
                undone,
                forks,
                onFormer);
    }

    private static String row(Object... columns) {
        return String.format(Locale.ROOT, ROW, columns);
    }

    private static String seconds(Duration duration) {
        return String.format(Locale.ROOT, "%.1f s", duration.toMillis() / 1000.0);
    }
}

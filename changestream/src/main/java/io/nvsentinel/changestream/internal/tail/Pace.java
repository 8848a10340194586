// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream.internal.tail;

import java.time.Duration;
import java.util.List;

/**
 * How eagerly to read: at once after a full page, in growing steps while there was something lately, then asleep.
 *
 * @param idleTurns how many reads in a row brought nothing
 * @param backlog whether the last page was full
 */
record Pace(int idleTurns, boolean backlog) {

    /** Awake after a change: short pauses first, because changes come in bursts. */
    private static final List<Duration> RAMP = List.of(
            Duration.ofMillis(1),
            Duration.ofMillis(2),
            Duration.ofMillis(5),
            Duration.ofMillis(10),
            Duration.ofMillis(20),
            Duration.ofMillis(50));

    /** After this many of the ramp's pauses an idle subscriber goes to sleep, if nothing keeps it awake. */
    private static final int SLEEP_AFTER = 4;

    static final Pace START = new Pace(0, true);

    Pace afterRows(boolean full) {
        return new Pace(0, full);
    }

    Pace afterNothing() {
        return new Pace(Math.min(idleTurns + 1, RAMP.size() - 1), false);
    }

    /** Woken: read at once, and count from the start of the ramp if that brings nothing. */
    Pace afterWakeUp() {
        return START;
    }

    boolean maySleep() {
        return idleTurns >= SLEEP_AFTER;
    }

    Duration pause() {
        return backlog ? Duration.ZERO : RAMP.get(idleTurns);
    }
}

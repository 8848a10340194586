// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream.internal.tail;

import java.time.Duration;
import java.util.List;

/**
 * The pace of reading: immediately after a full page, with growing pauses after recent changes, then idle.
 *
 * @param idleTurns the number of consecutive reads without changes
 *
 * @param rest the pause after a page with changes; none after a full one
 * @param reading how long the last read took
 */
record Pace(int idleTurns, Duration rest, Duration reading) {

    /**
     * While changes come, this many times as long as a read took nothing is read: each read costs writers of the server's
     * time, more the busier it is, and brings the more the longer it waits.
     */
    private static final int REST = 4;

    private static final Duration SHORTEST_REST = Duration.ofMillis(1);
    private static final Duration LONGEST_REST = Duration.ofMillis(20);

    /**
     * How many times as long as a read took the pause between polls is at least, where they decide how late changes are
     * found: so that reads that bring nothing take at most a tenth of the time.
     */
    private static final int POLL_REST = 9;

    /** Likewise where notifications work, so that polls only bound the delay after a lost one: at most a hundredth. */
    private static final int NOTIFIED_POLL_REST = 99;

    private static final Duration LONGEST_POLL_REST = Duration.ofSeconds(1);

    /** After a read that brought nothing: short pauses first, because changes come in bursts. */
    private static final List<Duration> RAMP = List.of(
            Duration.ofMillis(2),
            Duration.ofMillis(5),
            Duration.ofMillis(10),
            Duration.ofMillis(20),
            Duration.ofMillis(50));

    /**
     * From this many reads on that brought nothing the pause doubles with each, up to {@link #LONGEST_PAUSE}: about a second of
     * short pauses is longer than writers take to commit, and any user of the database can hold the lock that looks like one.
     */
    private static final int BACK_OFF_AFTER = 20;

    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(2);
    private static final int MOST_DOUBLINGS = 6;

    /** After this many pauses a subscriber becomes idle, if nothing prevents it. */
    private static final int SLEEP_AFTER = 4;

    static final Pace START = new Pace(0, Duration.ZERO, Duration.ZERO);

    Pace afterRows(boolean full, Duration reading) {
        return new Pace(0, full ? Duration.ZERO : rest(reading), reading);
    }

    private static Duration rest(Duration reading) {
        Duration rest = reading.multipliedBy(REST);
        if (rest.compareTo(SHORTEST_REST) < 0) {
            return SHORTEST_REST;
        }
        return rest.compareTo(LONGEST_REST) > 0 ? LONGEST_REST : rest;
    }

    Pace afterNothing(Duration reading) {
        return new Pace(Math.min(idleTurns + 1, BACK_OFF_AFTER + MOST_DOUBLINGS), Duration.ZERO, reading);
    }

    /**
     * How long to wait for a wake-up before the next poll.
     *
     * @param interval the poll interval that was chosen
     * @param notified whether notifications work
     * @return the interval, or longer if it is short compared with what a read takes
     */
    Duration untilPoll(Duration interval, boolean notified) {
        Duration rest = reading.multipliedBy(notified ? NOTIFIED_POLL_REST : POLL_REST);
        Duration shortest = rest.compareTo(LONGEST_POLL_REST) > 0 ? LONGEST_POLL_REST : rest;
        return interval.compareTo(shortest) < 0 ? shortest : interval;
    }

    boolean maySleep() {
        return idleTurns >= SLEEP_AFTER;
    }

    /** Whether nothing was found for longer than writers take to commit. */
    boolean isBackingOff() {
        return idleTurns > BACK_OFF_AFTER;
    }

    Duration pause() {
        if (idleTurns == 0) {
            return rest;
        }
        Duration pause = RAMP.get(Math.min(idleTurns, RAMP.size()) - 1);
        Duration longer = pause.multipliedBy(1L << Math.max(0, idleTurns - BACK_OFF_AFTER));
        return longer.compareTo(LONGEST_PAUSE) > 0 ? LONGEST_PAUSE : longer;
    }
}

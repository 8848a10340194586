// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream;

import java.util.Optional;

/** Whether a watch that waits for changes has stood still although there are some. Thread-safe. */
final class Progress {

    private static final long NEVER = Long.MAX_VALUE;

    private long position;
    private boolean isWaiting;
    private long newest;
    private long behindSince = NEVER;

    /** A watch that stands still. */
    record Stalled(long position, long newest, long millis) {}

    /** The watch has demand, and waits for what is behind a position. */
    synchronized void waits(long at) {
        if (at != position) {
            position = at;
            behindSince = NEVER;
        }
        isWaiting = true;
    }

    /** The watch has received something, has no demand any more, or has ended. */
    synchronized void waitsNoLonger() {
        isWaiting = false;
    }

    /**
     * Takes note of how far the changelog reaches.
     *
     * @param end the newest change that is visible
     * @param now in milliseconds of a steady clock
     */
    synchronized void observe(long end, long now) {
        if (isWaiting && position < end) {
            behindSince = Math.min(behindSince, now);
            newest = end;
        } else {
            behindSince = NEVER;
        }
    }

    /**
     * Judges.
     *
     * @param boundMillis how long it may stand still
     * @param now in milliseconds of the same clock
     * @return empty if it moves, or has nothing to move for
     */
    synchronized Optional<Stalled> stalled(long boundMillis, long now) {
        return isWaiting && behindSince != NEVER && now - behindSince >= boundMillis
                ? Optional.of(new Stalled(position, newest, now - behindSince))
                : Optional.empty();
    }
}

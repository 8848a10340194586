// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream;

import java.time.Duration;

/**
 * How far a named client is behind, by what is stored in the database: whether it runs here, elsewhere or nowhere.
 *
 * @param clientName the client
 * @param changes how many changes lie behind its stored position, of any collection and filter, up to {@link #COUNTED};
 *     above that the distance of the ids, which can only be more
 * @param age how long ago the oldest of them was made, by the database's clock: it grows while the client stands still;
 *     zero if there is none, never negative
 */
public record ClientLag(String clientName, long changes, Duration age) {

    /** Up to so many changes are counted. */
    public static final int COUNTED = 100_000;

    /**
     * Whether nothing lies behind the stored position.
     *
     * @return true if the client is up to date
     */
    public boolean isCaughtUp() {
        return changes == 0;
    }

    /**
     * How long the client may stand still before changes that it has not acknowledged are removed.
     *
     * @param keptAtMost how long changes are kept at most, from the retention's options
     * @return never negative; zero if changes may be gone already
     */
    public Duration timeToHistoryLoss(Duration keptAtMost) {
        Duration left = keptAtMost.minus(age);
        return left.isNegative() ? Duration.ZERO : left;
    }
}

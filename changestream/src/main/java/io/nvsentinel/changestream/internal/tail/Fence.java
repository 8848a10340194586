// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream.internal.tail;

import java.util.Collections;
import java.util.Set;

/**
 * A proof in progress: {@code highestSeen} was seen before the lock holders were read. Every transaction that had drawn
 * a lower id by then was among the holders; when all of them have ended, the next snapshot shows that id, or it will
 * never exist.
 *
 * @param highestSeen the highest id that had been seen
 * @param holders transaction ids that held the changelog's writer lock afterwards
 */
record Fence(long highestSeen, Set<Long> holders) {

    boolean isRetiredBy(Set<Long> holdersNow) {
        return Collections.disjoint(holders, holdersNow);
    }
}

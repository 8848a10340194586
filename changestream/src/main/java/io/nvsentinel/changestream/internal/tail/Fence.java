// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream.internal.tail;

import java.util.Collections;
import java.util.Set;

/**
 * A proof under way: {@code highestSeen} had been seen before the lock holders were read. Whoever had drawn a lower id
 * by then was among the holders; once all of them are gone, the next snapshot shows that id or it never will exist.
 *
 * @param highestSeen the highest id that had been seen
 * @param holders transaction ids that held the changelog's writer lock afterwards
 */
record Fence(long highestSeen, Set<Long> holders) {

    boolean isRetiredBy(Set<Long> holdersNow) {
        return Collections.disjoint(holders, holdersNow);
    }
}

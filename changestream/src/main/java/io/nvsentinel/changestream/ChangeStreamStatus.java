// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream;

import io.nvsentinel.datastore.error.DatastoreException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How the change streams of this process and their database are.
 *
 * @param listening whether writers wake the reader; false if it only polls, or nothing is watched
 * @param gap the gap that holds back delivery here; null if there is none
 * @param lastError the last error of reading or storing here; null if there was none
 * @param changelogRows how many changes are kept, at most: ids that were never used count too
 * @param changelogBytes how much disk they take, with indexes
 * @param clients every client that has a stored position, by name
 */
public record ChangeStreamStatus(
        boolean listening,
        @Nullable Gap gap,
        @Nullable DatastoreException lastError,
        long changelogRows,
        long changelogBytes,
        List<ClientLag> clients) {

    /**
     * A gap: a change that may still be committed blocks the changes after it.
     *
     * @param position the last change before it
     * @param holders descriptions of the blocking transactions, for operators; empty until the gap is older than a
     *     second
     */
    public record Gap(long position, List<String> holders) {}
}

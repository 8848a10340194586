// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream.internal.changelog;

import java.util.List;

/**
 * A settled piece of the changelog: every change with {@code after < id <= upTo} is in it, and no other can appear.
 *
 * @param after the position before it
 * @param upTo the position at its end
 * @param rows its changes, in order; may be none
 * @param more whether there were more behind it when it was read
 */
public record Chunk(long after, long upTo, List<ChangelogRow> rows, boolean more) {

    /**
     * The part behind a position that lies within.
     *
     * @param position the position
     * @return the part
     */
    public Chunk behind(long position) {
        if (position <= after) {
            return this;
        }
        return new Chunk(
                position, upTo, rows.stream().filter(row -> row.id() > position).toList(), more);
    }

    /**
     * Whether this has something behind a position, and nothing is missing between.
     *
     * @param position the position
     * @return true if the next change behind it, if any, is in here
     */
    public boolean covers(long position) {
        return after <= position && position < upTo;
    }

    /**
     * How much memory the documents take.
     *
     * @return bytes
     */
    public long bytes() {
        return rows.stream().mapToLong(ChangelogRow::bytes).sum();
    }
}

// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream;

import java.util.List;

/**
 * A settled piece of the changelog: every change with {@code after < id <= upTo} is in it, and no other can appear.
 *
 * @param after the position before it
 * @param upTo the position at its end
 * @param rows its changes, in order; may be none
 */
record Chunk(long after, long upTo, List<ChangelogRow> rows) {

    /** The part behind a position that lies within. */
    Chunk behind(long position) {
        if (position <= after) {
            return this;
        }
        return new Chunk(
                position, upTo, rows.stream().filter(row -> row.id() > position).toList());
    }

    boolean covers(long position) {
        return after <= position && position < upTo;
    }

    long bytes() {
        return rows.stream().mapToLong(ChangelogRow::bytes).sum();
    }
}

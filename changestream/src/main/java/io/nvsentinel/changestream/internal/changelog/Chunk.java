// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream.internal.changelog;

import java.util.List;

/**
 * A settled piece of the changelog: every change behind its start and up to its end is in it, and no other can appear.
 *
 * @param start the position before it
 * @param end the position at its end
 * @param rows its changes, in order; may be none
 * @param more whether there were more behind it when it was read
 */
public record Chunk(HistoryPoint start, HistoryPoint end, List<ChangelogRow> rows, boolean more) {

    /**
     * The part behind a position that lies within.
     *
     * @param point a position of which {@link #covers} says yes
     * @return the part
     */
    public Chunk behind(HistoryPoint point) {
        if (point.id() <= start.id()) {
            return this;
        }
        return new Chunk(
                point, end, rows.stream().filter(row -> row.id() > point.id()).toList(), more);
    }

    /**
     * Whether this has something behind a position, and nothing is missing between.
     *
     * @param point the position
     * @return true if the position is this one's start or one of its rows, and not its end
     */
    public boolean covers(HistoryPoint point) {
        return point.id() < end.id()
                && (point.equals(start)
                        || (point.id() > start.id()
                                && rows.stream()
                                        .anyMatch(row -> row.id() == point.id()
                                                && row.check().equals(point.row()))));
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

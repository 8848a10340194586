// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream.internal.changelog;

import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A settled position in the changelog, and the row by which every read recognizes the history it belongs to.
 *
 * <p>The position is the id of that row. If no row is left at or before the position, it is the id before the oldest
 * kept row, and there is no row to compare.
 *
 * @param incarnation the changelog's incarnation
 * @param id the position: everything up to it is visible or never appears
 * @param row the row at the position; null if there was none
 */
public record HistoryPoint(
        UUID incarnation, long id, @Nullable RowCheck row) {

    /**
     * The position of a row.
     *
     * @param incarnation the changelog's incarnation
     * @param row the row
     * @return the point
     */
    public static HistoryPoint of(UUID incarnation, RowCheck row) {
        return new HistoryPoint(incarnation, row.id(), row);
    }

    /**
     * The position of a row of the same changelog.
     *
     * @param next the row
     * @return the point
     */
    public HistoryPoint at(ChangelogRow next) {
        return of(incarnation, next.check());
    }

    /**
     * The later of two positions in one changelog.
     *
     * @param other the other one
     * @return this one if both have the same id
     */
    public HistoryPoint max(HistoryPoint other) {
        return other.id > id ? other : this;
    }

    /**
     * As a position that can be stored.
     *
     * @return the position, with the row as its check
     */
    public Position position() {
        return Position.at(incarnation, id, row);
    }
}

// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream.internal.tail;

import io.nvsentinel.changestream.HistoryForkedException;
import io.nvsentinel.changestream.HistoryLostException;
import io.nvsentinel.changestream.internal.changelog.ChangelogPage;
import io.nvsentinel.changestream.internal.changelog.ChangelogRow;
import io.nvsentinel.changestream.internal.changelog.Chunk;
import io.nvsentinel.changestream.internal.changelog.History;
import io.nvsentinel.changestream.internal.changelog.HistoryPoint;
import java.util.List;
import java.util.Optional;

/**
 * The read of one watch that catches up, up to a position that is settled in its history. Both ends are verified with
 * the page: if the watch's own position is invalid, only this watch fails; if the other position is invalid, the
 * settled part is unknown.
 */
final class CatchUp {

    private CatchUp() {}

    /**
     * Takes in a page between two positions.
     *
     * @param from the watch's position
     * @param settled the position up to which everything is settled
     * @param page read between the two, with the rows found at both
     * @return the chunk; empty if the settled position is none of the changelog that was read
     * @throws HistoryLostException if changes behind the watch's position were removed
     * @throws HistoryForkedException if the watch's position is none of this changelog
     */
    static Optional<Chunk> chunk(HistoryPoint from, HistoryPoint settled, ChangelogPage page) {
        History.verify(from, page.facts(), page.start());
        if (settled.id() < from.id() || !History.holds(settled, page.facts(), page.end())) {
            return Optional.empty();
        }
        List<ChangelogRow> rows = page.rows();
        HistoryPoint end = page.complete() ? settled : from.at(rows.get(rows.size() - 1));
        return Optional.of(new Chunk(from, end, rows, !page.complete()));
    }
}

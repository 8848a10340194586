// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream.internal.tail;

import io.nvsentinel.changestream.internal.changelog.Chunk;
import io.nvsentinel.changestream.internal.changelog.HistoryPoint;
import io.nvsentinel.changestream.internal.changelog.Selection;
import java.util.List;

/**
 * A chunk that the tail read, and the watches whose documents are in it.
 *
 * @param chunk the chunk; from a position to itself if there is nothing new
 * @param selections the selections of these watches
 */
record Served(Chunk chunk, List<Selection> selections) {

    /** There is no chunk: the waiting watches must read the current position of the tail. */
    static Served nothing(HistoryPoint at) {
        return new Served(new Chunk(at, at, List.of(), false), List.of());
    }

    boolean hasProgress() {
        return chunk.end().id() > chunk.start().id();
    }

    boolean hasNext(HistoryPoint point, Selection selection) {
        return chunk.covers(point) && selections.contains(selection);
    }
}

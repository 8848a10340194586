// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream.internal.tail;

import io.nvsentinel.changestream.internal.changelog.ChangelogRow;
import io.nvsentinel.changestream.internal.changelog.Chunk;
import io.nvsentinel.changestream.internal.changelog.HistoryPoint;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * How far the changelog is delivered and what is known about its gaps. Immutable; each step gives the next state, and
 * nothing here asks the database.
 *
 * @param point the last change delivered: everything up to it was delivered or is known not to exist
 * @param settled below or at it, a missing id is known never to appear
 * @param gapSeen the highest id seen behind a hole by the last page; not above {@code settled} if there was no hole
 * @param fences proofs under way, by rising id
 */
record TailState(HistoryPoint point, long settled, long gapSeen, List<Fence> fences) {

    /** More proofs under way than this are not started: later ones settle more anyway. */
    private static final int MAX_FENCES = 64;

    /** The position of a watch that waits for its next change. */
    enum Standing {
        /** At the same change as the tail: it takes part in the tail's next read. */
        AT_HEAD,
        /**
         * At an earlier change, or at a different one with the same id: it reads separately up to the tail's position.
         */
        BEHIND,
        /** At a later change, so the tail is behind it. */
        AHEAD
    }

    /** Everything up to a position is known to be delivered or dead. */
    static TailState at(HistoryPoint point) {
        return new TailState(point, point.id(), 0, List.of());
    }

    /** The position. */
    long position() {
        return point.id();
    }

    /** Where a watch stands. */
    Standing standing(HistoryPoint watch) {
        if (watch.id() > point.id()) {
            return Standing.AHEAD;
        }
        return watch.equals(point) ? Standing.AT_HEAD : Standing.BEHIND;
    }

    /** What is left after a failed read: the next one may be answered by a server with another history. */
    TailState forgotten() {
        return at(point);
    }

    /** A watch proved in the history of this state that everything up to its own position is settled. */
    TailState withSettled(long id) {
        long proven = Math.max(settled, id);
        return new TailState(
                point,
                proven,
                gapSeen,
                fences.stream().filter(fence -> fence.highestSeen() > proven).toList());
    }

    /** Whether the holders must be read before the next page. */
    boolean hasGap() {
        return gapSeen > settled;
    }

    /** Applies the holders of the writer lock, read after the last page and before the next one. */
    TailState withHolders(Set<Long> holders) {
        long proven = settled;
        for (Fence fence : fences) {
            if (fence.isRetiredBy(holders)) {
                proven = Math.max(proven, fence.highestSeen());
            }
        }
        if (hasGap() && holders.isEmpty()) {
            proven = Math.max(proven, gapSeen);
        }
        return new TailState(point, proven, gapSeen, remaining(proven, holders));
    }

    private List<Fence> remaining(long proven, Set<Long> holders) {
        List<Fence> remaining = new ArrayList<>(fences);
        remaining.removeIf(fence -> fence.highestSeen() <= proven);
        long newest = remaining.isEmpty()
                ? proven
                : remaining.get(remaining.size() - 1).highestSeen();
        if (gapSeen > newest && remaining.size() < MAX_FENCES) {
            remaining.add(new Fence(gapSeen, Set.copyOf(holders)));
        }
        return List.copyOf(remaining);
    }

    /**
     * Applies a page that was read after the holders. The position is always the position of a row, because after the
     * last row there is nothing by which the history could be recognized.
     *
     * @param rows the visible changes after the position, in order
     * @param complete whether these are all of them
     */
    TailStep withPage(List<ChangelogRow> rows, boolean complete) {
        int delivered = 0;
        long last = position();
        while (delivered < rows.size() && isNext(rows.get(delivered).id(), last)) {
            last = rows.get(delivered++).id();
        }
        boolean hole = delivered < rows.size();
        long seen = hole ? rows.get(rows.size() - 1).id() : 0;
        HistoryPoint reached = delivered == 0 ? point : point.at(rows.get(delivered - 1));
        TailState next = new TailState(reached, Math.max(settled, last), seen, fences);
        return new TailStep(next, new Chunk(point, reached, List.copyOf(rows.subList(0, delivered)), !complete));
    }

    private boolean isNext(long id, long previous) {
        return id == previous + 1 || id <= settled;
    }
}

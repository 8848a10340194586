// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream.internal.tail;

import io.nvsentinel.changestream.internal.changelog.HistoryPoint;
import org.jspecify.annotations.Nullable;

/**
 * The tail's state and the last chunk that it read. It contains only what the last successful read verified; it is not
 * the position of any watch, so that losing it costs a watch only one read. Thread-safe.
 */
final class Head {

    private @Nullable TailState state;
    private @Nullable Served latest;

    /** The state; null if nothing is known. */
    synchronized @Nullable TailState state() {
        return state;
    }

    /** The last chunk that was read; null if there is none. */
    synchronized @Nullable Served latest() {
        return latest;
    }

    /**
     * The state that a watch finds, which is at its own position if nothing is known.
     *
     * @param watch a position that is settled in the history it belongs to
     */
    synchronized TailState orAt(HistoryPoint watch) {
        if (state == null) {
            state = TailState.at(watch);
        }
        return state;
    }

    /** Takes a step, unless the state changed meanwhile. */
    synchronized boolean advance(TailState from, TailState to) {
        boolean mine = state == from;
        state = mine ? to : state;
        return mine;
    }

    /** The last chunk is kept for watches that arrive shortly after. */
    synchronized void keep(Served served) {
        latest = served;
    }

    /** A read failed: the next one verifies the position, and all else has to be proven again. */
    synchronized void forget() {
        state = state == null ? null : state.forgotten();
        latest = null;
    }

    /** The position is none of the changelog that was read: the next watch begins with its own. */
    synchronized void drop(HistoryPoint point) {
        if (state != null && state.point().equals(point)) {
            clear();
        }
    }

    /** Nothing is known. */
    synchronized void clear() {
        state = null;
        latest = null;
    }
}

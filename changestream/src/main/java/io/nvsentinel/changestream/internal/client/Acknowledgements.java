// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream.internal.client;

import io.nvsentinel.changestream.internal.changelog.ChangelogRow;
import io.nvsentinel.changestream.internal.changelog.Position;
import io.nvsentinel.changestream.internal.changelog.RowCheck;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Which delivered changes are handled, and so how far a client has come: everything before the first one that is not.
 * What was read but is of no interest to the client counts as handled, in order. Thread-safe.
 */
public final class Acknowledgements {

    private final UUID incarnation;
    private final Deque<Pending> pending = new ArrayDeque<>();
    private long scanned;
    private @Nullable RowCheck lastHandled;

    /**
     * Nothing is delivered yet.
     *
     * @param incarnation which changelog
     * @param start the position where the client starts
     */
    public Acknowledgements(UUID incarnation, long start) {
        this.incarnation = incarnation;
        this.scanned = start;
    }

    /**
     * A change is about to be delivered.
     *
     * @param row the change
     * @return acknowledges it
     */
    public synchronized Runnable deliver(ChangelogRow row) {
        Pending delivery = new Pending(row.check());
        pending.add(delivery);
        return () -> handled(delivery);
    }

    /**
     * Everything up to a position has been given to {@link #deliver} or is of no interest.
     *
     * @param upTo the position
     */
    public synchronized void scanned(long upTo) {
        scanned = Math.max(scanned, upTo);
    }

    private synchronized void handled(Pending delivery) {
        delivery.handled = true;
        for (Pending first = pending.peek(); first != null && first.handled; first = pending.peek()) {
            lastHandled = first.row;
            // Whoever delivers may not have come to say so yet.
            scanned = Math.max(scanned, first.row.id());
            pending.remove();
        }
    }

    /**
     * How far the client has come.
     *
     * @return the position such that it and everything before it is handled
     */
    public synchronized Position token() {
        Pending first = pending.peek();
        return Position.at(incarnation, first == null ? scanned : first.row.id() - 1, lastHandled);
    }

    private static final class Pending {

        private final RowCheck row;
        private boolean handled;

        private Pending(RowCheck row) {
            this.row = row;
        }
    }
}

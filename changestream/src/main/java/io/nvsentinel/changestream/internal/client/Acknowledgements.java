// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream.internal.client;

import io.nvsentinel.changestream.internal.changelog.ChangelogRow;
import io.nvsentinel.changestream.internal.changelog.HistoryPoint;
import io.nvsentinel.changestream.internal.changelog.Position;
import java.util.ArrayDeque;
import java.util.Deque;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/**
 * Tracks which delivered changes are handled, and the acknowledged position of a client: everything before the first
 * unhandled change. A change that was read but does not match counts as handled, in order. Thread-safe.
 */
public final class Acknowledgements {

    private static final Logger LOG = LoggerFactory.getLogger("io.nvsentinel.changestream.watch");

    private final Deque<Pending> pending = new ArrayDeque<>();
    private HistoryPoint scanned;
    private Sinks.@Nullable Empty<Void> waiting;
    private int room;
    private boolean told;

    /**
     * Creates the state before the first delivery.
     *
     * @param start the position where the client starts
     */
    public Acknowledgements(HistoryPoint start) {
        this.scanned = start;
    }

    /**
     * A change is about to be delivered.
     *
     * @param row the change
     * @return acknowledges it
     */
    public synchronized Runnable deliver(ChangelogRow row) {
        Pending delivery = new Pending(scanned, row.id());
        pending.add(delivery);
        scanned(row);
        return () -> handled(delivery);
    }

    /**
     * Everything up to a change has been given to {@link #deliver} or is of no interest.
     *
     * @param row the change
     */
    public synchronized void scanned(ChangelogRow row) {
        scanned(scanned.at(row));
    }

    /**
     * Everything up to a position has been given to {@link #deliver} or is of no interest.
     *
     * @param upTo the position
     */
    public synchronized void scanned(HistoryPoint upTo) {
        scanned = scanned.max(upTo);
    }

    /**
     * Waits while too many changes are delivered and not part of the prefix that is handled. One at a time.
     *
     * @param most how many may be
     * @return cold; completes when there is room
     */
    public Mono<Void> room(int most) {
        return Mono.defer(() -> waitFor(most));
    }

    private synchronized Mono<Void> waitFor(int most) {
        if (pending.size() < most) {
            return Mono.empty();
        }
        tellOnce();
        Sinks.Empty<Void> next = Sinks.empty();
        room = most;
        waiting = next;
        return next.asMono();
    }

    /**
     * A client that remains at the limit waits repeatedly; this is reported again only after half of the limit was
     * acknowledged in between.
     */
    private void tellOnce() {
        if (!told) {
            LOG.warn(
                    "Backpressure: {} unacknowledged changes since position {}; reading is paused "
                            + "until they are acknowledged",
                    pending.size(),
                    pending.element().id);
        }
        told = true;
    }

    private void handled(Pending delivery) {
        Sinks.Empty<Void> next = moved(delivery);
        if (next != null) {
            next.tryEmitEmpty();
        }
    }

    private synchronized Sinks.@Nullable Empty<Void> moved(Pending delivery) {
        delivery.handled = true;
        for (Pending first = pending.peek(); first != null && first.handled; first = pending.peek()) {
            pending.remove();
        }
        told &= pending.size() > room / 2;
        if (pending.size() >= room) {
            return null;
        }
        Sinks.Empty<Void> next = waiting;
        waiting = null;
        return next;
    }

    /**
     * The acknowledged position: always a change that exists, whether it matched or not, by which the history is
     * recognized.
     *
     * @return the position up to which everything is handled
     */
    public synchronized Position token() {
        Pending first = pending.peek();
        return (first == null ? scanned : first.before).position();
    }

    private static final class Pending {

        private final HistoryPoint before;
        private final long id;
        private boolean handled;

        private Pending(HistoryPoint before, long id) {
            this.before = before;
            this.id = id;
        }
    }
}

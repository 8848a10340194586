// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.internal.insert;

import io.nvsentinel.datastore.error.DatastoreException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import reactor.core.publisher.Sinks;

/**
 * The waiting inserts, and the number of statements that execute them: one, and a second one if enough inserts wait for
 * both. Two small statements would wait for the disk twice instead of once. Thread-safe.
 *
 * <p>Documents with the same key are never in two concurrent statements, so that they are stored in the order of their
 * arrival.
 */
final class InsertQueue {

    private static final int MOST_STATEMENTS = 2;
    private static final int ENOUGH_FOR_ANOTHER = 16;
    private static final int MOST_DOCUMENTS = 1000;
    private static final int MOST_BYTES = 1 << 20;
    private static final int MOST_WAITING = 10_000;
    private static final int MOST_WAITING_BYTES = 64 << 20;

    private final Deque<Waiting> queue = new ArrayDeque<>();
    private final Set<Object> keysUnderWay = new HashSet<>();
    private long bytes;
    private int ready;

    /** The callers that execute statements, and the ones among them that have their documents. */
    private int statements;

    private int underWay;

    /** Whether there is no room. */
    synchronized boolean isFull() {
        return queue.size() >= MOST_WAITING || bytes >= MOST_WAITING_BYTES;
    }

    /** Returns whether the caller has to carry out statements. */
    synchronized boolean enter(Waiting waiting) {
        queue.add(waiting);
        bytes += waiting.document.bytes();
        if (isReady(waiting)) {
            ready++;
        }
        boolean more = isEnough(statements);
        statements += more ? 1 : 0;
        return more;
    }

    /** Removes a cancelled insert, unless its statement is running. */
    synchronized void giveUp(Waiting waiting) {
        if (queue.remove(waiting)) {
            bytes -= waiting.document.bytes();
            if (isReady(waiting)) {
                ready--;
            }
        }
    }

    /** Whether the executor of a statement should start another one. */
    synchronized boolean hasMore() {
        return isEnough(statements - 1);
    }

    /** Whether the executor of a statement continues; if not, it has been removed. */
    synchronized boolean goesOn(boolean hasBegun) {
        boolean more = hasBegun || hasMore();
        statements -= more ? 0 : 1;
        return more;
    }

    /** Moves what goes together into a group; nothing if all have left meanwhile. */
    synchronized void next(Group group) {
        long size = 0;
        int most = Math.min(MOST_DOCUMENTS, share());
        Iterator<Waiting> each = queue.iterator();
        while (each.hasNext() && group.waiting.size() < most) {
            Waiting waiting = each.next();
            if (isReady(waiting)) {
                size += waiting.document.bytes();
                if (size > MOST_BYTES && !group.waiting.isEmpty()) {
                    break;
                }
                each.remove();
                bytes -= waiting.document.bytes();
                group.waiting.add(waiting);
                group.keys.add(waiting.key);
            }
        }
        keysUnderWay.addAll(group.keys);
        countReady();
        if (!group.isUnderWay) {
            group.isUnderWay = true;
            underWay++;
        }
    }

    /** As much is left for the other statement, if that one has nothing yet. */
    private int share() {
        return statements - underWay == MOST_STATEMENTS ? Math.max(ENOUGH_FOR_ANOTHER, (ready + 1) / 2) : ready;
    }

    /** The inserts of a group that were not executed wait again, before all others; the statement has ended. */
    synchronized void end(Group group) {
        for (Waiting last = group.waiting.pollLast(); last != null; last = group.waiting.pollLast()) {
            queue.addFirst(last);
            bytes += last.document.bytes();
        }
        keysUnderWay.removeAll(group.keys);
        countReady();
        if (group.isUnderWay) {
            group.isUnderWay = false;
            underWay--;
        }
    }

    private boolean isEnough(int others) {
        return ready >= (others == 0 ? 1 : ENOUGH_FOR_ANOTHER) && others < MOST_STATEMENTS;
    }

    private boolean isReady(Waiting waiting) {
        return !keysUnderWay.contains(waiting.key);
    }

    private void countReady() {
        ready = (int) queue.stream().filter(this::isReady).count();
    }

    /** A caller that waits for the end of an insert. */
    static final class Waiting {

        private final Encoded document;
        private final Object key;
        private final Sinks.One<UUID> id = Sinks.one();

        Waiting(Encoded document, Object key) {
            this.document = document;
            this.key = key;
        }

        /** Only once, and at its end. */
        Sinks.One<UUID> id() {
            return id;
        }

        void end(BisectingRetry.Outcome outcome) {
            DatastoreException error = outcome.error();
            if (error == null) {
                id.tryEmitValue(outcome.id());
            } else {
                id.tryEmitError(error);
            }
        }
    }

    /** Inserts that share a statement. */
    static final class Group {

        private final Deque<Waiting> waiting = new ArrayDeque<>();
        private final Set<Object> keys = new HashSet<>();
        private boolean isUnderWay;

        boolean isEmpty() {
            return waiting.isEmpty();
        }

        /** The first insert without a result. */
        Waiting remove() {
            return waiting.remove();
        }

        /** Of the inserts without a result. */
        List<Encoded> documents() {
            return waiting.stream().map(each -> each.document).toList();
        }
    }
}

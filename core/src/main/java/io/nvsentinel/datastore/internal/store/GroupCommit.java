// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.internal.store;

import io.nvsentinel.datastore.DatastoreException;
import io.nvsentinel.datastore.ErrorContext;
import io.nvsentinel.datastore.UnavailableException;
import io.nvsentinel.datastore.internal.store.Salvage.Outcome;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Queue;
import java.util.UUID;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Operators;
import reactor.core.publisher.Sinks;
import reactor.util.context.Context;

/**
 * Lets single inserts that come at the same time share a statement, and so a round trip and a commit. The first goes at
 * once; those that come while it is under way go together after it. Thread-safe.
 *
 * <p>One statement at a time, so that inserts are stored in the order of their subscriptions. Whoever finds none under
 * way carries out statements until no insert waits, which goes on when its own subscriber has left. A statement in which
 * one document is refused stores none, and is run again by halves: each caller gets the error of its own document.
 */
final class GroupCommit {

    private static final int MOST_DOCUMENTS = 1000;
    private static final int MOST_BYTES = 1 << 20;
    private static final int MOST_WAITING = 10_000;
    private static final int MOST_WAITING_BYTES = 64 << 20;

    private final InsertSql sql;
    private final Salvage salvage;
    private final Ahead<List<Told>> begun = new Ahead<>();

    /** Guarded by itself, as are the two below. */
    private final Deque<Waiting> queue = new ArrayDeque<>();

    private long queuedBytes;
    private boolean busy;

    GroupCommit(InsertSql sql) {
        this.sql = sql;
        this.salvage = new Salvage(sql);
    }

    /**
     * Stores a document.
     *
     * @return cold; emits the id after the commit; cancelled before its statement was sent, it is not stored
     */
    Mono<UUID> insert(Encoded document) {
        return Mono.defer(() -> {
            Waiting waiting = new Waiting(document);
            Mono<UUID> id = enter(waiting)
                    ? Mono.firstWithSignal(carryOut().then(Mono.never()), waiting.id.asMono())
                    : waiting.id.asMono();
            return id.doOnCancel(() -> giveUp(waiting));
        });
    }

    /** Not cancelled with the subscriber that happened to start it: others wait for their results. */
    private Mono<Void> carryOut() {
        return Mono.defer(() -> begun.or(store()))
                .doOnNext(this::tell)
                .repeat(this::hasMore)
                .then()
                .cache();
    }

    /** Those who wait go first: the server works while callers hear what became of theirs, and come back with more. */
    private void tell(List<Told> results) {
        if (isWaited()) {
            begun.begin(store());
        }
        results.forEach(Told::tell);
    }

    private boolean isWaited() {
        synchronized (queue) {
            return !queue.isEmpty();
        }
    }

    /** Returns whether nobody carries out statements, and the caller has to. */
    private boolean enter(Waiting waiting) {
        synchronized (queue) {
            if (queue.size() >= MOST_WAITING || queuedBytes >= MOST_WAITING_BYTES) {
                throw new UnavailableException(
                        new ErrorContext(sql.action(), null), "too many inserts wait already", null);
            }
            queue.add(waiting);
            queuedBytes += waiting.document.bytes();
            boolean first = !busy;
            busy = true;
            return first;
        }
    }

    private void giveUp(Waiting waiting) {
        synchronized (queue) {
            if (queue.remove(waiting)) {
                queuedBytes -= waiting.document.bytes();
            }
        }
    }

    /** Takes what goes together; nothing if all have left meanwhile. */
    private Queue<Waiting> next(Queue<Waiting> together) {
        long bytes = 0;
        synchronized (queue) {
            for (Waiting head = queue.peek(); head != null; head = queue.peek()) {
                bytes += head.document.bytes();
                if (together.size() == MOST_DOCUMENTS || (bytes > MOST_BYTES && !together.isEmpty())) {
                    break;
                }
                together.add(queue.remove());
                queuedBytes -= head.document.bytes();
            }
        }
        return together;
    }

    private boolean hasMore() {
        synchronized (queue) {
            busy = begun.hasBegun() || !queue.isEmpty();
            return busy;
        }
    }

    /** Ends without error, however the statement does. What goes together is decided when there is a connection. */
    private Mono<List<Told>> store() {
        return Mono.defer(() -> {
            Deque<Waiting> together = new ArrayDeque<>();
            List<Told> results = new ArrayList<>();
            return sql.insert(() -> documents(next(together)))
                    .flatMapIterable(ids -> ids)
                    .map(id -> new Outcome(id, null))
                    .onErrorResume(DatastoreException.class, error -> afterFailure(together, error))
                    .doOnNext(outcome -> results.add(new Told(together.remove(), outcome)))
                    .then()
                    .onErrorResume(DatastoreException.class, error -> Mono.fromRunnable(() -> putBack(together)))
                    .onErrorResume(
                            bug -> Mono.fromRunnable(() -> concerned(together).forEach(each -> each.fail(bug))))
                    .thenReturn(results);
        });
    }

    private static List<Encoded> documents(Queue<Waiting> together) {
        return together.stream().map(waiting -> waiting.document).toList();
    }

    private Flux<Outcome> afterFailure(Deque<Waiting> together, DatastoreException error) {
        return salvage.afterFailure(documents(concerned(together)), error);
    }

    /** Where there was no connection, those who waited for it are the next. */
    private Queue<Waiting> concerned(Queue<Waiting> together) {
        return together.isEmpty() ? next(together) : together;
    }

    /** Those whose turn had not come when the connection was lost wait again, before all others. */
    private void putBack(Deque<Waiting> together) {
        synchronized (queue) {
            for (Waiting last = together.pollLast(); last != null; last = together.pollLast()) {
                queue.addFirst(last);
                queuedBytes += last.document.bytes();
            }
        }
    }

    /** What became of an insert. */
    private record Told(Waiting waiting, Outcome outcome) {

        /** A subscriber that throws, which it may not, is no reason for others to wait for ever. */
        void tell() {
            try {
                waiting.end(outcome);
            } catch (RuntimeException e) {
                Operators.onErrorDropped(e, Context.empty());
            }
        }
    }

    private static final class Waiting {

        final Encoded document;
        final Sinks.One<UUID> id = Sinks.one();

        Waiting(Encoded document) {
            this.document = document;
        }

        void end(Outcome outcome) {
            DatastoreException error = outcome.error();
            if (error == null) {
                id.tryEmitValue(outcome.id());
            } else {
                fail(error);
            }
        }

        void fail(Throwable error) {
            id.tryEmitError(error);
        }
    }
}

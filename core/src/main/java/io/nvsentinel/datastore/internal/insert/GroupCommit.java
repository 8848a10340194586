// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.internal.insert;

import io.nvsentinel.datastore.error.DatastoreException;
import io.nvsentinel.datastore.error.ErrorContext;
import io.nvsentinel.datastore.error.UnavailableException;
import io.nvsentinel.datastore.internal.insert.BisectingRetry.Outcome;
import io.nvsentinel.datastore.internal.insert.InsertQueue.Group;
import io.nvsentinel.datastore.internal.insert.InsertQueue.Waiting;
import io.nvsentinel.datastore.internal.read.Prefetch;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Operators;
import reactor.util.context.Context;

/**
 * Lets single inserts that come at the same time share a statement, and so a round trip and a commit. The first goes at
 * once; inserts that arrive while it is running are combined in the next statement, or in a concurrent one if there are
 * many. Thread-safe.
 *
 * <p>A caller that finds too few running statements executes statements until no insert waits; this continues after its
 * own subscriber has cancelled. A statement in which one document is refused stores none, and is run again by halves:
 * each caller gets the error of its document.
 */
final class GroupCommit {

    private final InsertSql sql;
    private final BisectingRetry salvage;
    private final InsertQueue queue = new InsertQueue();

    GroupCommit(InsertSql sql) {
        this.sql = sql;
        this.salvage = new BisectingRetry(sql);
    }

    /**
     * Stores a document.
     *
     * @param key documents with an equal one are stored in the order of their subscriptions
     * @return cold; emits the id after the commit; cancelled before its statement was sent, it is not stored
     */
    Mono<UUID> insert(Encoded document, Object key) {
        return Mono.deferContextual(context -> {
            if (queue.isFull()) {
                return Mono.error(new UnavailableException(
                        new ErrorContext(sql.action(), null), "too many inserts are waiting", null));
            }
            Waiting waiting = new Waiting(document, key);
            if (queue.enter(waiting)) {
                // From here on, other callers depend on this caller even if it cancels.
                new Prefetch<Void>().begin(carryOut().contextWrite(context));
            }
            return waiting.id().asMono().doOnCancel(() -> queue.giveUp(waiting));
        });
    }

    /** Carries out statements until no insert waits; ends without error. */
    private Mono<Void> carryOut() {
        Prefetch<List<Told>> begun = new Prefetch<>();
        return Mono.defer(() -> begun.or(store()))
                .doOnNext(results -> tell(results, begun))
                .repeat(() -> queue.goesOn(begun.hasBegun()))
                .then();
    }

    /** Waiting inserts are sent first: the server works while callers receive their results and send more inserts. */
    private void tell(List<Told> results, Prefetch<List<Told>> begun) {
        if (queue.hasMore()) {
            begun.begin(store());
        }
        results.forEach(Told::tell);
    }

    /** Ends without error, however the statement does. What goes together is decided when there is a connection. */
    private Mono<List<Told>> store() {
        return Mono.defer(() -> {
            Group group = new Group();
            List<Told> results = new ArrayList<>();
            return sql.insert(() -> next(group))
                    .flatMapIterable(ids -> ids)
                    .map(id -> new Outcome(id, null))
                    .onErrorResume(DatastoreException.class, error -> afterFailure(group, error))
                    .doOnNext(outcome -> results.add(new Told(group.remove(), outcome)))
                    .then()
                    .onErrorResume(DatastoreException.class, error -> Mono.empty())
                    .onErrorResume(bug -> Mono.fromRunnable(() -> fail(group, bug)))
                    .then(Mono.fromSupplier(() -> {
                        queue.end(group);
                        return results;
                    }));
        });
    }

    private List<Encoded> next(Group group) {
        queue.next(group);
        return group.documents();
    }

    /** If there was no connection, the inserts that waited for it are next. */
    private Flux<Outcome> afterFailure(Group group, DatastoreException error) {
        return salvage.afterFailure(group.isEmpty() ? next(group) : group.documents(), error);
    }

    private void fail(Group group, Throwable bug) {
        if (group.isEmpty()) {
            queue.next(group);
        }
        while (!group.isEmpty()) {
            group.remove().id().tryEmitError(bug);
        }
    }

    /** What became of an insert. */
    private record Told(Waiting waiting, Outcome outcome) {

        /** A subscriber that throws, which is not allowed, must not make others wait forever. */
        void tell() {
            try {
                waiting.end(outcome);
            } catch (RuntimeException e) {
                Operators.onErrorDropped(e, Context.empty());
            }
        }
    }
}

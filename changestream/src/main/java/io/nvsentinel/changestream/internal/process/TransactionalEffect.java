// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream.internal.process;

import io.nvsentinel.changestream.internal.client.ResumeTokens.Owned;
import io.nvsentinel.datastore.DatastoreSession;
import io.nvsentinel.datastore.TransactionOptions;
import io.nvsentinel.datastore.internal.connection.Session;
import io.nvsentinel.datastore.internal.store.DefaultDatastore;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BiFunction;
import reactor.core.publisher.Mono;

/**
 * A handler that writes through a session: what it writes and the mark that it did so are one transaction, so that every
 * change has its effect exactly once.
 *
 * @param <E> the event's type
 */
public final class TransactionalEffect<E> implements Effect<E> {

    private final DefaultDatastore datastore;
    private final BiFunction<? super E, DatastoreSession, Mono<Void>> handler;
    private final Owned owned;
    private final UUID incarnation;
    private final HandledChanges handled;

    /**
     * Nothing is handled yet.
     *
     * @param datastore where transactions run
     * @param handler handles a change
     * @param owned the client name
     * @param incarnation which changelog
     */
    public TransactionalEffect(
            DefaultDatastore datastore,
            BiFunction<? super E, DatastoreSession, Mono<Void>> handler,
            Owned owned,
            UUID incarnation) {
        this.datastore = datastore;
        this.handler = handler;
        this.owned = owned;
        this.incarnation = incarnation;
        this.handled = new HandledChanges(owned);
    }

    @Override
    public Mono<Void> apply(Task<E> task) {
        return Mono.defer(() -> {
            AtomicBoolean called = new AtomicBoolean();
            return datastore
                    .inTransaction(
                            TransactionOptions.defaults(),
                            (transaction, stores) -> begin(transaction, task)
                                    .flatMap(first -> first ? handle(task, transaction, stores, called) : Mono.empty()))
                    .onErrorMap(error -> called.get() ? error : LibraryFailure.of(error));
        });
    }

    private Mono<Void> handle(Task<E> task, Session transaction, DatastoreSession stores, AtomicBoolean called) {
        return handled.requireOwner(transaction).then(Mono.defer(() -> {
            called.set(true);
            return handler.apply(task.event(), stores);
        }));
    }

    /** Whether the change has had no effect yet: of a dead letter, because it is still there. */
    private Mono<Boolean> begin(Session transaction, Task<E> task) {
        return task.isReplay()
                ? letters(transaction).remove(task.deadLetter()).map(count -> count == 1)
                : handled.mark(transaction, task.row(), incarnation);
    }

    /** From now on the dead letter stands for the change, so it is marked as handled. */
    @Override
    public Mono<Void> putAside(Task<E> task, Throwable error, int attempts) {
        return datastore.inTransaction(TransactionOptions.defaults(), (transaction, stores) -> {
            Mono<Void> stored = letters(transaction).put(task, incarnation, error, attempts);
            return task.isReplay()
                    ? stored
                    : handled.mark(transaction, task.row(), incarnation)
                            .flatMap(first -> first ? stored : Mono.empty());
        });
    }

    @Override
    public Mono<Void> requireOwner() {
        return handled.requireOwner(datastore.connections());
    }

    private DeadLetterTable letters(Session transaction) {
        return new DeadLetterTable(transaction, owned);
    }
}

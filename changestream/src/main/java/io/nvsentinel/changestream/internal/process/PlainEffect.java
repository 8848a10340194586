// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream.internal.process;

import java.util.UUID;
import java.util.function.Function;
import reactor.core.publisher.Mono;

/**
 * A handler with external effects: at least once.
 *
 * @param <E> the event's type
 */
public final class PlainEffect<E> implements Effect<E> {

    private final Function<? super E, Mono<Void>> handler;
    private final DeadLetterTable letters;
    private final UUID incarnation;

    /**
     * Creates the effect; nothing is handled yet.
     *
     * @param handler handles a change
     * @param letters stores dead letters
     * @param incarnation the changelog
     */
    public PlainEffect(Function<? super E, Mono<Void>> handler, DeadLetterTable letters, UUID incarnation) {
        this.handler = handler;
        this.letters = letters;
        this.incarnation = incarnation;
    }

    @Override
    public Mono<Void> apply(Task<E> task) {
        Mono<Void> handled = Mono.defer(() -> handler.apply(task.event()));
        return task.isReplay()
                ? handled.then(Mono.defer(() -> letters.remove(task.deadLetter()))
                                .onErrorMap(LibraryFailure::of))
                        .then()
                : handled;
    }

    @Override
    public Mono<Void> putAside(Task<E> task, Throwable error, int attempts) {
        return letters.put(task, incarnation, error, attempts);
    }

    @Override
    public Mono<Void> requireOwner() {
        return letters.requireOwner();
    }
}

// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream;

import io.nvsentinel.changestream.internal.process.Effect;
import io.nvsentinel.changestream.internal.process.Task;
import reactor.core.publisher.Mono;

/**
 * Passes only changes with decodable documents to a handler: an undecodable change fails permanently, and is stored as
 * a dead letter like a change that a handler cannot handle.
 *
 * @param effect what handling a change does
 * @param <T> the documents' type
 */
record DecodedEffect<T>(Effect<ChangeEvent<T>> effect) implements Effect<ChangeEvent<T>> {

    @Override
    public Mono<Void> apply(Task<ChangeEvent<T>> task) {
        return Mono.<Void>fromRunnable(() -> task.event().decode()).then(Mono.defer(() -> effect.apply(task)));
    }

    @Override
    public Mono<Void> putAside(Task<ChangeEvent<T>> task, Throwable error, int attempts) {
        return effect.putAside(task, error, attempts);
    }

    @Override
    public Mono<Void> requireOwner() {
        return effect.requireOwner();
    }
}

// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream.internal.process;

import io.nvsentinel.changestream.internal.client.Ownership;
import reactor.core.publisher.Mono;

/**
 * Starts no handler when the lease may have expired: a process that was suspended must not continue as the owner.
 *
 * @param effect handles a change
 * @param ownership the owner of the lease
 * @param <E> the event's type
 */
public record LeasedEffect<E>(Effect<E> effect, Ownership ownership) implements Effect<E> {

    @Override
    public Mono<Void> apply(Task<E> task) {
        return ownership.requireLease().then(Mono.defer(() -> effect.apply(task)));
    }

    @Override
    public Mono<Void> putAside(Task<E> task, Throwable error, int attempts) {
        return effect.putAside(task, error, attempts);
    }

    @Override
    public Mono<Void> requireOwner() {
        return effect.requireOwner();
    }
}

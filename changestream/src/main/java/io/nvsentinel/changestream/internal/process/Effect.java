// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream.internal.process;

import reactor.core.publisher.Mono;

/**
 * What handling a change does to the world, and what is written with it.
 *
 * @param <E> the event's type
 */
public interface Effect<E> {

    /**
     * Handles a change once.
     *
     * @param task the change
     * @return cold; completes when it is handled and all that goes with it is written
     */
    Mono<Void> apply(Task<E> task);

    /**
     * Stores a change as a dead letter.
     *
     * @param task the change
     * @param error the last error
     * @param attempts the number of attempts
     * @return cold; completes when it is stored; may be repeated
     */
    Mono<Void> putAside(Task<E> task, Throwable error, int attempts);

    /**
     * Makes sure that the database answers, and that the client name still has this owner.
     *
     * @return cold; fails with {@link io.nvsentinel.changestream.ClientFencedException} if it has another one
     */
    Mono<Void> requireOwner();
}

// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.internal.connection;

import io.r2dbc.spi.Connection;
import java.util.function.Function;
import reactor.core.publisher.Mono;

/**
 * Lends a connection for one piece of work: one of the pool, or the one of a transaction. Those who use it need not know
 * which.
 */
public interface Session {

    /**
     * Runs a query that changes nothing.
     *
     * @param action what is being done, for error messages
     * @param work uses the connection; must not keep it
     * @param <T> the result
     * @return cold; emits when the connection has been given back, also on cancel
     */
    <T> Mono<T> read(String action, Function<Connection, Mono<T>> work);

    /**
     * Runs one statement that writes.
     *
     * @param action what is being done, for error messages
     * @param work uses the connection; must not keep it
     * @param <T> the result
     * @return cold; on a connection of the pool it emits after the commit, in a transaction before it; always when the
     *     connection has been given back; if cancelled, the write may still happen, and is not stopped once it was sent
     */
    <T> Mono<T> write(String action, Function<Connection, Mono<T>> work);

    /**
     * Whether each write is a transaction of its own, so that writes of several callers may be put together.
     *
     * @return false where all are part of one transaction
     */
    default boolean isEachItsOwnTransaction() {
        return false;
    }
}

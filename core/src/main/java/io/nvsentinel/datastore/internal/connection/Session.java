// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.internal.connection;

import io.r2dbc.spi.Connection;
import java.util.function.Function;
import reactor.core.publisher.Mono;

/**
 * Acquires a connection for one piece of work: from the pool, or the connection of a transaction. Callers do not need
 * to know which.
 */
public interface Session {

    /**
     * Runs a query that changes nothing.
     *
     * @param action the operation, for error messages
     * @param work uses the connection; must not keep it
     * @param <T> the result
     * @return cold; emits when the connection has been released; cancelling releases it as well
     */
    <T> Mono<T> read(String action, Function<Connection, Mono<T>> work);

    /**
     * Runs one statement that writes.
     *
     * @param action the operation, for error messages
     * @param work uses the connection; must not keep it
     * @param <T> the result
     * @return cold; on a connection of the pool it emits after the commit, in a transaction before it; always when the
     *     connection has been released; if cancelled, the write may still happen, and is not stopped once it was sent
     */
    <T> Mono<T> write(String action, Function<Connection, Mono<T>> work);

    /**
     * Whether each write is its own transaction, so that writes of several callers can be combined.
     *
     * @return false if all are part of one transaction
     */
    default boolean isEachItsOwnTransaction() {
        return false;
    }
}

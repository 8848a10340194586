// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore;

import io.nvsentinel.datastore.error.DatastoreException;
import io.r2dbc.spi.ConnectionFactory;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Receives events of a datastore, for metrics and tests: override the methods of interest. Passed to
 * {@link Datastore#connect(DatastoreOptions, DatastoreListener)}; without a listener, nothing is measured.
 *
 * <p>Called concurrently on the threads of the operations, so it must be thread-safe and must not block. Exceptions of
 * {@link #onOperation} are logged and do not affect the operation. It receives no documents and no values.
 */
public interface DatastoreListener {

    /** What an operation does. */
    enum Kind {
        /** It reads. */
        READ,
        /** It writes, in its own transaction or as part of one. */
        WRITE,
        /** It is a transaction with all its attempts; its operations are reported as well. */
        TRANSACTION
    }

    /** How an operation ended. */
    enum Outcome {
        /** It succeeded. */
        OK,
        /** It failed. */
        FAILED,
        /** Its subscriber cancelled it. */
        CANCELLED
    }

    /**
     * One operation that has ended: one use of a connection, for example for a page of a query.
     *
     * @param kind its kind
     * @param action its description, as in {@link DatastoreException#action()}; names tables and clients, never values
     * @param took from its subscription until its connection is released, including the wait for a connection
     * @param outcome how it ended
     * @param error why it failed; null unless it failed
     */
    record Operation(
            Kind kind,
            String action,
            Duration took,
            Outcome outcome,
            @Nullable Throwable error) {}

    /**
     * An operation has ended. Inserts that shared a statement are one operation.
     *
     * @param operation the operation and its outcome
     */
    default void onOperation(Operation operation) {}

    /**
     * The datastore is connected, and is about to be emitted to the caller.
     *
     * @param datastore the datastore
     */
    default void onConnected(Datastore datastore) {}

    /**
     * Wraps the connection factory of a pool, for example to observe each query; called once for the pool of the primary, and
     * once for the pool of each of {@link DatastoreOptions#readHosts()}, before the first connection. Its connections must
     * return the driver's connection by {@link io.r2dbc.spi.Wrapped}, otherwise a cancelled statement cannot be stopped at
     * the server. The connections of wake-ups and of migrations are not included.
     *
     * @param connections the driver's connection factory
     * @return the same factory unless overridden
     */
    default ConnectionFactory decorate(ConnectionFactory connections) {
        return connections;
    }
}

// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore;

import io.nvsentinel.datastore.error.DatastoreException;
import io.r2dbc.spi.ConnectionFactory;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Receives events of a datastore, for metrics and tests: override what is of interest. Given to
 * {@link Datastore#connect(DatastoreOptions, DatastoreListener)}; without one nothing is measured and nothing is paid.
 *
 * <p>Called on the threads that work, from several at a time, so it must be thread-safe and must not block. What
 * {@link #onOperation} throws is logged and breaks no operation. It receives no documents and no values.
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
        /** It did what it should. */
        OK,
        /** It failed. */
        FAILED,
        /** Its subscriber cancelled it. */
        CANCELLED
    }

    /**
     * One operation that has ended: one use of a connection, a page of a query for instance.
     *
     * @param kind what it does
     * @param action what it does in words, as in {@link DatastoreException#action()}; names tables and clients, never values
     * @param took from its subscription until its connection is back, with the wait for one
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
     * @param operation which, and how
     */
    default void onOperation(Operation operation) {}

    /**
     * The datastore is connected, and is about to be emitted to the caller.
     *
     * @param datastore the datastore
     */
    default void onConnected(Datastore datastore) {}

    /**
     * Wraps what makes the pool's connections, to see each query; called once, before the first. Its connections have
     * to give the driver's by {@link io.r2dbc.spi.Wrapped}, else a cancelled statement cannot be stopped at the server.
     * The connections of wake-ups and of migrations are not included.
     *
     * @param connections makes the driver's connections
     * @return itself unless overridden
     */
    default ConnectionFactory decorate(ConnectionFactory connections) {
        return connections;
    }
}

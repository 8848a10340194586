// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore;

import io.nvsentinel.datastore.codec.DocumentCodec;
import io.nvsentinel.datastore.error.InvalidRequestException;

/**
 * The scope of reads and writes: a {@link Datastore}, in which each operation is its own transaction on a connection of
 * the pool; or one transaction, in which all operations share a connection and are committed together.
 */
public interface DatastoreSession {

    /**
     * The health events.
     *
     * @return the store, good for as long as this session
     */
    HealthEventStore healthEvents();

    /**
     * The maintenance events.
     *
     * @return the store, good for as long as this session
     */
    MaintenanceEventStore maintenanceEvents();

    /**
     * A collection of the application's own, for documents of any class. Also health events and maintenance events, as
     * another class than their stores': as bytes for instance, with {@link DocumentCodec#ofBytes()}.
     *
     * @param name the collection's name, as {@link Datastore#createCollection} got it, {@code health_events} or
     *     {@code maintenance_events}
     * @param codec reads and writes the documents
     * @param <T> the documents' class
     * @return the collection; whether it exists shows when it is used
     * @throws InvalidRequestException when there can be no collection of this name
     */
    <T> DocumentCollection<T> collection(String name, DocumentCodec<T> codec);
}

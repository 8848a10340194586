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
     * @return the store, valid as long as this session
     */
    HealthEventStore healthEvents();

    /**
     * The maintenance events.
     *
     * @return the store, valid as long as this session
     */
    MaintenanceEventStore maintenanceEvents();

    /**
     * A collection of the application, for documents of any class. It can also be health events or maintenance events
     * as another class, for example as bytes with {@link DocumentCodec#ofBytes()}.
     *
     * @param name the collection's name, as passed to {@link Datastore#createCollection}, {@code health_events} or
     *     {@code maintenance_events}
     * @param codec reads and writes the documents
     * @param <T> the documents' class
     * @return the collection; its existence is only checked by its operations
     * @throws InvalidRequestException if the name is not valid
     */
    <T> DocumentCollection<T> collection(String name, DocumentCodec<T> codec);
}

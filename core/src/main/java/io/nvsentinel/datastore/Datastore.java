// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore;

import io.nvsentinel.datastore.internal.store.DefaultDatastore;
import io.nvsentinel.datastore.model.MaintenanceEvent;
import reactor.core.publisher.Mono;

/**
 * The way in: a connected datastore. Thread-safe; one serves a whole process. Whoever connected it closes it.
 *
 * <pre>{@code
 * Datastore.connect(DatastoreOptions.fromEnvironment())
 *         .flatMapMany(datastore -> datastore.healthEvents().findByNode("gpu-node-0001"))
 *         .subscribe(event -> System.out.println(event.document()));
 * }</pre>
 */
public interface Datastore {

    /**
     * Connects: reads the certificates, brings the schema up to date as {@link DatastoreOptions#schemaMode()} says, and
     * makes sure that the server answers.
     *
     * @param options where and how
     * @return cold; emits the datastore when it can be used; fails with {@link MisconfiguredException} where an
     *     operator has to act and with {@link UnavailableException} where waiting may help; on failure and on cancel
     *     everything opened so far is closed
     */
    static Mono<Datastore> connect(DatastoreOptions options) {
        return DefaultDatastore.connect(options);
    }

    /**
     * The health events.
     *
     * @return the store
     */
    HealthEventStore healthEvents();

    /**
     * The maintenance events.
     *
     * @return the collection
     */
    DocumentCollection<MaintenanceEvent> maintenanceEvents();

    /**
     * A collection of the application's own, for documents of any class.
     *
     * @param name the collection's name, as {@link #createCollection} got it; any text of 1 to 63 bytes
     * @param codec reads and writes the documents
     * @param <T> the documents' class
     * @return the collection; whether it exists shows when it is used
     * @throws InvalidRequestException when there can be no collection of this name
     */
    <T> DocumentCollection<T> collection(String name, DocumentCodec<T> codec);

    /**
     * Creates a collection with capture, so that change streams can watch it. Does nothing where it exists already, and
     * never touches a table that is no collection. The user needs the right to execute the database's function
     * {@code nvsentinel_create_collection}, and none to create tables.
     *
     * @param name its name; any text of 1 to 63 bytes without a NUL character
     * @return cold; completes after the commit; fails with {@link InvalidRequestException} where another kind of table
     *     has the name, and with {@link MisconfiguredException} where the right is missing
     * @throws InvalidRequestException when there can be no collection of this name
     */
    Mono<Void> createCollection(String name);

    /**
     * Asks the server for an answer.
     *
     * @return cold; completes when it answered; fails with {@link UnavailableException} when it did not
     */
    Mono<Void> ping();

    /**
     * The pool's figures at this moment. Asks nobody.
     *
     * @return the figures
     */
    PoolFigures pool();

    /**
     * The provider's name, as configuration knows it.
     *
     * @return always {@code postgresql}
     */
    String provider();

    /**
     * What this datastore was connected with.
     *
     * @return the options
     */
    DatastoreOptions options();

    /**
     * Closes every connection. Operations under way fail or finish; later ones fail with
     * {@link InvalidRequestException}.
     *
     * @return cold; completes when all are closed; may be repeated
     */
    Mono<Void> close();
}

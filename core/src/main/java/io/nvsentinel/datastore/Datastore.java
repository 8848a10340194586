// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore;

import io.nvsentinel.datastore.internal.store.DefaultDatastore;
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
     * @return the store
     */
    MaintenanceEventStore maintenanceEvents();

    /**
     * Asks the server for an answer.
     *
     * @return cold; completes when it answered
     */
    Mono<Void> ping();

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
     * Closes every connection. Operations under way fail or finish; later ones fail.
     *
     * @return cold; completes when all are closed; may be repeated
     */
    Mono<Void> close();
}

// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore;

/** What {@link Datastore#connect} does about the schema. */
public enum SchemaMode {

    /**
     * Applies pending migrations. Instances that start at the same time wait for each other, each for up to
     * {@link DatastoreOptions#schemaWait()}; if one is killed partway, the next one continues. Requires the privilege
     * to create objects.
     */
    MIGRATE,

    /**
     * Changes nothing, and refuses a schema older than this library needs, after waiting
     * {@link DatastoreOptions#schemaWait()} for it to be brought up to date. A newer one is accepted.
     */
    VALIDATE,

    /** Does not look at the schema. */
    NONE
}

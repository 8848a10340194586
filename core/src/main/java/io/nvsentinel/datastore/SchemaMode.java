// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore;

/** What {@link Datastore#connect} does about the schema. */
public enum SchemaMode {

    /**
     * Applies pending migrations. Starters that come together take turns, each for as long as
     * {@link DatastoreOptions#schemaWait()}; one that is killed half-way leaves its place to the next. Needs the right to
     * create.
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

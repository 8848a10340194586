// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore;

/** What {@link Datastore#connect} does about the schema. */
public enum SchemaMode {

    /** Applies pending migrations; starters that come together wait for one another. Needs the right to create. */
    MIGRATE,

    /** Changes nothing, and refuses a schema older than this library needs. */
    VALIDATE,

    /** Does not look at the schema. */
    NONE
}

// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream;

/** What happened to a record. */
public enum Operation {

    /** A record was stored. */
    INSERT,

    /** A record's document, or another column of it, was written again. */
    UPDATE,

    /** A record was removed. */
    DELETE,

    /** All records of the collection were removed at once; the event names no record. */
    TRUNCATE,

    /** No change: a record that was there when a snapshot was taken, see {@link StartAt#snapshot()}. */
    SNAPSHOT
}

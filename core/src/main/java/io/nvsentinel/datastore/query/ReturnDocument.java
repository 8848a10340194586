// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.query;

/** Which state of a document an update returns. */
public enum ReturnDocument {
    /** As it was. */
    BEFORE,
    /** As it is now. */
    AFTER
}

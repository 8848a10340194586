// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream;

import io.nvsentinel.datastore.error.DatastoreException;

/**
 * A watched collection's table was dropped, renamed, or replaced by another one of its name. All changes before that have
 * been delivered; there will be no more.
 */
public final class CollectionDroppedException extends DatastoreException {

    private static final long serialVersionUID = 1L;

    /** The collection's name. */
    private final String collection;

    /**
     * What happened.
     *
     * @param collection the collection's name
     */
    public CollectionDroppedException(String collection) {
        super("The collection " + collection + " was dropped, renamed or replaced; its watch is closed", null, null);
        this.collection = collection;
    }

    /**
     * Which one.
     *
     * @return the collection's name
     */
    public String collection() {
        return collection;
    }
}

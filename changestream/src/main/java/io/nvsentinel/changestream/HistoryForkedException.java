// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream;

import io.nvsentinel.datastore.error.DatastoreException;

/**
 * The requested position belongs to another history: the database was restored, or failed over and lost commits.
 * Changes that were delivered before may no longer exist. Start the watch again at another position.
 */
public final class HistoryForkedException extends DatastoreException {

    private static final long serialVersionUID = 1L;

    /**
     * What happened.
     *
     * @param message for people
     */
    public HistoryForkedException(String message) {
        super(message, null, null);
    }
}

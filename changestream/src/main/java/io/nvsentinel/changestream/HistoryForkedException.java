// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream;

import io.nvsentinel.datastore.error.DatastoreException;

/**
 * The position asked for belongs to another history: the database was restored, or failed over and lost commits. What
 * was delivered before may never have happened. Start anew.
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

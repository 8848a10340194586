// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream;

import io.nvsentinel.datastore.DatastoreException;

/**
 * Changes behind the position asked for have been removed from the changelog. Start anew, at the oldest change or now.
 */
public final class HistoryLostException extends DatastoreException {

    private static final long serialVersionUID = 1L;

    /**
     * What happened.
     *
     * @param message for people
     */
    public HistoryLostException(String message) {
        super(message, null, null);
    }
}

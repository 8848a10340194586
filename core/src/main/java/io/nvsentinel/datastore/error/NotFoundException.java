// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.error;

import org.jspecify.annotations.Nullable;

/**
 * The record that the call names does not exist. Nothing was written.
 */
public class NotFoundException extends DatastoreException {

    private static final long serialVersionUID = 1L;

    /**
     * Creates an error.
     *
     * @param message the reason, in one line
     * @param sqlState the server's SQLSTATE, or null if the server did not answer
     * @param cause the cause, or null
     */
    public NotFoundException(String message, @Nullable String sqlState, @Nullable Throwable cause) {
        super(message, sqlState, cause);
    }

    /**
     * Creates an error that was detected before a request to the server.
     *
     * @param message the reason, in one line
     */
    public NotFoundException(String message) {
        super(message, null, null);
    }
}

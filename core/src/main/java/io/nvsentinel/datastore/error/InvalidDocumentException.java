// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.error;

import org.jspecify.annotations.Nullable;

/**
 * A stored document cannot be read as the type that was asked for.
 */
public class InvalidDocumentException extends DatastoreException {

    private static final long serialVersionUID = 1L;

    /**
     * Creates an error.
     *
     * @param message the reason, in one line
     * @param sqlState the server's SQLSTATE, or null if the server did not answer
     * @param cause the cause, or null
     */
    public InvalidDocumentException(String message, @Nullable String sqlState, @Nullable Throwable cause) {
        super(message, sqlState, cause);
    }

    /**
     * Creates an error that was detected before a request to the server.
     *
     * @param message the reason, in one line
     */
    public InvalidDocumentException(String message) {
        super(message, null, null);
    }

    @Override
    public boolean isDeterministic() {
        return true;
    }
}

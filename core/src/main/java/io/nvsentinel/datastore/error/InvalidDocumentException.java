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
     * @param message what was wrong, in one line
     * @param sqlState the server's SQLSTATE, or null when the server did not answer
     * @param cause what was caught, or null
     */
    public InvalidDocumentException(String message, @Nullable String sqlState, @Nullable Throwable cause) {
        super(message, sqlState, cause);
    }

    /**
     * Creates an error that the library found before it asked the server.
     *
     * @param message what was wrong, in one line
     */
    public InvalidDocumentException(String message) {
        super(message, null, null);
    }

    @Override
    public boolean isDeterministic() {
        return true;
    }
}

// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.error;

import org.jspecify.annotations.Nullable;

/**
 * The request is invalid: a filter, an update, an option value or a document. Nothing was written; the same call fails
 * again.
 */
public class InvalidRequestException extends DatastoreException {

    private static final long serialVersionUID = 1L;

    /**
     * Creates an error.
     *
     * @param message the reason, in one line
     * @param sqlState the server's SQLSTATE, or null if the server did not answer
     * @param cause the cause, or null
     */
    public InvalidRequestException(String message, @Nullable String sqlState, @Nullable Throwable cause) {
        super(message, sqlState, cause);
    }

    /**
     * Creates an error of an operation.
     *
     * @param context the context of the error
     * @param reason the reason, in one line; the message is the action, the reason and the SQLSTATE
     * @param cause the cause, or null
     */
    public InvalidRequestException(ErrorContext context, String reason, @Nullable Throwable cause) {
        super(context, reason, cause);
    }

    /**
     * Creates an error that was detected before a request to the server.
     *
     * @param message the reason, in one line
     */
    public InvalidRequestException(String message) {
        super(message, null, null);
    }

    @Override
    public boolean isDeterministic() {
        return true;
    }
}

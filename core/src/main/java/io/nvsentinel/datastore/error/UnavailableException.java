// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.error;

import org.jspecify.annotations.Nullable;

/**
 * The server could not be reached, is starting or shutting down, or has no room. Nothing was written; try again later.
 */
public class UnavailableException extends DatastoreException {

    private static final long serialVersionUID = 1L;

    /**
     * Creates an error.
     *
     * @param message the reason, in one line
     * @param sqlState the server's SQLSTATE, or null if the server did not answer
     * @param cause the cause, or null
     */
    public UnavailableException(String message, @Nullable String sqlState, @Nullable Throwable cause) {
        super(message, sqlState, cause);
    }

    /**
     * Creates an error of an operation.
     *
     * @param context the context of the error
     * @param reason the reason, in one line; the message is the action, the reason and the SQLSTATE
     * @param cause the cause, or null
     */
    public UnavailableException(ErrorContext context, String reason, @Nullable Throwable cause) {
        super(context, reason, cause);
    }

    @Override
    public boolean isRetryable() {
        return true;
    }
}

// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.error;

import org.jspecify.annotations.Nullable;

/**
 * What the caller asked for cannot be done by anybody: a bad filter, update, option value or document. Nothing was
 * written; the same call fails again.
 */
public class InvalidRequestException extends DatastoreException {

    private static final long serialVersionUID = 1L;

    /**
     * Creates an error.
     *
     * @param message what was wrong, in one line
     * @param sqlState the server's SQLSTATE, or null when the server did not answer
     * @param cause what was caught, or null
     */
    public InvalidRequestException(String message, @Nullable String sqlState, @Nullable Throwable cause) {
        super(message, sqlState, cause);
    }

    /**
     * Creates an error of an operation.
     *
     * @param context where it arose
     * @param reason what was wrong, in one line; the message is the action, the reason and the SQLSTATE
     * @param cause what was caught, or null
     */
    public InvalidRequestException(ErrorContext context, String reason, @Nullable Throwable cause) {
        super(context, reason, cause);
    }

    /**
     * Creates an error that the library found before it asked the server.
     *
     * @param message what was wrong, in one line
     */
    public InvalidRequestException(String message) {
        super(message, null, null);
    }

    @Override
    public boolean isDeterministic() {
        return true;
    }
}

// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.error;

import org.jspecify.annotations.Nullable;

/**
 * The write met another one: a unique constraint, a changed version, a serialization failure or a deadlock. Nothing was
 * written.
 */
public class ConflictException extends DatastoreException {

    private static final long serialVersionUID = 1L;

    /**
     * Creates an error.
     *
     * @param message the reason, in one line
     * @param sqlState the server's SQLSTATE, or null if the server did not answer
     * @param cause the cause, or null
     */
    public ConflictException(String message, @Nullable String sqlState, @Nullable Throwable cause) {
        super(message, sqlState, cause);
    }

    /**
     * Creates an error of an operation.
     *
     * @param context the context of the error
     * @param reason the reason, in one line; the message is the action, the reason and the SQLSTATE
     * @param cause the cause, or null
     */
    public ConflictException(ErrorContext context, String reason, @Nullable Throwable cause) {
        super(context, reason, cause);
    }

    @Override
    public boolean isRetryable() {
        String state = sqlState();
        return state != null && state.startsWith("40");
    }
}

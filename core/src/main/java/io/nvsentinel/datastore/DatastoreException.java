// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore;

import org.jspecify.annotations.Nullable;

/**
 * The root of every error this library signals. Its subclasses are chosen by what a caller can do about them, not by
 * where they arose; {@link #isRetryable()} and {@link #isOutcomeUnknown()} answer the two questions a retry loop asks.
 *
 * <p>Messages name what was wrong, where, and what is allowed. They never hold a secret or a document.
 */
public abstract class DatastoreException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    /** The server's SQLSTATE, or null. */
    private final @Nullable String sqlState;

    /**
     * Creates an error.
     *
     * @param message what was wrong, in one line
     * @param sqlState the server's SQLSTATE, or null when the server did not answer
     * @param cause what was caught, or null
     */
    protected DatastoreException(String message, @Nullable String sqlState, @Nullable Throwable cause) {
        super(message, cause);
        this.sqlState = sqlState;
    }

    /**
     * The provider that failed.
     *
     * @return always {@code postgresql}
     */
    public String provider() {
        return "postgresql";
    }

    /**
     * The server's SQLSTATE.
     *
     * @return five characters, or null when the error did not come from the server
     */
    public @Nullable String sqlState() {
        return sqlState;
    }

    /**
     * Whether the same call may succeed when made again, unchanged.
     *
     * @return false unless a subclass says otherwise
     */
    public boolean isRetryable() {
        return false;
    }

    /**
     * Whether the write may have happened although it was reported as failed.
     *
     * @return false unless a subclass says otherwise: nothing was written
     */
    public boolean isOutcomeUnknown() {
        return false;
    }
}

// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.error;

import io.nvsentinel.datastore.internal.Printable;
import org.jspecify.annotations.Nullable;
import reactor.core.Exceptions;

/**
 * The root of every error this library signals. Its subclasses correspond to what a caller can do, not to the place
 * where the error occurred; {@link #isRetryable()}, {@link #isOutcomeUnknown()} and {@link #isDeterministic()} give the
 * information that a retry loop needs.
 *
 * <p>Messages contain the reason, the place and the allowed values. They never contain a secret or a document.
 */
public abstract class DatastoreException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    /** What was being done, or null. */
    private final @Nullable String action;

    /** Which attempt it was, from 1. */
    private final int attempt;

    /** The server's SQLSTATE, or null. */
    private final @Nullable String sqlState;

    /** The constraint or unique index that refused the write, or null. */
    private final @Nullable String constraint;

    /**
     * Creates an error.
     *
     * @param message the reason, in one line
     * @param sqlState the server's SQLSTATE, or null if the server did not answer
     * @param cause the cause, or null
     */
    protected DatastoreException(String message, @Nullable String sqlState, @Nullable Throwable cause) {
        super(Printable.line(message), cause);
        this.action = null;
        this.attempt = 1;
        this.sqlState = sqlState;
        this.constraint = null;
    }

    /**
     * Creates an error of an operation.
     *
     * @param context the context of the error
     * @param reason the reason, in one line; the message is the action, the reason and the SQLSTATE
     * @param cause the cause, or null
     */
    protected DatastoreException(ErrorContext context, String reason, @Nullable Throwable cause) {
        super(Printable.line(context.describe(reason)), cause);
        this.action = context.action();
        this.attempt = context.attempt();
        this.sqlState = context.sqlState();
        this.constraint = context.constraint();
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
     * The operation that failed.
     *
     * @return for example {@code Insert into health_events}, or null if the error occurred before an operation started
     */
    public @Nullable String action() {
        return action;
    }

    /**
     * The attempt that failed, if the library makes several.
     *
     * @return 1 for the first or only attempt
     */
    public int attempt() {
        return attempt;
    }

    /**
     * The constraint or unique index that refused the write.
     *
     * @return its name, or null where none did
     */
    public @Nullable String constraint() {
        return constraint;
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

    /**
     * Whether the error is permanent: the same call with the same data fails again, for every caller and at every time.
     * If this and {@link #isRetryable()} are both false, a retry can succeed after an operator has acted.
     *
     * @return false unless a subclass says otherwise
     */
    public boolean isDeterministic() {
        return false;
    }

    /**
     * Whether replay cannot help against an error of any kind. It looks through causes down to the first error of this
     * library; of errors that were joined, each has to be deterministic.
     *
     * @param error the error, or null
     * @return false for null and for what holds no error of this library
     */
    public static boolean isDeterministic(@Nullable Throwable error) {
        if (Exceptions.isMultiple(error)) {
            return Exceptions.unwrapMultiple(error).stream().allMatch(DatastoreException::isDeterministic);
        }
        if (error instanceof DatastoreException ours) {
            return ours.isDeterministic();
        }
        return error != null && isDeterministic(error.getCause());
    }
}

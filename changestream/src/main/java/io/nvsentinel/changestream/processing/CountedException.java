// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream.processing;

import org.jspecify.annotations.Nullable;

/**
 * Signalled by a handler to count an error as a failed attempt, even if it is an error of an unavailable datastore.
 * Created by {@link #of}.
 *
 * <p>Without it a processor waits when a handler fails with an error of this library that is retryable or of unknown
 * outcome: the change is handled again when the datastore is available, and no attempt is counted.
 */
public final class CountedException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    private CountedException(Throwable cause) {
        super(cause);
    }

    /**
     * Marks an error as a failed attempt.
     *
     * @param error the error, or null
     * @return an error that counts; null for null
     */
    public static @Nullable Throwable of(@Nullable Throwable error) {
        return error == null || error instanceof CountedException ? error : new CountedException(error);
    }
}

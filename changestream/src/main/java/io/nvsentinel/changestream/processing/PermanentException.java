// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream.processing;

import io.nvsentinel.datastore.error.InvalidDocumentException;
import org.jspecify.annotations.Nullable;
import reactor.core.Exceptions;

/**
 * Signalled by a handler if a retry of the same change cannot succeed. Created by {@link #of}.
 */
public final class PermanentException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    private PermanentException(Throwable cause) {
        super(cause);
    }

    /**
     * Marks an error as permanent.
     *
     * @param error the error, or null
     * @return an error that {@link #isPermanent} knows; null for null, and the error itself if it is permanent already
     */
    public static @Nullable Throwable of(@Nullable Throwable error) {
        return error == null || isPermanent(error) ? error : new PermanentException(error);
    }

    /**
     * Whether an error is permanent: if it, or what caused it, was marked so or is a document that cannot be read. Several
     * errors in one ({@link Exceptions#multiple}) are permanent only if every one of them is.
     *
     * @param error the error, or null
     * @return whether it is; false for null
     */
    public static boolean isPermanent(@Nullable Throwable error) {
        for (Throwable e = error; e != null; e = e.getCause()) {
            if (Exceptions.isMultiple(e)) {
                return Exceptions.unwrapMultiple(e).stream().allMatch(PermanentException::isPermanent);
            }
            if (e instanceof PermanentException || e instanceof InvalidDocumentException) {
                return true;
            }
        }
        return false;
    }
}

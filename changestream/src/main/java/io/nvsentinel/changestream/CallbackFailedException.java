// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream;

import io.nvsentinel.datastore.error.DatastoreException;

/**
 * A callback, a handler or the subscriber of a watch failed with an {@link Error} of the JVM, {@link StackOverflowError} or
 * {@link LinkageError} for instance, which is the cause. A handler's is a failed attempt like any other; else the stream has
 * ended, and what was not acknowledged is delivered again when it is opened again.
 */
public final class CallbackFailedException extends DatastoreException {

    private static final long serialVersionUID = 1L;

    /**
     * Creates an error.
     *
     * @param what which callback
     * @param cause what it failed with
     */
    public CallbackFailedException(String what, Error cause) {
        super(what + " failed with an error of the JVM: " + cause, null, cause);
    }
}

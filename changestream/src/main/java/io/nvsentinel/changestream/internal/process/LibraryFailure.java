// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream.internal.process;

import io.nvsentinel.changestream.ClientFencedException;

/** An error of what the library itself does for a change, before or after its handler: never the handler's failure. */
final class LibraryFailure extends RuntimeException {

    private static final long serialVersionUID = 1L;

    private LibraryFailure(Throwable cause) {
        super(cause);
    }

    /** The error, or this one around it if it is neither a lost client name nor waited out. */
    static Throwable of(Throwable error) {
        return error instanceof ClientFencedException || Outage.isCauseOf(error) ? error : new LibraryFailure(error);
    }

    /** What went wrong. */
    Throwable error() {
        return getCause() == null ? this : getCause();
    }
}

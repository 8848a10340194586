// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.quickstart;

import org.jspecify.annotations.Nullable;

/** The quick start cannot go on; the message tells its user why, in one line. */
final class QuickstartException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    QuickstartException(String message) {
        this(message, null);
    }

    QuickstartException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}

// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.quickstart;

import org.jspecify.annotations.Nullable;

/** The quick start cannot continue; the message is one line for the user. */
final class QuickstartException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    QuickstartException(String message) {
        this(message, null);
    }

    QuickstartException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}

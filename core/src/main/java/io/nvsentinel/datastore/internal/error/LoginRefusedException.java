// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.internal.error;

import java.io.IOException;

/** The server asks for something that a client must not do, or sends what no PostgreSQL sends; another attempt ends in the same way. */
public final class LoginRefusedException extends IOException {

    private static final long serialVersionUID = 1L;

    /**
     * Refuses a login.
     *
     * @param message what the server asks for, in one line
     */
    public LoginRefusedException(String message) {
        super(message);
    }
}

// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream.internal.client;

import io.nvsentinel.datastore.MisconfiguredException;

/** What a client name may look like. */
public final class ClientNames {

    private static final int MAX_LENGTH = 255;

    private ClientNames() {}

    /**
     * Checks a name.
     *
     * @param name the name
     * @throws MisconfiguredException if it is blank or too long
     */
    public static void check(String name) {
        if (name.isBlank() || name.length() > MAX_LENGTH) {
            throw new MisconfiguredException(
                    "clientName must have 1 to " + MAX_LENGTH + " characters and not only blanks");
        }
    }
}

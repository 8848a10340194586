// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream.internal.client;

import io.nvsentinel.datastore.error.ConfigurationException;
import io.nvsentinel.datastore.internal.Names;

/** What a client name may look like. */
public final class ClientNames {

    private static final int MAX_LENGTH = 255;

    private ClientNames() {}

    /**
     * Checks a name.
     *
     * @param name the name
     * @throws ConfigurationException if it is blank or too long, or has control characters or half a surrogate pair
     */
    public static void check(String name) {
        String complaint = Names.complaint(name);
        if (complaint != null) {
            throw new ConfigurationException("clientName " + complaint);
        }
        if (name.isBlank() || name.length() > MAX_LENGTH) {
            throw new ConfigurationException(
                    "clientName must have 1 to " + MAX_LENGTH + " characters that are not all blank");
        }
    }
}

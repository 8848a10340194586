// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream;

import io.nvsentinel.datastore.error.DatastoreException;

/** The client name has an owner that is alive, and was to be opened with {@link OwnershipPolicy#FAIL}. Nothing was changed. */
public final class ClientOwnedException extends DatastoreException {

    private static final long serialVersionUID = 1L;

    /**
     * What happened.
     *
     * @param message for people
     */
    public ClientOwnedException(String message) {
        super(message, null, null);
    }

    /** The owner may be gone later. */
    @Override
    public boolean isRetryable() {
        return true;
    }
}

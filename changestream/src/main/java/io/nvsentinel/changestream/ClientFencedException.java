// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream;

import io.nvsentinel.datastore.error.DatastoreException;

/**
 * Another stream was opened under the same client name and owns it now; this one can no longer store its position.
 */
public final class ClientFencedException extends DatastoreException {

    private static final long serialVersionUID = 1L;

    /**
     * What happened.
     *
     * @param message for people
     */
    public ClientFencedException(String message) {
        super(message, null, null);
    }
}

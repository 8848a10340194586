// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream;

import io.nvsentinel.datastore.error.DatastoreException;

/**
 * A change was asked for a document that its collection did not keep when it was made. Ask first whether it has it, or
 * keep more: {@link ChangeStreams#keepImages}.
 */
public final class ImageNotKeptException extends DatastoreException {

    private static final long serialVersionUID = 1L;

    /**
     * What happened.
     *
     * @param message for people
     */
    public ImageNotKeptException(String message) {
        super(message, null, null);
    }
}

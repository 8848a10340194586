// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream.processing;

import io.nvsentinel.datastore.error.DatastoreException;

/**
 * A processor stopped at a change that it could not process or whose position it could not store. The change is not
 * acknowledged: it is delivered again when the processor is restarted. The cause contains the reason.
 */
public final class ProcessingStoppedException extends DatastoreException {

    private static final long serialVersionUID = 1L;

    /** The encoded token of the change. */
    private final String resumeToken;

    /**
     * Creates an error.
     *
     * @param message the message
     * @param resumeToken the encoded token of the change
     * @param cause the reason
     */
    public ProcessingStoppedException(String message, String resumeToken, Throwable cause) {
        super(message, null, cause);
        this.resumeToken = resumeToken;
    }

    /**
     * The change at which processing stopped.
     *
     * @return its encoded {@link io.nvsentinel.changestream.ResumeToken}
     */
    public String resumeToken() {
        return resumeToken;
    }

    /** The change is attempted again when the processor is restarted. */
    @Override
    public boolean isRetryable() {
        return true;
    }
}

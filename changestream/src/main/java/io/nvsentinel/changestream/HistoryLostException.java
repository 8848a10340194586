// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream;

import io.nvsentinel.datastore.error.DatastoreException;

/**
 * Changes after the requested position have been removed from the changelog. Start the watch again, at the oldest
 * change or now.
 */
public final class HistoryLostException extends DatastoreException {

    private static final long serialVersionUID = 1L;

    /** The place before the oldest change that is kept, as a token's text. */
    private final String oldest;

    /**
     * What happened.
     *
     * @param message for people
     * @param oldest the place before the oldest change that is kept, from {@link ResumeToken#encode()}
     */
    public HistoryLostException(String message, String oldest) {
        super(message, null, null);
        this.oldest = oldest;
    }

    /**
     * The place before the oldest change that is kept.
     *
     * @return a token to start after
     */
    public ResumeToken oldestAvailable() {
        return ResumeToken.parse(oldest);
    }
}

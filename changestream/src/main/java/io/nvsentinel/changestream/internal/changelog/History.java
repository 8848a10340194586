// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream.internal.changelog;

import io.nvsentinel.changestream.HistoryForkedException;
import io.nvsentinel.changestream.HistoryLostException;
import io.nvsentinel.datastore.UnavailableException;

/** Whether a position still belongs to the changelog that is being read. */
public final class History {

    private History() {}

    /**
     * Checks what a page tells, in the same snapshot as its rows.
     *
     * @param position where the page begins
     * @param page the page
     * @throws HistoryLostException if changes behind the position were removed
     * @throws HistoryForkedException if the position is none of this changelog
     * @throws UnavailableException if the server is a standby
     */
    public static void verify(long position, ChangelogPage page) {
        if (page.standby()) {
            throw new UnavailableException(
                    "The changelog must be read from the primary; this server is a standby", null, null);
        }
        if (position + 1 < page.oldestId()) {
            throw new HistoryLostException("Changes behind position " + position
                    + " are gone: the oldest that is kept is " + page.oldestId()
                    + ". Start at the oldest change or now");
        }
        if (position > page.newestId()) {
            throw behindTheEnd(position, page.newestId());
        }
    }

    /**
     * What to say of a position that was never reached here.
     *
     * @param position the position
     * @param newestId the highest id that was drawn
     * @return the error
     */
    public static HistoryForkedException behindTheEnd(long position, long newestId) {
        return new HistoryForkedException("Position " + position + " lies behind the changelog's end at " + newestId
                + ": the database was restored, or failed over and lost commits");
    }
}

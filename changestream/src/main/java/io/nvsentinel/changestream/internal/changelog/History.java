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
        verify(position, new ChangelogEnd(page.newestId(), page.oldestId(), page.incarnation()));
    }

    /**
     * Checks a token.
     *
     * @param token the place
     * @param end of the changelog that is there
     * @throws HistoryLostException if changes behind the position were removed
     * @throws HistoryForkedException if the position is none of this changelog
     */
    public static void verify(Position token, ChangelogEnd end) {
        if (!end.incarnation().equals(token.incarnation())) {
            throw new HistoryForkedException("The token is of another changelog: of incarnation " + token.incarnation()
                    + ", not " + end.incarnation());
        }
        verify(token.id(), end);
    }

    private static void verify(long position, ChangelogEnd end) {
        if (position + 1 < end.oldest()) {
            throw lost("Changes behind position " + position + " are gone", end);
        }
        if (position > end.id()) {
            throw new HistoryForkedException("Position " + position + " lies behind the changelog's end at " + end.id()
                    + ": the database was restored, or failed over and lost commits");
        }
    }

    /** Names the oldest that is kept. */
    static HistoryLostException lost(String what, ChangelogEnd end) {
        Position oldest = Position.at(end.incarnation(), end.oldest() - 1, null);
        return new HistoryLostException(
                what + ": the oldest that is kept is " + end.oldest() + ". Start at the oldest change or now",
                oldest.encode());
    }
}

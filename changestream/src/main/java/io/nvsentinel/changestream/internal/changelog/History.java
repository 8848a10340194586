// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream.internal.changelog;

import io.nvsentinel.changestream.HistoryForkedException;
import io.nvsentinel.changestream.HistoryLostException;
import io.nvsentinel.datastore.error.UnavailableException;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Whether a position still belongs to the changelog that is being read. The row at the position decides: after a restore or
 * a failover that lost commits it is missing, or its id belongs to another change.
 */
public final class History {

    private static final String CAUSE =
            ": the database was restored or failed over and lost commits, or rows of the changelog "
                    + "were deleted by hand";

    private History() {}

    /**
     * Verifies a position with what one statement read.
     *
     * @param point the position
     * @param facts of the changelog
     * @param found the row that is there under the id of the position's row; null if there is none
     * @throws HistoryLostException if changes behind the position were removed
     * @throws HistoryForkedException if the position is none of this changelog
     * @throws UnavailableException if the server is a standby
     */
    public static void verify(HistoryPoint point, ChangelogFacts facts, @Nullable RowCheck found) {
        requirePrimary(facts);
        requireIncarnation(point.incarnation(), facts);
        RowCheck row = point.row();
        if (row != null) {
            verifyRow(row.id(), found == null || found.equals(row), found, facts);
        }
        verifyRange(point.id(), facts);
        if (row == null && point.id() >= facts.oldestId()) {
            throw new HistoryForkedException("Changes from " + facts.oldestId()
                    + " are kept again, although the changes up to " + point.id() + " had been removed" + CAUSE);
        }
    }

    /**
     * Whether a position belongs to the changelog that a statement read.
     *
     * @param point the position
     * @param facts of the changelog
     * @param found the row that is there under the id of the position's row; null if there is none
     * @return false if the position is lost or forked
     * @throws UnavailableException if the server is a standby
     */
    public static boolean holds(HistoryPoint point, ChangelogFacts facts, @Nullable RowCheck found) {
        try {
            verify(point, facts, found);
            return true;
        } catch (HistoryLostException | HistoryForkedException e) {
            return false;
        }
    }

    /**
     * Verifies a token.
     *
     * @param token the position
     * @param facts of the changelog
     * @param checked the row that is there under the id of the token's row; null if there is none
     * @throws HistoryLostException if changes behind the position were removed
     * @throws HistoryForkedException if the position is none of this changelog
     * @throws UnavailableException if the server is a standby
     */
    static void verify(Position token, ChangelogFacts facts, @Nullable RowCheck checked) {
        requirePrimary(facts);
        requireIncarnation(token.incarnation(), facts);
        if (token.checkedRow() > 0) {
            boolean same = checked == null || checked.digest().equals(token.digest());
            verifyRow(token.checkedRow(), same, checked, facts);
        }
        verifyRange(token.id(), facts);
    }

    /**
     * Refuses a server that cannot prove anything.
     *
     * @param facts of the changelog
     * @throws UnavailableException if the server is a standby
     */
    static void requirePrimary(ChangelogFacts facts) {
        if (facts.standby()) {
            throw new UnavailableException(
                    "The changelog must be read from the primary; this server is a standby", null, null);
        }
    }

    private static void requireIncarnation(UUID incarnation, ChangelogFacts facts) {
        if (!incarnation.equals(facts.incarnation())) {
            throw new HistoryForkedException("The position belongs to another changelog: incarnation " + incarnation
                    + ", not " + facts.incarnation());
        }
    }

    private static void verifyRow(long id, boolean same, @Nullable RowCheck found, ChangelogFacts facts) {
        if (!same) {
            throw new HistoryForkedException("Change " + id + " differs from the change that was delivered" + CAUSE);
        }
        if (found == null && id >= facts.oldestId()) {
            throw new HistoryForkedException("Change " + id + " was delivered and does not exist" + CAUSE);
        }
    }

    private static void verifyRange(long position, ChangelogFacts facts) {
        if (position < facts.oldestId() - 1) {
            throw lost("Changes after position " + position + " were removed", facts);
        }
        if (position > facts.newestId()) {
            throw new HistoryForkedException(
                    "Position " + position + " is after the end of the changelog at " + facts.newestId() + CAUSE);
        }
    }

    /** Names the oldest change that is kept. */
    static HistoryLostException lost(String what, ChangelogFacts facts) {
        Position oldest = Position.at(facts.incarnation(), facts.oldestId() - 1, null);
        return new HistoryLostException(
                what + ": the oldest kept change is " + facts.oldestId() + ". Start at the oldest change or now",
                oldest.encode());
    }
}

// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream.internal.changelog;

import io.nvsentinel.changestream.HistoryForkedException;
import io.nvsentinel.changestream.HistoryLostException;
import io.nvsentinel.datastore.internal.time.ServerTimes;
import io.r2dbc.spi.Readable;
import java.util.Objects;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * What the changelog has at a position.
 *
 * @param facts of the changelog, from the same snapshot
 * @param checked the row that a token names; null if there is no such row
 * @param found the last row at or below the position; null if none is kept there
 * @param log what has to be flushed before the rows may be relied on
 */
record PointReading(
        ChangelogFacts facts,
        @Nullable RowCheck checked,
        @Nullable RowCheck found,
        Durability.Positions log) {

    /** The sequence is read after the snapshot was taken: a higher id than its last one was not drawn from it. */
    static final String SQL = """
            SELECT state.incarnation, state.oldest_id,
                CASE WHEN newest.is_called THEN newest.last_value ELSE newest.last_value - 1 END, pg_is_in_recovery(),
                checked.id, checked.xid::text, timestamptz_send(checked.changed_at),
                found.id, found.xid::text, timestamptz_send(found.changed_at),
                {log}
            FROM {schema}.datastore_changelog_state AS state
            CROSS JOIN {schema}.datastore_changelog_id_seq AS newest
            LEFT JOIN {schema}.datastore_changelog AS checked ON checked.id = $1
            LEFT JOIN LATERAL (
                SELECT id, xid, changed_at FROM {schema}.datastore_changelog
                WHERE id >= state.oldest_id - 1
                    AND id <= least(CASE WHEN $2 < 0 THEN state.oldest_id - 1 ELSE $2 END, newest.last_value)
                ORDER BY id DESC LIMIT 1
            ) AS found ON true""".replace("{log}", Durability.LOG_POSITIONS);

    /** Stands for the position before the oldest row that is kept. */
    static final long BEGINNING = -1;

    /** Stands for no row. */
    static final long NO_ROW = Long.MIN_VALUE;

    static PointReading of(Readable row) {
        ChangelogFacts facts = new ChangelogFacts(
                Objects.requireNonNull(row.get(0, UUID.class)),
                Objects.requireNonNull(row.get(1, Long.class)),
                Objects.requireNonNull(row.get(2, Long.class)),
                Objects.requireNonNull(row.get(3, Boolean.class)));
        return new PointReading(facts, check(row, 4), check(row, 7), Durability.Positions.of(row, 10));
    }

    private static @Nullable RowCheck check(Readable row, int first) {
        Long id = row.get(first, Long.class);
        if (id == null) {
            return null;
        }
        String transaction = Objects.requireNonNull(row.get(first + 1, String.class));
        return new RowCheck(id, Long.parseUnsignedLong(transaction), ServerTimes.read(row, first + 2));
    }

    /** The last row, or the position before the oldest kept row. */
    HistoryPoint point() {
        History.requirePrimary(facts);
        return found == null
                ? new HistoryPoint(facts.incarnation(), facts.oldestId() - 1, null)
                : HistoryPoint.of(facts.incarnation(), found);
    }

    /**
     * The point of a token.
     *
     * @throws HistoryLostException if changes behind the token were removed
     * @throws HistoryForkedException if the token is none of this changelog
     */
    HistoryPoint verified(Position token) {
        History.verify(token, facts, checked);
        return point();
    }
}

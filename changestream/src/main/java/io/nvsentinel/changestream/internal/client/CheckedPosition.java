// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream.internal.client;

import io.nvsentinel.changestream.internal.changelog.HistoryPoint;
import io.nvsentinel.changestream.internal.changelog.Position;
import io.nvsentinel.changestream.internal.changelog.RowCheck;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * A position in a statement that stores it: the statement also looks whether its row is in the changelog of the server that
 * executes it. After a failover that lost commits, or a restore, it is not, and the position must not be written there.
 */
public final class CheckedPosition {

    /** The row is there, or retention removed it, or there never was one at or below the position. */
    private static final String HISTORY = """
            history AS MATERIALIZED (
                SELECT state.incarnation = $%1$d AND CASE
                    WHEN $%3$d < 0 THEN $%2$d < state.oldest_id
                    ELSE coalesce(
                        (SELECT xid = CAST(CAST($%4$d AS text) AS xid8) AND timestamptz_send(changed_at) = int8send($%5$d)
                            FROM {schema}.datastore_changelog WHERE id = $%3$d),
                        $%3$d < state.oldest_id)
                    END AS holds
                FROM {schema}.datastore_changelog_state AS state
            )""";

    private static final int PARAMETERS = 5;
    private static final long NO_ROW = -1;

    private CheckedPosition() {}

    /**
     * A common table expression {@code history} of one row, whose column {@code holds} says whether the position
     * belongs to this changelog.
     *
     * @param first the number of the first of its five parameters
     * @return the expression, without {@code WITH}
     */
    public static String history(int first) {
        Object[] numbers = new Object[PARAMETERS];
        for (int i = 0; i < PARAMETERS; i++) {
            numbers[i] = first + i;
        }
        return String.format(Locale.ROOT, HISTORY, numbers);
    }

    /**
     * The given values, and those of the five parameters.
     *
     * @param values of the parameters before them
     * @param position the position; its row is known
     * @return the values in the order of their parameters
     */
    public static List<Object> values(List<Object> values, Position position) {
        HistoryPoint point = position.point();
        RowCheck row = point.row();
        List<Object> all = new ArrayList<>(values);
        all.add(point.incarnation());
        all.add(point.id());
        all.add(row == null ? NO_ROW : row.id());
        all.add(row == null ? "0" : Long.toUnsignedString(row.transactionId()));
        all.add(row == null ? 0L : row.changedAtMicros());
        return all;
    }
}

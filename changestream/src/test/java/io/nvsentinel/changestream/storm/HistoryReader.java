// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream.storm;

import io.nvsentinel.testserver.TestDatabase;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.function.BooleanSupplier;

/**
 * A reader of the contiguous prefix that starts again at the oldest change when its history is gone, written again here in
 * the simplest way, rightly or with one of the mistakes that such readers make.
 */
final class HistoryReader implements Callable<List<StormSegment>> {

    private static final String PAGE = """
            SELECT state.oldest_id, newest.last_value, start.xid::text, start.changed_at::text,
                changes.id, changes.new_values #>> '{healthevent,nodeName}', changes.xid::text, changes.changed_at::text
            FROM datastore_changelog_state AS state
            CROSS JOIN datastore_changelog_id_seq AS newest
            LEFT JOIN datastore_changelog AS start ON start.id = ?
            LEFT JOIN LATERAL (
                SELECT * FROM datastore_changelog WHERE id > ? ORDER BY id LIMIT 40
            ) AS changes ON true
            ORDER BY changes.id""";

    private static final String WRITERS = """
            SELECT count(*) FROM pg_locks WHERE relation = 'datastore_changelog'::regclass
                AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
                AND mode = 'RowExclusiveLock' AND granted""";

    /** How a history that was set back is noticed. */
    enum Check {
        /** The row delivered last is looked up with every page. This one is right. */
        LAST_ROW,
        /** The position must not lie behind the end: writers may have passed it before. */
        END_OF_SEQUENCE,
        /** Not at all. */
        NONE
    }

    private final TestDatabase database;
    private final Check check;
    private final BooleanSupplier over;
    private final List<StormSegment> segments = new ArrayList<>();
    private StormSegment segment;
    private long position;
    private long seen;
    private String row = "null null";
    private int quiet;

    HistoryReader(TestDatabase database, Check check, BooleanSupplier over) {
        this.database = database;
        this.check = check;
        this.over = over;
        this.segment = new StormSegment(check.name(), 0);
    }

    @Override
    public List<StormSegment> call() throws SQLException {
        segments.add(segment);
        try (Connection connection = database.connect();
                PreparedStatement writers = connection.prepareStatement(WRITERS);
                PreparedStatement page = connection.prepareStatement(PAGE)) {
            while (quiet < 5) {
                boolean last = over.getAsBoolean();
                quiet = step(page, writers) || !last ? 0 : quiet + 1;
                StormWriters.rest(1);
            }
        }
        return segments;
    }

    private boolean step(PreparedStatement page, PreparedStatement writers) throws SQLException {
        try {
            boolean proven = number(writers) == 0;
            return read(page, proven);
        } catch (SQLException e) {
            if (!e.getSQLState().equals("40P01")) {
                throw e;
            }
            // Chosen as the victim of a deadlock with a restore. What was seen before proves nothing any more.
            seen = 0;
            return true;
        }
    }

    private static long number(PreparedStatement query) throws SQLException {
        try (ResultSet rows = query.executeQuery()) {
            rows.next();
            return rows.getLong(1);
        }
    }

    /** Whether there was anything new. */
    private boolean read(PreparedStatement page, boolean proven) throws SQLException {
        long settled = proven ? seen : 0;
        seen = 0;
        page.setLong(1, position);
        page.setLong(2, position);
        boolean first = true;
        try (ResultSet rows = page.executeQuery()) {
            while (rows.next()) {
                if (first && isGone(rows)) {
                    startAt(rows.getLong(1) - 1);
                    return true;
                }
                first = false;
                long id = rows.getLong(5);
                seen = id;
                if (id == 0 || (id != position + 1 && id > settled)) {
                    continue;
                }
                segment.add(new Change(id, "health_events", null, "INSERT", rows.getString(6)));
                position = id;
                row = rows.getString(7) + " " + rows.getString(8);
            }
        }
        return seen > 0;
    }

    private boolean isGone(ResultSet rows) throws SQLException {
        if (position < rows.getLong(1) - 1) {
            return true;
        }
        return switch (check) {
            case NONE -> false;
            case END_OF_SEQUENCE -> position > rows.getLong(2);
            case LAST_ROW -> {
                String found = rows.getString(3) + " " + rows.getString(4);
                boolean removed = rows.getString(3) == null && position < rows.getLong(1);
                yield position > 0 && !removed && !found.equals(row) && !row.equals("null null");
            }
        };
    }

    private void startAt(long before) {
        position = before;
        row = "null null";
        segment = new StormSegment(check.name(), before);
        segments.add(segment);
    }
}

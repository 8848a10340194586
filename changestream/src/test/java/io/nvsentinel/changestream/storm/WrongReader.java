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

/** A reader with one of the cursors that look correct. It reads until it is notified that there are no more changes. */
final class WrongReader implements Callable<List<Change>> {

    private static final String COLUMNS =
            "SELECT id, table_name, record_id, operation, storm_stamp(coalesce(new_values, old_values)),"
                    + " changed_at::text, xid::text FROM datastore_changelog WHERE ";

    /** What is remembered of the last change that was read, and what is asked for next. */
    enum Cursor {
        /** Ids are drawn before their rows become visible. */
        ID("id > ?::bigint ORDER BY id", 1),
        /** Times are taken before that, and are not unique. */
        TIME("(changed_at, id) > (?::timestamptz, ?::bigint) ORDER BY changed_at, id", 6, 1),
        /** A transaction with a high transaction id may have drawn a low id. */
        ID_BELOW_XMIN("id > ?::bigint AND xid < pg_snapshot_xmin(pg_current_snapshot()) ORDER BY id", 1),
        /** Loses nothing, but transactions did not change a record in the order of their ids. */
        TRANSACTION_BELOW_XMIN(
                "(xid, id) > (?::xid8, ?::bigint) AND xid < pg_snapshot_xmin(pg_current_snapshot()) ORDER BY xid, id",
                7,
                1);

        private final String condition;
        private final List<Integer> columns;

        Cursor(String condition, Integer... columns) {
            this.condition = condition;
            this.columns = List.of(columns);
        }

        private String start(int column) {
            return column == 6 ? "-infinity" : "0";
        }
    }

    private final TestDatabase database;
    private final Cursor cursor;
    private final BooleanSupplier over;
    private final List<Change> received = new ArrayList<>();

    WrongReader(TestDatabase database, Cursor cursor, BooleanSupplier over) {
        this.database = database;
        this.cursor = cursor;
        this.over = over;
    }

    @Override
    public List<Change> call() throws SQLException {
        List<String> position =
                new ArrayList<>(cursor.columns.stream().map(cursor::start).toList());
        try (Connection connection = database.connect();
                PreparedStatement query = connection.prepareStatement(COLUMNS + cursor.condition)) {
            boolean last = false;
            while (!last) {
                last = over.getAsBoolean();
                for (int i = 0; i < position.size(); i++) {
                    query.setString(i + 1, position.get(i));
                }
                try (ResultSet rows = query.executeQuery()) {
                    while (rows.next()) {
                        received.add(StormOracle.change(rows));
                        for (int i = 0; i < position.size(); i++) {
                            position.set(i, rows.getString(cursor.columns.get(i)));
                        }
                    }
                }
            }
        }
        return received;
    }
}

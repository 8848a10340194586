// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore;

import io.nvsentinel.testserver.Await;
import io.nvsentinel.testserver.PostgresDatabase;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;

/** A table with an exclusive lock until this is closed. */
public final class LockedTable implements AutoCloseable {

    private final PostgresDatabase database;
    private final Connection connection;

    private LockedTable(PostgresDatabase database, Connection connection) {
        this.database = database;
        this.connection = connection;
    }

    public static LockedTable of(PostgresDatabase database, String table) {
        try {
            Connection connection = database.connect();
            connection.setAutoCommit(false);
            try (Statement statement = connection.createStatement()) {
                statement.execute("LOCK TABLE " + table);
            }
            return new LockedTable(database, connection);
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Returns when a session waits for the table. */
    public void awaitWaiter() {
        Await.until(
                "a waiter",
                Databases.SOON,
                () -> "1"
                        .equals(database.queryForString("SELECT count(*) FROM pg_stat_activity"
                                + " WHERE datname = current_database() AND wait_event_type = 'Lock'")));
    }

    public boolean isHeld() {
        return !"0"
                .equals(database.queryForString("SELECT count(*) FROM pg_locks WHERE mode = 'AccessExclusiveLock'"
                        + " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"));
    }

    @Override
    public void close() {
        try {
            connection.rollback();
            connection.close();
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.benchmarks.peer;

import io.nvsentinel.examples.benchmarks.server.Database;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Properties;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.postgresql.PGConnection;

/**
 * What people write by hand over JDBC: wait, then select what is behind the last id. It loses changes when ids commit out of
 * order, which the benchmark's single writer does not make happen.
 */
public final class PolledChangelog implements ChangePeer {

    /** Its name in the report if it waits for a NOTIFY. */
    public static final String LISTEN = "JDBC LISTEN + select";

    private static final String SELECT =
            "SELECT id, xid::text, table_name, record_id, operation, changed_at, old_values,"
                    + " new_values FROM datastore_changelog WHERE id > ? ORDER BY id LIMIT 1000";

    private final Connection connection;
    private final Waiting waiting;
    private final Arrivals arrivals;
    private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
    private final Thread thread;
    private volatile boolean closed;
    private long last;

    private PolledChangelog(Connection connection, Waiting waiting, Arrivals arrivals) {
        this.connection = connection;
        this.waiting = waiting;
        this.arrivals = arrivals;
        this.thread = new Thread(this::run, "polled-changelog");
    }

    /** Waits until it is worth looking. */
    private interface Waiting {
        void await(Connection connection) throws SQLException, InterruptedException;
    }

    /**
     * Starts a peer that waits for a NOTIFY.
     *
     * @param database the database
     * @param arrivals notified of each change
     * @return the running peer
     * @throws SQLException if it cannot start
     */
    public static PolledChangelog listening(Database database, Arrivals arrivals) throws SQLException {
        // Bounded, so that closing is noticed.
        return start(
                database,
                connection -> connection.unwrap(PGConnection.class).getNotifications(500),
                arrivals,
                "LISTEN benchmark_changes");
    }

    /**
     * Starts a peer that polls.
     *
     * @param database the database
     * @param millis the pause
     * @param arrivals notified of each change
     * @return the running peer
     * @throws SQLException if it cannot start
     */
    public static PolledChangelog polling(Database database, long millis, Arrivals arrivals) throws SQLException {
        return start(database, connection -> Thread.sleep(millis), arrivals, "SELECT 1");
    }

    private static PolledChangelog start(Database database, Waiting waiting, Arrivals arrivals, String first)
            throws SQLException {
        Properties properties = new Properties();
        properties.setProperty("prepareThreshold", "1");
        Connection connection = database.connect(properties);
        PolledChangelog peer = new PolledChangelog(connection, waiting, arrivals);
        try (Statement statement = connection.createStatement()) {
            statement.execute(first);
        }
        peer.last = database.number("SELECT coalesce(max(id), 0) FROM datastore_changelog");
        peer.thread.start();
        return peer;
    }

    private void run() {
        try (PreparedStatement select = connection.prepareStatement(SELECT)) {
            while (!closed) {
                waiting.await(connection);
                read(select);
            }
        } catch (SQLException | InterruptedException e) {
            if (!closed) {
                failure.set(e);
            }
        }
    }

    private void read(PreparedStatement select) throws SQLException {
        select.setLong(1, last);
        try (ResultSet rows = select.executeQuery()) {
            while (rows.next()) {
                last = rows.getLong(1);
                rows.getString(8);
                arrivals.arrived();
            }
        }
    }

    @Override
    public void close() {
        closed = true;
        thread.interrupt();
        try {
            thread.join();
            connection.close();
        } catch (SQLException | InterruptedException e) {
            throw new IllegalStateException(e);
        }
        Throwable failed = failure.get();
        if (failed != null) {
            throw new IllegalStateException("The poller failed", failed);
        }
    }
}

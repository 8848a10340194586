// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream.storm;

import io.nvsentinel.testserver.Await;
import io.nvsentinel.testserver.TestDatabase;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Semaphore;
import org.postgresql.PGConnection;

/** A reader that reads when it is notified, and, if it is the right one, once after each LISTEN as well. */
final class ReconnectingListener implements AutoCloseable {

    private final TestDatabase database;
    private final boolean pollsAfterReconnect;
    private final List<Long> received = new CopyOnWriteArrayList<>();
    private final Semaphore mayConnect = new Semaphore(1);
    private final Thread thread = new Thread(this::live, "reconnecting-listener");
    private volatile int session;
    private volatile boolean over;

    ReconnectingListener(TestDatabase database, boolean pollsAfterReconnect) {
        this.database = database;
        this.pollsAfterReconnect = pollsAfterReconnect;
    }

    void start() {
        thread.start();
    }

    /** Allows it to connect again after it has lost its connection. */
    void allowReconnect() {
        mayConnect.release();
    }

    /** The process of its session; 0 while it has none. */
    int session() {
        return session;
    }

    List<Long> received() {
        return received;
    }

    private void live() {
        while (!over) {
            mayConnect.acquireUninterruptibly();
            try (Connection connection = database.connect();
                    Statement statement = connection.createStatement()) {
                // A subscriber is idle, so writers notify.
                statement.execute("LISTEN nvsentinel_changes; SELECT pg_advisory_lock(7813858212840129890)");
                PGConnection notified = connection.unwrap(PGConnection.class);
                if (pollsAfterReconnect) {
                    poll(connection);
                }
                session = notified.getBackendPID();
                while (!over) {
                    if (notified.getNotifications(50) != null) {
                        poll(connection);
                    }
                }
            } catch (SQLException e) {
                session = 0;
            }
        }
    }

    private void poll(Connection connection) throws SQLException {
        long last = received.isEmpty() ? 0 : received.get(received.size() - 1);
        try (PreparedStatement query =
                connection.prepareStatement("SELECT id FROM datastore_changelog WHERE id > ? ORDER BY id")) {
            query.setLong(1, last);
            try (ResultSet rows = query.executeQuery()) {
                while (rows.next()) {
                    received.add(rows.getLong(1));
                }
            }
        }
    }

    @Override
    public void close() {
        over = true;
        mayConnect.release();
        Await.until("the listener's end", Duration.ofSeconds(30), () -> !thread.isAlive());
    }
}

// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.internal.schema;

import io.nvsentinel.datastore.error.UnavailableException;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import javax.sql.DataSource;

/**
 * Lets one instance at a time change the schema of a database. The lock belongs to a session, so it ends when its
 * instance is killed; no instance waits inside a statement, which would block a concurrent index build.
 */
final class MigrationLock {

    private static final long KEY = 7813858212840129891L;
    private static final long PAUSE_MILLIS = 100;

    /** For questions that need no time; migrations themselves have no bound. A silent server would be waited for without one. */
    private static final int ANSWER_MILLIS = 10_000;

    private static final String TRY = "SELECT pg_try_advisory_lock(" + KEY + ")";
    private static final String HOLDER =
            "SELECT format('process %s of user \"%s\", application \"%s\"', a.pid, a.usename, a.application_name)"
                    + " FROM pg_locks l JOIN pg_stat_activity a USING (pid) WHERE l.locktype = 'advisory' AND l.granted"
                    + " AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())"
                    + " AND l.classid = " + (KEY >>> 32) + " AND l.objid = " + (KEY & 0xffffffffL);

    private final DataSource source;
    private final Duration longest;

    MigrationLock(DataSource source, Duration longest) {
        this.source = source;
        this.longest = longest;
    }

    /**
     * Runs a step when no other instance does. Blocks.
     *
     * @param step the step
     * @param unneeded whether there is nothing to do; checked while another session holds the lock, because any user of
     *     the database can hold it
     * @throws SQLException if the lock cannot be requested, or if the step throws it
     * @throws UnavailableException if another instance does not finish in time
     */
    void holding(SchemaMigrations.Step step, Question unneeded) throws SQLException {
        try (Connection connection = source.getConnection();
                Statement statement = connection.createStatement()) {
            connection.setNetworkTimeout(Runnable::run, ANSWER_MILLIS);
            long deadline = System.nanoTime() + longest.toNanos();
            boolean asked = false;
            while (!text(statement, TRY).equals("t")) {
                if (!asked && unneeded.holds()) {
                    return;
                }
                asked = true;
                if (System.nanoTime() >= deadline) {
                    throw new UnavailableException(
                            "Another instance is migrating the schema and did not finish within " + longest + ": "
                                    + text(statement, HOLDER),
                            null,
                            null);
                }
                pause();
            }
            step.run();
        }
    }

    interface Question {
        boolean holds() throws SQLException;
    }

    private static String text(Statement statement, String sql) throws SQLException {
        try (ResultSet rows = statement.executeQuery(sql)) {
            return rows.next() ? rows.getString(1) : "it has just ended";
        }
    }

    private static void pause() {
        try {
            Thread.sleep(PAUSE_MILLIS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new UnavailableException("Interrupted while another instance migrates the schema", null, e);
        }
    }
}

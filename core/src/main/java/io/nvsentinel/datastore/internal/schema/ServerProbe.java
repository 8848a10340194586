// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.internal.schema;

import io.nvsentinel.datastore.error.ConfigurationException;
import io.nvsentinel.datastore.internal.Printable;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import javax.sql.DataSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.scheduler.Schedulers;

/**
 * Shows with two sessions that the server keeps what the order of changes rests on: the lock of a transaction that inserts is
 * visible to others before it draws an id and until its row is visible, ids rise in the order in which they are drawn, and an
 * exclusive advisory lock makes a shared one fail. The sessions use a table and a sequence made for it, so that no writer
 * waits, and roll back. Blocks.
 */
final class ServerProbe {

    private static final Logger LOG = LoggerFactory.getLogger("io.nvsentinel.datastore.schema");

    /** Nothing is known about the server if this user may not probe it, or another session keeps the barrier locked. */
    private static final Set<String> NOT_PROBED = Set.of("42501", "55P03");

    private static final String QUERY_CANCELED = "57014";
    private static final long ANSWER_SECONDS = 10;
    private static final long BARRIER_SECONDS = 2;
    private static final long PAUSE_MILLIS = 1;

    private static final String SETTINGS = "SET LOCAL search_path = pg_catalog, pg_temp; SET LOCAL lock_timeout = '"
            + BARRIER_SECONDS + "s'; SET LOCAL statement_timeout = '" + ANSWER_SECONDS + "s'";

    /** The lock of the table's barrier. Another instance that is probing has it for milliseconds. */
    private static final String HOLD_BARRIER = "SELECT pg_advisory_xact_lock(7813858212840129892)";

    private static final String TRY_BARRIER = "SELECT pg_try_advisory_xact_lock_shared(7813858212840129892)::int";

    private static final String DRAW = "INSERT INTO {schema}.datastore_probe (server) VALUES (version()) RETURNING id";

    /** Whether a session has the writer's lock, together with a transaction id, and whether it waits at the barrier. */
    private static final String LOCKS = """
            SELECT EXISTS (SELECT FROM pg_locks AS writer
                    JOIN pg_locks AS owner ON owner.virtualtransaction = writer.virtualtransaction
                        AND owner.locktype = 'transactionid' AND owner.mode = 'ExclusiveLock' AND owner.granted
                    WHERE writer.pid = ? AND writer.granted AND writer.mode = 'RowExclusiveLock'
                        AND writer.relation = to_regclass(?)),
                EXISTS (SELECT FROM pg_locks WHERE pid = ? AND locktype = 'advisory' AND NOT granted)""";

    private static final String IS_VISIBLE = "SELECT count(*) FROM {schema}.datastore_probe WHERE id = ";

    private static final String IS_REMEMBERED =
            "SELECT count(*) FROM {schema}.datastore_probe WHERE server = pg_catalog.version()";

    private final DataSource source;
    private final String schema;

    ServerProbe(DataSource source, String schema) {
        this.source = source;
        this.schema = '"' + schema.replace("\"", "\"\"") + '"';
    }

    /**
     * Runs the probe unless the same server, in its version, has passed it.
     *
     * @param skip whether to omit the probe, with a warning
     * @throws ConfigurationException if the server does not keep an assumption, which the message names
     * @throws SQLException if the server cannot be asked; a missing privilege, and a barrier that another session keeps locked, are
     *     logged instead
     */
    void ensure(boolean skip) throws SQLException {
        try {
            if (alone(in(IS_REMEMBERED)) > 0) {
                return;
            }
            if (skip) {
                LOG.warn(
                        "The probe of the server was skipped because skipServerProbe is true: what change streams assume"
                                + " of its locks and sequences is not verified");
                return;
            }
            run();
            alone(in(DRAW));
        } catch (SQLException e) {
            if (!NOT_PROBED.contains(String.valueOf(e.getSQLState()))) {
                throw e;
            }
            LOG.warn(
                    "The server was not probed: reason={}. What change streams assume of its locks and sequences is not"
                            + " verified; connect once with the privileges of docs/postgresql-grants.sql, while no session holds the lock",
                    Printable.line(JdbcErrors.firstLine(e)));
        }
    }

    /**
     * Runs the probe.
     *
     * @throws ConfigurationException if the server does not keep an assumption, which the message names
     * @throws SQLException if the server cannot be asked
     */
    void run() throws SQLException {
        // Closed in the other order: the observer's end releases a writer that waits in it.
        try (Connection writer = source.getConnection();
                Connection observer = source.getConnection()) {
            writer.setAutoCommit(false);
            observer.setAutoCommit(false);
            begin(writer);
            begin(observer);
            execute(observer, HOLD_BARRIER);
            require(number(writer, TRY_BARRIER) == 0, "an exclusive advisory lock makes a shared one fail");
            drawIsVisible(writer, observer);
        }
    }

    private void drawIsVisible(Connection writer, Connection observer) throws SQLException {
        long process = number(writer, "SELECT pg_backend_pid()");
        FutureTask<Long> draw = new FutureTask<>(() -> number(writer, in(DRAW)));
        Schedulers.boundedElastic().schedule(draw);
        awaitThatItWaits(observer, process, draw);
        observer.rollback();
        long first = result(draw);

        begin(observer);
        require(
                isWriter(observer, process) && number(observer, in(IS_VISIBLE) + first) == 0,
                "the lock of a transaction that inserts is visible until its row is");
        require(
                number(observer, in(DRAW)) > first,
                "the ids of a sequence rise in the order in which sessions draw them");
        writer.rollback();
        require(!isWriter(observer, process), "the lock of a transaction that inserts ends with it");
        observer.rollback();
    }

    private void awaitThatItWaits(Connection observer, long process, FutureTask<Long> draw) throws SQLException {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(ANSWER_SECONDS);
        while (!locks(observer, process, 2)) {
            require(!draw.isDone() || failed(draw), "a shared advisory lock waits for an exclusive one");
            if (System.nanoTime() >= deadline) {
                throw new SQLException("The probe's writer did not reach its barrier in time", QUERY_CANCELED);
            }
            pause();
        }
        require(
                isWriter(observer, process),
                "the lock of a transaction that inserts, and its transaction id, are visible before it draws an id");
    }

    private static void require(boolean holds, String assumption) {
        if (!holds) {
            throw new ConfigurationException("The server does not keep what change streams assume: " + assumption
                    + ". Changes would be lost without an error; use PostgreSQL itself, without extensions that"
                    + " replace its locks or sequences");
        }
    }

    private boolean isWriter(Connection observer, long process) throws SQLException {
        return locks(observer, process, 1);
    }

    private boolean locks(Connection observer, long process, int column) throws SQLException {
        try (PreparedStatement statement = observer.prepareStatement(LOCKS)) {
            statement.setLong(1, process);
            statement.setString(2, in("{schema}.datastore_probe"));
            statement.setLong(3, process);
            try (ResultSet row = statement.executeQuery()) {
                row.next();
                return row.getBoolean(column);
            }
        }
    }

    private static boolean failed(FutureTask<Long> draw) throws SQLException {
        result(draw);
        return false;
    }

    private static long result(FutureTask<Long> draw) throws SQLException {
        try {
            return draw.get(ANSWER_SECONDS, TimeUnit.SECONDS);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof SQLException error) {
                throw error;
            }
            throw new SQLException("The probe's writer failed", e);
        } catch (TimeoutException e) {
            throw new SQLException("The probe's writer did not end in time", QUERY_CANCELED, e);
        } catch (InterruptedException e) {
            throw interrupted(e);
        }
    }

    private static void pause() throws SQLException {
        try {
            Thread.sleep(PAUSE_MILLIS);
        } catch (InterruptedException e) {
            throw interrupted(e);
        }
    }

    private static SQLException interrupted(InterruptedException e) {
        Thread.currentThread().interrupt();
        return new SQLException("Interrupted while probing the server", QUERY_CANCELED, e);
    }

    /** In a session of its own, so that never more than two are open. */
    private long alone(String sql) throws SQLException {
        try (Connection connection = source.getConnection()) {
            return number(connection, sql);
        }
    }

    private static void begin(Connection connection) throws SQLException {
        execute(connection, SETTINGS);
    }

    private static void execute(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    private static long number(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(sql)) {
            row.next();
            return row.getLong(1);
        }
    }

    private String in(String sql) {
        return sql.replace("{schema}", schema);
    }
}

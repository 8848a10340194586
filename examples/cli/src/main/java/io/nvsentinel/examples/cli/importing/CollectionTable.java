// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.cli.importing;

import io.nvsentinel.examples.cli.ExitCode;
import io.nvsentinel.examples.cli.ToolException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;

/**
 * The collection's table, and whether its changes are captured while we write.
 *
 * <p>Capture is put off by disabling the table's own trigger in the transaction that writes, and putting it back before
 * the commit. That acquires a lock which allows readers and blocks writers, so no change of another writer can occur
 * while capture is disabled; it takes the owner's right, so no application can hide a change; and if the transaction
 * ends early, the trigger is restored with everything else. A setting that the trigger obeys would have none of the
 * three.
 */
final class CollectionTable {

    private static final String STATE =
            "SELECT t.tgenabled = 'A', pg_has_role(current_user, c.relowner, 'USAGE') FROM pg_class c"
                    + " LEFT JOIN pg_trigger t ON t.tgrelid = c.oid AND t.tgname = 'nvsentinel_capture'"
                    + " WHERE c.oid = to_regclass(?)";

    /** A session that waits for a lock blocks later sessions, so each wait is short. */
    static final Duration LOCK_WAIT = Duration.ofSeconds(2);

    private final Connection connection;
    private final String table;
    private final boolean captured;

    private CollectionTable(Connection connection, String table, boolean captured) {
        this.connection = connection;
        this.table = table;
        this.captured = captured;
    }

    /** The table's name in SQL. */
    static String quoted(String schema, Target target) {
        return identifier(schema) + "." + identifier(target.table());
    }

    /** The shortest name that psql understands. */
    static String shortest(String schema, Target target) {
        boolean plain = schema.equals("public") && target.table().matches("[a-z_][a-z0-9_]*");
        return plain ? target.table() : quoted(schema, target);
    }

    private static String identifier(String name) {
        return '"' + name.replace("\"", "\"\"") + '"';
    }

    /**
     * Whether there is such a table.
     *
     * @param connection where
     * @param table the name in SQL
     */
    static boolean exists(Connection connection, String table) throws SQLException {
        try (PreparedStatement select = connection.prepareStatement("SELECT to_regclass(?) IS NOT NULL")) {
            select.setString(1, table);
            try (ResultSet row = select.executeQuery()) {
                return row.next() && row.getBoolean(1);
            }
        } finally {
            connection.rollback();
        }
    }

    /**
     * Looks at it.
     *
     * @param connection where
     * @param table the name in SQL
     * @param captured whether what is written appears in change streams
     * @return the collection
     * @throws ToolException if it is none, or if what is asked for needs its owner
     */
    static CollectionTable of(Connection connection, String table, boolean captured) throws SQLException {
        try (PreparedStatement select = connection.prepareStatement(STATE)) {
            select.setString(1, table);
            try (ResultSet row = select.executeQuery()) {
                row.next();
                boolean asMade = row.getBoolean(1);
                if (row.wasNull()) {
                    throw new ToolException(
                            ExitCode.REFUSED,
                            table + " is a table, but not a collection",
                            "name another collection with --into");
                }
                if (!captured) {
                    requirePowers(table, asMade, row.getBoolean(2));
                }
            }
        } finally {
            connection.rollback();
        }
        return new CollectionTable(connection, table, captured);
    }

    private static void requirePowers(String table, boolean asMade, boolean owner) {
        if (!owner) {
            throw new ToolException(
                    ExitCode.REFUSED,
                    "only the owner of " + table + " can import without notifying change streams",
                    "connect as the owner (nvsentinel_migrator), or import with --capture");
        }
        if (!asMade) {
            throw new ToolException(
                    ExitCode.REFUSED,
                    "the trigger nvsentinel_capture of " + table + " is not enabled as the migrations enable it",
                    "ALTER TABLE " + table + " ENABLE ALWAYS TRIGGER nvsentinel_capture");
        }
    }

    String table() {
        return table;
    }

    /** Bounds what the statements of this transaction wait for others, by {@link #LOCK_WAIT} each. */
    void waitBriefly() throws SQLException {
        execute("SET LOCAL lock_timeout = " + LOCK_WAIT.toMillis());
    }

    /** To be followed by {@link #endWriting()} in the same transaction. */
    void beginWriting() throws SQLException {
        waitBriefly();
        if (!captured) {
            execute("ALTER TABLE " + table + " DISABLE TRIGGER nvsentinel_capture");
        }
    }

    void endWriting() throws SQLException {
        if (!captured) {
            execute("ALTER TABLE " + table + " ENABLE ALWAYS TRIGGER nvsentinel_capture");
        }
    }

    private void execute(String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.internal.schema;

import io.nvsentinel.datastore.error.ConfigurationException;
import io.nvsentinel.datastore.error.UnavailableException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Locale;
import javax.sql.DataSource;

/**
 * The unique index of the events' idempotency keys. Without it, or with another one under its name, repeated inserts
 * would store events twice or fail, so it is looked at before the datastore is used. Blocks.
 */
final class IdempotencyIndex {

    private static final String NAME = "healthevent_idempotency_key_unique";
    private static final String KEY = "(data #>> '{healthevent,metadata,idempotencyKey}')";

    private static final String LOOK = """
            SELECT i.indisvalid AND i.indisready,
                   i.indisunique AND i.indnatts = 1,
                   pg_get_indexdef(i.indexrelid, 1, false),
                   pg_get_expr(i.indpred, i.indrelid),
                   EXISTS (SELECT FROM pg_stat_progress_create_index p WHERE p.index_relid = i.indexrelid)
            FROM pg_index i
            JOIN pg_class c ON c.oid = i.indexrelid
            JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE n.nspname = ? AND c.relname = ? AND i.indrelid = (
                SELECT oid FROM pg_class WHERE relname = 'health_events' AND relnamespace = n.oid)""";

    private enum State {
        MISSING,
        BUILDING,
        INVALID,
        DIFFERENT,
        USABLE
    }

    private final DataSource questions;
    private final DataSource changes;
    private final String schema;

    IdempotencyIndex(DataSource questions, DataSource changes, String schema) {
        this.questions = questions;
        this.changes = changes;
        this.schema = schema;
    }

    /** Changes nothing; fails unless the index is usable. */
    void require() throws SQLException {
        try (Connection connection = questions.getConnection()) {
            State state = look(connection);
            if (state == State.BUILDING) {
                throw stillBuilding();
            }
            if (state != State.USABLE) {
                throw new SchemaNotReadyException("The index " + NAME + " of health_events is "
                        + state.name().toLowerCase(Locale.ROOT)
                        + (state == State.DIFFERENT ? " from the required definition" : "")
                        + ": idempotent inserts require it; start one instance with schemaMode "
                        + "migrate as the owner of the table");
            }
        }
    }

    /** Changes nothing. */
    boolean isUsable() throws SQLException {
        try (Connection connection = questions.getConnection()) {
            return look(connection) == State.USABLE;
        }
    }

    /** Creates the index, or recreates it, concurrently with running writes. */
    void ensure() throws SQLException {
        try (Connection connection = changes.getConnection()) {
            State state = look(connection);
            if (state == State.USABLE) {
                return;
            }
            if (state == State.BUILDING) {
                throw stillBuilding();
            }
            build(connection, state);
            if (look(connection) != State.USABLE) {
                throw new ConfigurationException(
                        "The index " + NAME + " of health_events is not usable after the build");
            }
        }
    }

    private void build(Connection connection, State before) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            if (before != State.MISSING) {
                statement.execute("DROP INDEX CONCURRENTLY " + quoted() + "." + NAME);
            }
            statement.execute("CREATE UNIQUE INDEX CONCURRENTLY " + NAME + " ON " + quoted() + ".health_events (" + KEY
                    + ") WHERE " + KEY + " IS NOT NULL");
        }
    }

    private State look(Connection connection) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(LOOK)) {
            statement.setString(1, schema);
            statement.setString(2, NAME);
            try (ResultSet index = statement.executeQuery()) {
                return index.next() ? state(index) : State.MISSING;
            }
        } catch (SQLException e) {
            throw new SQLException("The index " + NAME + " cannot be checked: " + e.getMessage(), e.getSQLState(), e);
        }
    }

    private static State state(ResultSet index) throws SQLException {
        if (!index.getBoolean(1)) {
            return index.getBoolean(5) ? State.BUILDING : State.INVALID;
        }
        boolean same = index.getBoolean(2)
                && normal(KEY).equals(normal(index.getString(3)))
                && normal(KEY + " IS NOT NULL").equals(normal(index.getString(4)));
        return same ? State.USABLE : State.DIFFERENT;
    }

    /** Without what the server adds or may write differently; literals stay as they are. */
    static String normal(String definition) {
        StringBuilder normal = new StringBuilder();
        String[] parts = String.valueOf(definition).split("'", -1);
        for (int i = 0; i < parts.length; i++) {
            boolean literal = i % 2 == 1;
            normal.append(
                    literal
                            ? '\'' + parts[i] + '\''
                            : parts[i].replaceAll("::text\\[\\]|[\\s()]", "").toLowerCase(Locale.ROOT));
        }
        return normal.toString();
    }

    private static UnavailableException stillBuilding() {
        return new UnavailableException(
                "The index " + NAME + " of health_events is still being built by another session", null, null);
    }

    private String quoted() {
        return '"' + schema.replace("\"", "\"\"") + '"';
    }
}

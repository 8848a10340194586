// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.testserver;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A database of a {@link PostgresServer}, and a user that can log in. Immutable and thread-safe.
 *
 * <p>{@link #execute} and the query methods are for preparing and checking: each call opens a JDBC connection, commits
 * and closes it.
 */
public final class TestDatabase {

    private final PostgresServer server;
    private final Access access;

    TestDatabase(PostgresServer server, Access access) {
        this.server = server;
        this.access = access;
    }

    /**
     * The server's host.
     *
     * @return a host name or address
     */
    public String host() {
        return access.host();
    }

    /**
     * The server's port.
     *
     * @return a TCP port
     */
    public int port() {
        return access.port();
    }

    /**
     * The database's name, which is unique on its server.
     *
     * @return a name that needs no quoting in SQL
     */
    public String name() {
        return access.database();
    }

    /**
     * The user that the methods of this class log in as: the administrator, unless {@link #as} chose another.
     *
     * @return a role name
     */
    public String user() {
        return access.user();
    }

    /**
     * The user's password.
     *
     * @return the password, or null if the user needs none
     */
    public @Nullable String password() {
        return access.password();
    }

    /**
     * The address for JDBC, without user and password.
     *
     * @return {@code jdbc:postgresql://host:port/name}
     */
    public String jdbcUrl() {
        return access.jdbcUrl();
    }

    /**
     * The server that this database belongs to.
     *
     * @return the server
     */
    public PostgresServer server() {
        return server;
    }

    /**
     * The same database for another user. This method neither creates the role nor grants privileges.
     *
     * @param user a role that can log in
     * @param password its password, or null if it needs none
     * @return a view whose methods log in as that user; {@link #drop} still uses the administrator
     */
    public TestDatabase as(String user, @Nullable String password) {
        return new TestDatabase(server, access.withUser(user, password));
    }

    /**
     * Opens a JDBC connection, in auto-commit mode.
     *
     * @return the connection, which the caller closes
     * @throws SQLException if the server refuses it
     */
    public Connection connect() throws SQLException {
        return access.connect();
    }

    /**
     * Executes statements that are separated by semicolons, in one transaction unless they say otherwise.
     *
     * @param sql the statements
     * @throws IllegalStateException if the server refuses them; the cause is the {@link SQLException}
     */
    public void execute(String sql) {
        try (Connection connection = connect();
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        } catch (SQLException e) {
            throw failed(sql, e);
        }
    }

    /**
     * Reads the single value of a query that returns exactly one row.
     *
     * @param sql a query, with {@code ?} for parameters
     * @param parameters values for the question marks, in order
     * @return the first column as text, or null if the value is null
     * @throws IllegalStateException if the query fails, or returns no row or several
     */
    public @Nullable String queryForString(String sql, Object... parameters) {
        List<@Nullable String> values = queryForStrings(sql, parameters);
        if (values.size() != 1) {
            throw new IllegalStateException("Expected one row, got " + values.size() + " from: " + sql);
        }
        return values.get(0);
    }

    /**
     * Reads the first column of a query's rows.
     *
     * @param sql a query, with {@code ?} for parameters
     * @param parameters values for the question marks, in order
     * @return the first column of each row as a string, null if the value is null
     * @throws IllegalStateException if the query fails; the cause is the {@link SQLException}
     */
    public List<@Nullable String> queryForStrings(String sql, Object... parameters) {
        try (Connection connection = connect();
                PreparedStatement statement = connection.prepareStatement(sql)) {
            for (int i = 0; i < parameters.length; i++) {
                statement.setObject(i + 1, parameters[i]);
            }
            List<@Nullable String> values = new ArrayList<>();
            try (ResultSet rows = statement.executeQuery()) {
                while (rows.next()) {
                    values.add(rows.getString(1));
                }
            }
            return values;
        } catch (SQLException e) {
            throw failed(sql, e);
        }
    }

    /**
     * Drops the database, ending its sessions and rolling back its prepared transactions. Dropping it again does
     * nothing.
     *
     * @throws IllegalStateException if the server refuses; the cause is the {@link SQLException}
     */
    public void drop() {
        server.databases().drop(server, name());
    }

    private IllegalStateException failed(String sql, SQLException cause) {
        return new IllegalStateException(
                "Failed in " + access + " with SQLSTATE " + cause.getSQLState() + ": " + cause.getMessage() + "\nin: "
                        + sql,
                cause);
    }

    @Override
    public String toString() {
        return access.toString();
    }
}

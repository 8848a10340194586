// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.benchmarks.server;

import io.nvsentinel.datastore.DatastoreOptions;
import io.nvsentinel.tls.SslMode;
import io.r2dbc.postgresql.PostgresqlConnectionConfiguration;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Properties;
import org.jspecify.annotations.Nullable;

/**
 * A database of the measured server, with its connection settings for each driver.
 *
 * @param host the server's host
 * @param port its port
 * @param name the database
 * @param user the user
 * @param password the password, or null if none is needed
 */
public record Database(
        String host,
        int port,
        String name,
        String user,
        @Nullable String password) {

    /**
     * Another database of the same server.
     *
     * @param other its name
     * @return how to reach it
     */
    public Database named(String other) {
        return new Database(host, port, other, user, password);
    }

    /**
     * For JDBC.
     *
     * @return an URL without the login
     */
    public String jdbcUrl() {
        return "jdbc:postgresql://" + host + ":" + port + "/" + name;
    }

    /**
     * Connects over JDBC.
     *
     * @return a connection, which the caller closes
     */
    public Connection connect() {
        return connect(new Properties());
    }

    /**
     * Connects over JDBC with properties of the driver.
     *
     * @param properties the properties
     * @return a connection, which the caller closes
     */
    public Connection connect(Properties properties) {
        Properties all = new Properties();
        all.putAll(properties);
        all.setProperty("user", user);
        if (password != null) {
            all.setProperty("password", password);
        }
        try {
            return DriverManager.getConnection(jdbcUrl(), all);
        } catch (SQLException e) {
            throw new IllegalStateException("Cannot connect to " + jdbcUrl() + ": " + e.getMessage(), e);
        }
    }

    /**
     * For the reactive driver.
     *
     * @return a configuration, in plain text
     */
    public PostgresqlConnectionConfiguration.Builder r2dbc() {
        PostgresqlConnectionConfiguration.Builder builder = PostgresqlConnectionConfiguration.builder()
                .host(host)
                .port(port)
                .database(name)
                .username(user)
                .tcpNoDelay(true);
        return password == null ? builder : builder.password(password);
    }

    /**
     * For this library.
     *
     * @return options, in plain text
     */
    public DatastoreOptions.Builder options() {
        return DatastoreOptions.builder()
                .host(host)
                .port(port)
                .database(name)
                .username(user)
                .password(password)
                .sslMode(SslMode.DISABLE);
    }

    /**
     * Runs statements.
     *
     * @param statements SQL without parameters
     */
    public void execute(String... statements) {
        try (Connection connection = connect();
                Statement statement = connection.createStatement()) {
            for (String sql : statements) {
                statement.execute(sql);
            }
        } catch (SQLException e) {
            throw new IllegalStateException("On " + name + ": " + e.getMessage(), e);
        }
    }

    /**
     * Reads one value.
     *
     * @param sql a query of one row and column
     * @return the value as text
     */
    public String text(String sql) {
        try (Connection connection = connect();
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(sql)) {
            row.next();
            return String.valueOf(row.getString(1));
        } catch (SQLException e) {
            throw new IllegalStateException("On " + name + ": " + e.getMessage(), e);
        }
    }

    /**
     * Reads one number.
     *
     * @param sql a query of one row and column
     * @return the number
     */
    public long number(String sql) {
        return Long.parseLong(text(sql));
    }
}

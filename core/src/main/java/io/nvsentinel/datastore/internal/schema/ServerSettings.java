// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.internal.schema;

import io.nvsentinel.datastore.error.ConfigurationException;
import io.nvsentinel.datastore.internal.connection.Session;
import io.nvsentinel.datastore.internal.table.Rows;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Optional;
import javax.sql.DataSource;
import reactor.core.publisher.Mono;

/** The required properties of a server and a database, which a session cannot set itself. */
public final class ServerSettings {

    /**
     * Three columns: the server's product, the database's encoding, and the session replication role, which determines
     * whether triggers fire.
     */
    public static final String QUERY = "SELECT pg_catalog.version(), pg_catalog.current_setting('server_encoding'),"
            + " pg_catalog.current_setting('session_replication_role')";

    private ServerSettings() {}

    /**
     * Checks the settings.
     *
     * @param version the first column of {@link #QUERY}
     * @param encoding the second
     * @param replicationRole the third
     * @return the problem and what to do about it; empty if there is none
     */
    public static Optional<String> problem(String version, String encoding, String replicationRole) {
        Optional<String> product = ServerProduct.problem(version);
        if (product.isPresent()) {
            return product;
        }
        if (!encoding.equals("UTF8")) {
            return Optional.of("The database has the encoding " + encoding
                    + " but must have UTF8: with other encodings, strings are lost or compared "
                    + "incorrectly; create the database with ENCODING 'UTF8' TEMPLATE "
                    + "template0");
        }
        if (!replicationRole.equals("origin")) {
            return Optional.of("session_replication_role is " + replicationRole
                    + " but must be origin: otherwise triggers do not fire, versions are not "
                    + "incremented and changes are lost; RESET it for the role and the "
                    + "database");
        }
        return Optional.empty();
    }

    /** Asks over JDBC; blocks. */
    static void require(DataSource source) throws SQLException {
        try (Connection connection = source.getConnection();
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(QUERY)) {
            row.next();
            Optional<String> problem = problem(row.getString(1), row.getString(2), row.getString(3));
            if (problem.isPresent()) {
                throw new ConfigurationException(problem.get());
            }
        }
    }

    private record Found(String version, String encoding, String replicationRole) {}

    /**
     * Asks on a session.
     *
     * @param session runs the query
     * @return cold; completes if all is well; fails with {@link ConfigurationException}
     */
    public static Mono<Void> require(Session session) {
        return session.read(
                        "Check the server",
                        connection -> Rows.one(
                                connection.createStatement(QUERY),
                                row -> new Found(
                                        String.valueOf(row.get(0)),
                                        String.valueOf(row.get(1)),
                                        String.valueOf(row.get(2)))))
                .flatMap(found -> problem(found.version(), found.encoding(), found.replicationRole())
                        .map(problem -> Mono.<Void>error(new ConfigurationException(problem)))
                        .orElseGet(Mono::empty));
    }
}

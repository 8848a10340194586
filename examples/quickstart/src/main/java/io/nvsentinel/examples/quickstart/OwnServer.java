// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.quickstart;

import io.nvsentinel.datastore.DatastoreOptions;
import io.nvsentinel.tls.SslMode;
import io.nvsentinel.tls.TlsContext;
import io.nvsentinel.tls.TlsOptions;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.Collection;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.postgresql.ds.PGSimpleDataSource;

/**
 * Removes what a run stored on a server that is not its own. The datastore deletes no events, so this uses JDBC, over the
 * same TLS.
 */
final class OwnServer {

    private static final int SECONDS = 30;
    private static final String DELETE_EVENTS = "DELETE FROM health_events WHERE id = ANY (?)";
    private static final String DELETE_CLIENT = "DELETE FROM resume_tokens WHERE client_name = ?";

    private OwnServer() {}

    /**
     * Deletes records and the client's position.
     *
     * @param target where
     * @param records the records' ids
     * @return how many records were deleted
     */
    static int tidy(Target target, Collection<UUID> records) {
        DatastoreOptions options = target.options();
        try {
            if (options.sslMode() == SslMode.DISABLE) {
                return tidy(source(options, Map.of("sslmode", "disable")), target.clientName(), records);
            }
            try (TlsContext tls = TlsContext.open(tls(options))) {
                return tidy(source(options, tls.jdbcProperties()), target.clientName(), records);
            }
        } catch (SQLException e) {
            throw new QuickstartException("the data of this run could not be deleted: " + e.getMessage(), e);
        }
    }

    private static int tidy(PGSimpleDataSource source, String clientName, Collection<UUID> records)
            throws SQLException {
        try (Connection connection = source.getConnection();
                PreparedStatement events = connection.prepareStatement(DELETE_EVENTS);
                PreparedStatement client = connection.prepareStatement(DELETE_CLIENT)) {
            events.setArray(1, connection.createArrayOf("uuid", records.toArray()));
            client.setString(1, clientName);
            client.executeUpdate();
            return events.executeUpdate();
        }
    }

    private static PGSimpleDataSource source(DatastoreOptions options, Map<String, String> tls) throws SQLException {
        PGSimpleDataSource source = new PGSimpleDataSource();
        source.setServerNames(new String[] {options.host()});
        source.setPortNumbers(new int[] {options.port()});
        source.setDatabaseName(options.database());
        source.setUser(options.username());
        source.setPassword(options.password());
        source.setCurrentSchema(options.schema());
        source.setConnectTimeout(SECONDS);
        source.setSocketTimeout(SECONDS);
        for (Map.Entry<String, String> property : options.jdbcLogin().entrySet()) {
            source.setProperty(property.getKey(), property.getValue());
        }
        for (Map.Entry<String, String> property : tls.entrySet()) {
            source.setProperty(property.getKey(), property.getValue());
        }
        return source;
    }

    private static TlsOptions tls(DatastoreOptions options) {
        TlsOptions.Builder tls = TlsOptions.builder().user(options.username());
        Optional.ofNullable(options.sslMode()).ifPresent(tls::mode);
        Optional.ofNullable(options.sslCert()).ifPresent(tls::certificate);
        Optional.ofNullable(options.sslKey()).ifPresent(tls::key);
        Optional.ofNullable(options.sslRootCert()).ifPresent(tls::rootCertificate);
        return tls.build();
    }
}

// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.cli.doctor;

import io.nvsentinel.datastore.DatastoreOptions;
import io.nvsentinel.tls.TlsContext;
import java.net.InetSocketAddress;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.postgresql.ds.PGSimpleDataSource;

/** Connections over JDBC, with the certificates that the datastore would use: for questions that no application asks. */
final class Login implements AutoCloseable {

    private final PGSimpleDataSource source = new PGSimpleDataSource();
    private final @Nullable TlsContext tls;

    /**
     * Reads the certificates.
     *
     * @param options how to connect
     * @throws io.nvsentinel.tls.TlsException if they cannot be used
     */
    Login(DatastoreOptions options) {
        tls = options.tls().map(TlsContext::open).orElse(null);
        List<InetSocketAddress> servers = options.addresses();
        source.setServerNames(
                servers.stream().map(InetSocketAddress::getHostString).toArray(String[]::new));
        source.setPortNumbers(
                servers.stream().mapToInt(InetSocketAddress::getPort).toArray());
        if (servers.size() > 1) {
            source.setTargetServerType("preferPrimary");
        }
        source.setDatabaseName(options.database());
        source.setUser(options.username());
        source.setPassword(options.password());
        source.setCurrentSchema('"' + options.schema().replace("\"", "\"\"") + '"');
        source.setApplicationName(options.applicationName());
        source.setConnectTimeout(seconds(options.connectTimeout().dividedBy(servers.size())));
        source.setLoginTimeout(seconds(options.connectTimeout()));
        source.setSocketTimeout(seconds(options.statementTimeout()));
        encrypt();
    }

    private void encrypt() {
        if (tls == null) {
            source.setSslMode("disable");
            return;
        }
        try {
            for (var property : tls.jdbcProperties().entrySet()) {
                source.setProperty(property.getKey(), property.getValue());
            }
        } catch (SQLException e) {
            throw new IllegalStateException("bug: the driver refuses one of our TLS properties", e);
        }
    }

    private static int seconds(Duration duration) {
        return (int) Math.max(1, duration.toSeconds());
    }

    /** A connection, which the caller closes. */
    Connection connect() throws SQLException {
        return source.getConnection();
    }

    @Override
    public void close() {
        if (tls != null) {
            tls.close();
        }
    }
}

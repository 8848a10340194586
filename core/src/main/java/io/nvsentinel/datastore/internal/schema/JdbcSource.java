// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.internal.schema;

import io.nvsentinel.datastore.DatastoreOptions;
import io.nvsentinel.datastore.SchemaMode;
import io.nvsentinel.tls.TlsContext;
import java.net.InetSocketAddress;
import java.sql.SQLException;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.postgresql.ds.PGSimpleDataSource;

/** Our options in the words of the JDBC driver, which the migrations use. */
final class JdbcSource {

    private JdbcSource() {}

    /** For one server, and for as long as connecting to it may take. */
    static PGSimpleDataSource of(
            DatastoreOptions options, InetSocketAddress server, Duration share, @Nullable TlsContext tls) {
        PGSimpleDataSource source = new PGSimpleDataSource();
        source.setServerNames(new String[] {server.getHostString()});
        source.setPortNumbers(new int[] {server.getPort()});
        source.setDatabaseName(options.database());
        source.setUser(options.username());
        source.setPassword(options.password());
        source.setApplicationName(options.applicationName() + " migrations");
        source.setConnectTimeout(seconds(share));
        source.setLoginTimeout(seconds(share));
        source.setSocketTimeout(seconds(share));
        source.setTcpKeepAlive(true);
        // As unknown, so that they match PostgreSQL's own operators exactly and not what somebody has created for
        // varchar.
        source.setStringType("unspecified");
        // The details of an error quote values, for example of keys that occur twice.
        source.setLogServerErrorDetail(false);
        if (options.schemaMode() != SchemaMode.MIGRATE) {
            bound(source, options);
        }
        applyTls(source, tls);
        return source;
    }

    /** A check asks little; a migration may take as long as the tables are large. */
    private static void bound(PGSimpleDataSource source, DatastoreOptions options) {
        source.setOptions("-c statement_timeout=" + options.statementTimeout().toMillis() + " -c lock_timeout="
                + options.lockTimeout().toMillis());
    }

    static int seconds(Duration duration) {
        return (int) Math.max(1, duration.toSeconds());
    }

    private static void applyTls(PGSimpleDataSource source, @Nullable TlsContext tls) {
        if (tls == null) {
            source.setSslMode("disable");
            return;
        }
        try {
            for (var property : tls.jdbcProperties().entrySet()) {
                source.setProperty(property.getKey(), property.getValue());
            }
        } catch (SQLException e) {
            throw new IllegalStateException("bug: pgjdbc refuses one of our TLS properties", e);
        }
    }
}

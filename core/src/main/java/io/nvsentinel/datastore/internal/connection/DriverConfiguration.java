// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.internal.connection;

import io.nvsentinel.datastore.DatastoreOptions;
import io.nvsentinel.datastore.MisconfiguredException;
import io.nvsentinel.tls.TlsContext;
import io.nvsentinel.tls.TlsException;
import io.r2dbc.postgresql.MultiHostConnectionStrategy.TargetServerType;
import io.r2dbc.postgresql.PostgresqlConnectionConfiguration;
import io.r2dbc.postgresql.client.SSLMode;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Our options in the driver's words, with a bound for everything that the driver leaves unbounded. */
final class DriverConfiguration {

    private DriverConfiguration() {}

    static PostgresqlConnectionConfiguration.Builder of(
            DatastoreOptions options, List<InetSocketAddress> servers, @Nullable TlsContext tls) {
        PostgresqlConnectionConfiguration.Builder driver = PostgresqlConnectionConfiguration.builder()
                .database(options.database())
                .username(options.username())
                .password(options.password())
                .schema(searchPath(options.schema()))
                .applicationName(options.applicationName())
                .connectTimeout(connectTimeout(options, servers))
                .statementTimeout(options.statementTimeout())
                .lockWaitTimeout(options.lockTimeout())
                .options(options.extraParams())
                .preparedStatementCacheQueries(options.preparedStatements())
                // Parsing times and ids from text is a good part of what reading a row costs.
                .forceBinary(true)
                .autodetectExtensions(false)
                .tcpKeepAlive(true);
        servers(driver, servers);
        if (tls == null) {
            driver.sslMode(SSLMode.DISABLE);
        } else {
            tls.configure(driver);
        }
        return driver;
    }

    /** Of several servers the one that accepts writes is wanted; a single one is taken as it is. */
    private static void servers(PostgresqlConnectionConfiguration.Builder driver, List<InetSocketAddress> servers) {
        if (servers.size() == 1) {
            driver.host(servers.get(0).getHostString()).port(servers.get(0).getPort());
            return;
        }
        servers.forEach(server -> driver.addHost(server.getHostString(), server.getPort()));
        driver.targetServerType(TargetServerType.PRIMARY).loadBalanceHosts(false);
    }

    /** Servers are tried one after the other, so each gets its share: a silent one may not use up the time of the next. */
    private static Duration connectTimeout(DatastoreOptions options, List<InetSocketAddress> servers) {
        return options.connectTimeout().dividedBy(servers.size());
    }

    /** The driver hands it to the server as it is, which reads a list of identifiers: unquoted, NV would mean nv. */
    private static String searchPath(String schema) {
        return '"' + schema.replace("\"", "\"\"") + '"';
    }

    /** Reads the certificates; blocks. */
    static @Nullable TlsContext openTls(DatastoreOptions options) {
        try {
            return options.tls().map(TlsContext::open).orElse(null);
        } catch (TlsException e) {
            throw new MisconfiguredException(String.valueOf(e.getMessage()), null, e);
        }
    }
}

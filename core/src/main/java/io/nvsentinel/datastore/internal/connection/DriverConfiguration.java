// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.internal.connection;

import io.nvsentinel.datastore.DatastoreOptions;
import io.nvsentinel.datastore.MisconfiguredException;
import io.nvsentinel.tls.SslMode;
import io.nvsentinel.tls.TlsContext;
import io.nvsentinel.tls.TlsException;
import io.nvsentinel.tls.TlsOptions;
import io.r2dbc.postgresql.PostgresqlConnectionConfiguration;
import io.r2dbc.postgresql.client.SSLMode;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Our options in the driver's words, with a bound for everything that the driver leaves unbounded. */
final class DriverConfiguration {

    private static final int PREPARED_STATEMENTS = 256;

    private DriverConfiguration() {}

    static PostgresqlConnectionConfiguration.Builder of(DatastoreOptions options, @Nullable TlsContext tls) {
        PostgresqlConnectionConfiguration.Builder driver = PostgresqlConnectionConfiguration.builder()
                .host(options.host())
                .port(options.port())
                .database(options.database())
                .username(options.username())
                .password(options.password())
                .schema(searchPath(options.schema()))
                .applicationName(options.applicationName())
                .connectTimeout(options.connectTimeout())
                .statementTimeout(options.statementTimeout())
                .preparedStatementCacheQueries(PREPARED_STATEMENTS)
                .autodetectExtensions(false)
                .tcpKeepAlive(true);
        if (tls == null) {
            driver.sslMode(SSLMode.DISABLE);
        } else {
            tls.configure(driver);
        }
        return driver;
    }

    /** The driver hands it to the server as it is, which reads a list of identifiers: unquoted, NV would mean nv. */
    private static String searchPath(String schema) {
        return '"' + schema.replace("\"", "\"\"") + '"';
    }

    /** Reads the certificates; blocks. */
    static @Nullable TlsContext openTls(DatastoreOptions options) {
        if (options.sslMode() == SslMode.DISABLE) {
            return null;
        }
        TlsOptions.Builder tls = TlsOptions.builder().user(options.username());
        Optional.ofNullable(options.sslMode()).ifPresent(tls::mode);
        Optional.ofNullable(options.sslCert()).ifPresent(tls::certificate);
        Optional.ofNullable(options.sslKey()).ifPresent(tls::key);
        Optional.ofNullable(options.sslRootCert()).ifPresent(tls::rootCertificate);
        try {
            return TlsContext.open(tls.build());
        } catch (TlsException e) {
            throw new MisconfiguredException(String.valueOf(e.getMessage()), null, e);
        }
    }
}

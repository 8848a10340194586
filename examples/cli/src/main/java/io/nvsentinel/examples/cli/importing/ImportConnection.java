// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.cli.importing;

import io.nvsentinel.datastore.DatastoreOptions;
import io.nvsentinel.datastore.error.ConfigurationException;
import io.nvsentinel.examples.cli.JdbcSource;
import io.nvsentinel.tls.TlsContext;
import io.nvsentinel.tls.TlsException;
import io.nvsentinel.tls.TlsOptions;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.postgresql.ds.PGSimpleDataSource;

/**
 * A JDBC connection by the datastore's options: COPY is what this command needs, and blocking does no harm here. Checks the
 * certificates as the datastore does.
 */
final class ImportConnection implements AutoCloseable {

    private static final Duration GRACE = Duration.ofSeconds(5);

    private final @Nullable TlsContext tls;
    private final Connection connection;

    private ImportConnection(@Nullable TlsContext tls, Connection connection) {
        this.tls = tls;
        this.connection = connection;
    }

    /**
     * Connects.
     *
     * @param options the options
     * @return the connection, without auto-commit
     * @throws SQLException if the server refuses it
     */
    static ImportConnection open(DatastoreOptions options) throws SQLException {
        TlsContext tls = options.tls().map(ImportConnection::tls).orElse(null);
        try {
            Connection connection = source(options, tls).getConnection();
            connection.setAutoCommit(false);
            return new ImportConnection(tls, connection);
        } catch (SQLException | RuntimeException e) {
            if (tls != null) {
                tls.close();
            }
            throw e;
        }
    }

    Connection jdbc() {
        return connection;
    }

    private static PGSimpleDataSource source(DatastoreOptions options, @Nullable TlsContext tls) {
        PGSimpleDataSource source = JdbcSource.of(options, tls);
        if (options.addresses().size() > 1) {
            source.setTargetServerType("primary");
        }
        source.setApplicationName(options.applicationName() + " import");
        source.setTcpKeepAlive(true);
        // Longer than any timeout of the server, so that it only expires if the server is unavailable.
        source.setSocketTimeout(JdbcSource.seconds(options.statementTimeout().plus(GRACE)));
        // A transaction may lock writers out, so it must end even if this process is stopped in the middle of it.
        long bound = options.statementTimeout().toMillis();
        source.setOptions("-c statement_timeout=" + bound + " -c idle_in_transaction_session_timeout=" + bound
                + " -c nvsentinel.max_document_bytes=" + options.maxDocumentBytes());
        return source;
    }

    private static TlsContext tls(TlsOptions options) {
        try {
            return TlsContext.open(options);
        } catch (TlsException e) {
            throw new ConfigurationException(String.valueOf(e.getMessage()), null, e);
        }
    }

    @Override
    public void close() throws SQLException {
        try {
            connection.close();
        } finally {
            if (tls != null) {
                tls.close();
            }
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.cli.doctor;

import io.nvsentinel.datastore.DatastoreOptions;
import io.nvsentinel.examples.cli.JdbcSource;
import io.nvsentinel.tls.TlsContext;
import java.sql.Connection;
import java.sql.SQLException;
import org.jspecify.annotations.Nullable;
import org.postgresql.ds.PGSimpleDataSource;

/** Connections over JDBC, with the certificates that the datastore would use: for questions that no application asks. */
final class Login implements AutoCloseable {

    private final PGSimpleDataSource source;
    private final @Nullable TlsContext tls;

    /**
     * Reads the certificates.
     *
     * @param options how to connect
     * @throws io.nvsentinel.tls.TlsException if they cannot be used
     */
    Login(DatastoreOptions options) {
        tls = options.tls().map(TlsContext::open).orElse(null);
        source = JdbcSource.of(options, tls);
        if (options.addresses().size() > 1) {
            source.setTargetServerType("preferPrimary");
        }
        source.setSocketTimeout(JdbcSource.seconds(options.statementTimeout()));
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

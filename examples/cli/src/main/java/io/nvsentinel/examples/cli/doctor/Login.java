// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.cli.doctor;

import io.nvsentinel.datastore.DatastoreOptions;
import io.nvsentinel.examples.cli.JdbcSource;
import io.nvsentinel.tls.TlsContext;
import java.net.InetSocketAddress;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
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
     * @param servers where to
     * @throws io.nvsentinel.tls.TlsException if they cannot be used
     */
    Login(DatastoreOptions options, List<InetSocketAddress> servers) {
        tls = options.tls().map(TlsContext::open).orElse(null);
        source = JdbcSource.of(options, servers, tls);
        if (servers.size() > 1) {
            source.setTargetServerType("preferPrimary");
        }
        // The doctor's own questions have to get through a pooler that does not carry prepared statements over.
        source.setPrepareThreshold(0);
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

// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.tls;

import io.nvsentinel.tls.TlsContext;
import io.r2dbc.pool.ConnectionPool;
import io.r2dbc.pool.ConnectionPoolConfiguration;
import io.r2dbc.postgresql.PostgresqlConnectionConfiguration;
import io.r2dbc.postgresql.PostgresqlConnectionFactory;
import io.r2dbc.spi.ConnectionFactory;
import java.time.Duration;

/**
 * TLS from mounted files for a program that makes its connections itself: two lines, {@link TlsContext#open} and {@link
 * TlsContext#configure(PostgresqlConnectionConfiguration.Builder)}.
 *
 * <pre>{@code
 * TlsOptions options = TlsOptions.builder()
 *         .mount(Path.of("/etc/ssl/client-certs")) // tls.crt, tls.key, ca.crt
 *         .user("app")
 *         .build();
 * try (TlsContext tls = TlsContext.open(options)) {
 *     ConnectionPool pool = OwnConnections.pool(OwnConnections.factory(tls, "db.example.com", 5432, "app"));
 *     ...
 *     pool.disposeLater().block();
 * }
 * }</pre>
 */
public final class OwnConnections {

    private OwnConnections() {}

    /**
     * Makes connections that verify the server and log in with the mounted certificate. Each uses the files of its moment.
     *
     * @param tls open for as long as connections are made
     * @param host the server, as its certificate names it
     * @param port its port
     * @param user the user, as the client certificate names it
     * @return a factory of single connections
     */
    public static ConnectionFactory factory(TlsContext tls, String host, int port, String user) {
        PostgresqlConnectionConfiguration.Builder configuration = PostgresqlConnectionConfiguration.builder()
                .host(host)
                .port(port)
                .database("postgres")
                .username(user);
        tls.configure(configuration);
        return new PostgresqlConnectionFactory(configuration.build());
    }

    /**
     * Pools connections, whose maximum lifetime limits the use of an old certificate after a rotation.
     *
     * @param factory opens the connections
     * @return a pool, which the caller must dispose
     */
    public static ConnectionPool pool(ConnectionFactory factory) {
        return new ConnectionPool(ConnectionPoolConfiguration.builder(factory)
                .initialSize(0)
                .maxLifeTime(Duration.ofHours(1))
                .backgroundEvictionInterval(Duration.ofSeconds(30))
                .build());
    }
}

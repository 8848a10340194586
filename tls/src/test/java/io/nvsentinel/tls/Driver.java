// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.tls;

import io.nvsentinel.testserver.PostgresServer;
import io.r2dbc.postgresql.PostgresqlConnectionConfiguration;
import io.r2dbc.postgresql.PostgresqlConnectionFactory;
import io.r2dbc.postgresql.client.ChannelBindingMode;
import io.r2dbc.spi.Connection;
import io.r2dbc.spi.ConnectionFactory;
import io.r2dbc.spi.Readable;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.time.Duration;
import java.util.Properties;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/** The two drivers that share one set of material. Each connects once and says how the server saw it. */
enum Driver {
    R2DBC {
        @Override
        Session connect(TlsContext tls, Login login) {
            return query(new PostgresqlConnectionFactory(configuration(
                    tls,
                    login,
                    builder -> builder.channelBinding(
                            ChannelBindingMode.valueOf(login.channelBinding().toUpperCase())))));
        }
    },

    JDBC {
        @Override
        Session connect(TlsContext tls, Login login) throws Exception {
            Properties properties = new Properties();
            properties.put("user", login.user());
            if (login.password() != null) {
                properties.put("password", login.password());
            }
            properties.put("channelBinding", login.channelBinding());
            properties.putAll(tls.jdbcProperties());
            String url = "jdbc:postgresql://" + login.host() + ":" + login.port() + "/postgres";
            try (var connection = DriverManager.getConnection(url, properties);
                    ResultSet row = connection.createStatement().executeQuery(SEEN_BY_SERVER)) {
                row.next();
                return new Session(row.getBoolean(1), row.getString(2), row.getString(3), row.getString(4));
            }
        }
    };

    private static final String SEEN_BY_SERVER =
            "SELECT ssl, version, client_dn, client_serial::text FROM pg_stat_ssl WHERE pid = pg_backend_pid()";

    /** What a connection needs besides TLS. */
    record Login(
            String host, int port, String user, @Nullable String password, String channelBinding) {

        static Login admin(PostgresServer server) {
            return new Login("localhost", server.port(), server.adminUser(), server.adminPassword(), "prefer");
        }

        Login host(String other) {
            return new Login(other, port, user, password, channelBinding);
        }

        Login port(int other) {
            return new Login(host, other, user, password, channelBinding);
        }

        Login user(String other, @Nullable String otherPassword) {
            return new Login(host, port, other, otherPassword, channelBinding);
        }

        Login channelBinding(String wanted) {
            return new Login(host, port, user, password, wanted);
        }
    }

    /** How the server sees a connection. */
    record Session(boolean tls, String version, String clientName, String clientSerial) {}

    abstract Session connect(TlsContext tls, Login login) throws Exception;

    static PostgresqlConnectionConfiguration configuration(
            TlsContext tls, Login login, Consumer<PostgresqlConnectionConfiguration.Builder> more) {
        PostgresqlConnectionConfiguration.Builder builder = PostgresqlConnectionConfiguration.builder()
                .host(login.host())
                .port(login.port())
                .username(login.user())
                .database("postgres")
                .connectTimeout(Duration.ofSeconds(10));
        if (login.password() != null) {
            builder.password(login.password());
        }
        tls.configure(builder);
        more.accept(builder);
        return builder.build();
    }

    static Session query(ConnectionFactory factory) {
        return Mono.usingWhen(factory.create(), Driver::query, Connection::close)
                .block(Duration.ofSeconds(30));
    }

    static Mono<Session> query(Connection connection) {
        return Mono.from(connection.createStatement(SEEN_BY_SERVER).execute())
                .flatMap(result -> Mono.from(result.map(Driver::session)));
    }

    private static Session session(Readable row) {
        return new Session(
                Boolean.TRUE.equals(row.get(0, Boolean.class)),
                row.get(1, String.class),
                row.get(2, String.class),
                row.get(3, String.class));
    }
}

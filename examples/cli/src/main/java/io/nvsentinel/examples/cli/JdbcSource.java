// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.cli;

import io.nvsentinel.datastore.DatastoreOptions;
import io.nvsentinel.tls.TlsContext;
import java.net.InetSocketAddress;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.postgresql.ds.PGSimpleDataSource;

/**
 * JDBC connections to the datastore's server with the datastore's settings, for operations that the library does not
 * offer.
 */
public final class JdbcSource {

    private JdbcSource() {}

    /**
     * A source of connections.
     *
     * @param options where and how to connect
     * @param tls what encrypts them, or null
     * @return for the caller to complete
     */
    public static PGSimpleDataSource of(DatastoreOptions options, @Nullable TlsContext tls) {
        return of(options, options.addresses(), tls);
    }

    /**
     * A source of connections to given servers.
     *
     * @param options how to connect
     * @param servers where to, instead of {@link DatastoreOptions#addresses()}
     * @param tls what encrypts them, or null
     * @return for the caller to complete
     */
    public static PGSimpleDataSource of(
            DatastoreOptions options, List<InetSocketAddress> servers, @Nullable TlsContext tls) {
        PGSimpleDataSource source = new PGSimpleDataSource();
        source.setServerNames(
                servers.stream().map(InetSocketAddress::getHostString).toArray(String[]::new));
        source.setPortNumbers(
                servers.stream().mapToInt(InetSocketAddress::getPort).toArray());
        source.setDatabaseName(options.database());
        source.setUser(options.username());
        source.setPassword(options.password());
        source.setCurrentSchema('"' + options.schema().replace("\"", "\"\"") + '"');
        source.setApplicationName(options.applicationName());
        source.setConnectTimeout(seconds(options.connectTimeout().dividedBy(servers.size())));
        source.setLoginTimeout(seconds(options.connectTimeout()));
        if (!options.extraParams().isEmpty()) {
            source.setOptions(startUpOptions(options.extraParams()));
        }
        encrypt(source, tls);
        options.jdbcLogin().forEach((name, value) -> set(source, name, value));
        return source;
    }

    /** The same parameters as the datastore's own connections have, or a check would see another session than they do. */
    private static String startUpOptions(Map<String, String> parameters) {
        return parameters.entrySet().stream()
                .map(parameter -> "-c " + parameter.getKey() + "="
                        + parameter.getValue().replace("\\", "\\\\").replace(" ", "\\ "))
                .collect(Collectors.joining(" "));
    }

    private static void encrypt(PGSimpleDataSource source, @Nullable TlsContext tls) {
        if (tls == null) {
            source.setSslMode("disable");
            return;
        }
        tls.jdbcProperties().forEach((name, value) -> set(source, name, value));
    }

    private static void set(PGSimpleDataSource source, String name, String value) {
        try {
            source.setProperty(name, value);
        } catch (SQLException e) {
            throw new IllegalStateException("bug: the driver refuses the property " + name, e);
        }
    }

    /**
     * A duration as the driver takes them.
     *
     * @param duration any
     * @return whole seconds, at least one, because 0 would mean no limit
     */
    public static int seconds(Duration duration) {
        return (int) Math.max(1, duration.toSeconds());
    }
}

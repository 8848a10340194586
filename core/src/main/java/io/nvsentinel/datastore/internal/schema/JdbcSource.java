// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.internal.schema;

import io.nvsentinel.datastore.ChannelBinding;
import io.nvsentinel.datastore.DatastoreOptions;
import io.nvsentinel.datastore.error.ConfigurationException;
import io.nvsentinel.tls.TlsContext;
import java.net.InetSocketAddress;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.postgresql.ds.PGSimpleDataSource;

/** Our options in the words of the JDBC driver, which the migrations use. */
final class JdbcSource {

    private JdbcSource() {}

    /** For one server, and for as long as connecting to it may take. */
    static PGSimpleDataSource of(
            DatastoreOptions options,
            PrimarySource.Statements statements,
            InetSocketAddress server,
            Duration share,
            @Nullable TlsContext tls,
            String rules) {
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
        // Sent as unknown, so that they match PostgreSQL's own operators exactly and not user-defined operators for
        // varchar.
        source.setStringType("unspecified");
        // The details of an error quote values, for example of keys that occur twice.
        source.setLogServerErrorDetail(false);
        source.setOptions(
                switch (statements) {
                    case QUESTIONS -> settings(options.statementTimeout(), options.lockTimeout());
                    case CHANGES -> settings(Duration.ZERO, Duration.ZERO);
                });
        // It would come before TLS, and no guard would see what the server answers.
        source.setGssEncMode("disable");
        bindChannel(source, options.channelBinding());
        applyTls(source, tls, rules);
        return source;
    }

    /**
     * The settings on which the migrations and the check rely; they override settings of the database or the role.
     */
    private static String settings(Duration statementTimeout, Duration lockTimeout) {
        return "-c statement_timeout=" + statementTimeout.toMillis() + " -c lock_timeout=" + lockTimeout.toMillis()
                + " -c idle_session_timeout=0 -c idle_in_transaction_session_timeout=0 -c quote_all_identifiers=off"
                + " -c standard_conforming_strings=on -c default_transaction_isolation=read\\ committed"
                + " -c default_transaction_deferrable=off -c IntervalStyle=postgres -c bytea_output=hex"
                + " -c transform_null_equals=off -c array_nulls=on -c check_function_bodies=on";
    }

    static int seconds(Duration duration) {
        return (int) Math.max(1, duration.toSeconds());
    }

    private static void applyTls(PGSimpleDataSource source, @Nullable TlsContext tls, String rules) {
        if (tls == null) {
            source.setSslMode("disable");
            return;
        }
        tls.jdbcProperties().forEach((name, value) -> set(source, name, value));
        source.setSslfactory(JdbcTlsSockets.class.getName());
        source.setSslFactoryArg(JdbcTlsSockets.argument(rules, source.getSslFactoryArg()));
    }

    private static void set(PGSimpleDataSource source, String name, String value) {
        try {
            source.setProperty(name, value);
        } catch (SQLException e) {
            throw new IllegalStateException("bug: pgjdbc refuses one of our TLS properties", e);
        }
    }

    /** Drivers before 42.7.4 do not know it, and bind nothing. */
    private static void bindChannel(PGSimpleDataSource source, ChannelBinding binding) {
        try {
            source.setProperty("channelBinding", binding.name().toLowerCase(Locale.ROOT));
        } catch (SQLException e) {
            if (binding == ChannelBinding.REQUIRE) {
                throw new ConfigurationException(
                        "channelBinding=require needs version 42.7.4 or newer of the JDBC driver, and the one found is older",
                        null,
                        e);
            }
        }
    }
}

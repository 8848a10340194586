// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.internal.connection.server;

import io.nvsentinel.datastore.DatastoreOptions;
import io.nvsentinel.datastore.error.ConfigurationException;
import io.nvsentinel.datastore.internal.options.Options;
import io.nvsentinel.tls.TlsContext;
import io.nvsentinel.tls.TlsException;
import io.r2dbc.postgresql.PostgresqlConnectionConfiguration;
import io.r2dbc.postgresql.client.ChannelBindingMode;
import io.r2dbc.postgresql.client.SSLMode;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Our options in the driver's words, with a bound for everything that the driver leaves unbounded. */
public final class DriverConfiguration {

    /** Schemas in which no other role can create objects; statements qualify the datastore's own objects. */
    private static final String SEARCH_PATH = "pg_catalog, pg_temp";

    private DriverConfiguration() {}

    static PostgresqlConnectionConfiguration.Builder of(
            DatastoreOptions options, InetSocketAddress server, Duration connectTimeout, @Nullable TlsContext tls) {
        PostgresqlConnectionConfiguration.Builder driver = PostgresqlConnectionConfiguration.builder()
                .database(options.database())
                .username(options.username())
                .password(options.password())
                .schema(SEARCH_PATH)
                // Otherwise the driver uses the JVM's time zone, whose name the server may not know.
                .timeZone("UTC")
                .applicationName(options.applicationName())
                .host(server.getHostString())
                .port(server.getPort())
                .connectTimeout(connectTimeout)
                .statementTimeout(options.statementTimeout())
                .lockWaitTimeout(options.lockTimeout())
                .options(serverSettings(options))
                .preparedStatementCacheQueries(options.preparedStatements())
                // Parsing times and ids from text is a good part of what reading a row costs.
                .forceBinary(true)
                .autodetectExtensions(false)
                .channelBinding(channelBinding(options))
                .tcpKeepAlive(true);
        if (tls == null) {
            driver.sslMode(SSLMode.DISABLE);
        } else {
            tls.configure(driver);
        }
        return driver;
    }

    private static ChannelBindingMode channelBinding(DatastoreOptions options) {
        return switch (options.channelBinding()) {
            case DISABLE -> ChannelBindingMode.DISABLE;
            case PREFER -> ChannelBindingMode.PREFER;
            case REQUIRE -> ChannelBindingMode.REQUIRE;
        };
    }

    /** A policy that hides rows makes statements fail: a hidden row of the changelog would be a lost change. */
    private static Map<String, String> serverSettings(DatastoreOptions options) {
        Map<String, String> settings = new LinkedHashMap<>(options.extraParams());
        settings.put("row_security", "off");
        // What an operator may have set otherwise for the database or the role, and what statements rely on.
        settings.put("standard_conforming_strings", "on");
        settings.put("quote_all_identifiers", "off");
        settings.put("default_transaction_isolation", "read committed");
        if (!Objects.equals(options.maxDocumentBytes(), Options.MAX_DOCUMENT_BYTES.byDefault())) {
            // Of the trigger nvsentinel_stamp; its default is ours.
            settings.put("nvsentinel.max_document_bytes", Integer.toString(options.maxDocumentBytes()));
        }
        return settings;
    }

    /**
     * Reads the certificates; blocks.
     *
     * @param options which files
     * @return null where connections are in plain text
     * @throws ConfigurationException if the files cannot be used
     */
    public static @Nullable TlsContext openTls(DatastoreOptions options) {
        try {
            return options.tls().map(TlsContext::open).orElse(null);
        } catch (TlsException e) {
            throw new ConfigurationException(String.valueOf(e.getMessage()), null, e);
        }
    }
}

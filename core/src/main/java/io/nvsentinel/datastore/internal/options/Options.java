// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.internal.options;

import io.nvsentinel.datastore.ChannelBinding;
import io.nvsentinel.datastore.SchemaMode;
import io.nvsentinel.tls.SslMode;
import io.nvsentinel.tls.TlsVersion;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Every option there is. Builder, environment, YAML, checks and {@code toString} all follow this table. */
public final class Options {

    private static final Duration MILLISECOND = Duration.ofMillis(1);
    private static final Duration DAY = Duration.ofDays(1);
    private static final int MOST_CONNECTIONS = 10_000;
    private static final int MOST_STATEMENTS = 10_000;
    private static final int MEBIBYTE = 1 << 20;

    /** The servers. */
    public static final Option<String> HOST = Option.of("host", "DATASTORE_HOST", "connection.host", Addresses.KIND);

    /** The port of servers that name none. */
    public static final Option<Integer> PORT = Option.of(
                    "port", "DATASTORE_PORT", "connection.port", Kind.number(1, 65535))
            .orElse(5432);

    /** The servers for work that needs a dedicated session. */
    public static final Option<String> DIRECT_HOST =
            Option.of("directHost", "DATASTORE_DIRECT_HOST", "connection.directHost", Addresses.KIND);

    /** The servers that reads may go to. */
    public static final Option<String> READ_HOSTS =
            Option.of("readHosts", "DATASTORE_READ_HOSTS", "connection.readHosts", Addresses.KIND);

    /** The database. */
    public static final Option<String> DATABASE =
            Option.of("database", "DATASTORE_DATABASE", "connection.database", Kind.identifier());

    /** The user. */
    public static final Option<String> USERNAME =
            Option.of("username", "DATASTORE_USERNAME", "connection.username", Kind.identifier());

    /** The password. */
    public static final Option<String> PASSWORD =
            Option.of("password", "DATASTORE_PASSWORD", "connection.password", Kind.secret());

    /** The schema that holds the tables. */
    public static final Option<String> SCHEMA = Option.of(
                    "schema", "DATASTORE_SCHEMA", "connection.schema", Kind.unquoted())
            .orElse("public");

    /** The TLS mode. */
    public static final Option<SslMode> SSL_MODE = Option.of(
            "sslMode", "DATASTORE_SSLMODE", "connection.sslmode", Kind.words(SslMode.values(), SslMode::libpqName));

    /** The client certificate's file. */
    public static final Option<Path> SSL_CERT = Option.of(
                    "sslCert", "DATASTORE_SSLCERT", "connection.sslcert", Kind.file())
            .alsoAt("connection.tls.certPath");

    /** The client key's file. */
    public static final Option<Path> SSL_KEY = Option.of("sslKey", "DATASTORE_SSLKEY", "connection.sslkey", Kind.file())
            .alsoAt("connection.tls.keyPath");

    /** The file of the accepted authorities. */
    public static final Option<Path> SSL_ROOT_CERT = Option.of(
                    "sslRootCert", "DATASTORE_SSLROOTCERT", "connection.sslrootcert", Kind.file())
            .alsoAt("connection.tls.caPath");

    /** The directory of a mounted certificate secret, for the three options above, if there is no password. */
    public static final Option<Path> CERTIFICATES =
            new Option<>("certificates", "POSTGRESQL_CLIENT_CERT_MOUNT_PATH", List.of(), Kind.file(), null);

    /** The file of revocation lists. */
    public static final Option<Path> SSL_CRL =
            Option.of("sslCrl", "DATASTORE_SSLCRL", "connection.sslcrl", Kind.file());

    /** The file with the password of the client key. */
    public static final Option<Path> SSL_PASSWORD_FILE =
            Option.of("sslPasswordFile", "DATASTORE_SSLPASSWORD_FILE", "connection.sslpasswordFile", Kind.file());

    /** The oldest TLS version. */
    public static final Option<TlsVersion> SSL_MIN_PROTOCOL_VERSION = Option.of(
                    "sslMinProtocolVersion",
                    "DATASTORE_SSL_MIN_PROTOCOL_VERSION",
                    "connection.sslMinProtocolVersion",
                    Kind.words(TlsVersion.values(), TlsVersion::toString))
            .orElse(TlsVersion.TLS_1_2);

    /** Whether a login is bound to its TLS connection. */
    public static final Option<ChannelBinding> CHANNEL_BINDING = Option.of(
                    "channelBinding",
                    "DATASTORE_CHANNEL_BINDING",
                    "connection.channelBinding",
                    Kind.words(ChannelBinding.values(), Options::word))
            .orElse(ChannelBinding.PREFER);

    /** How the server may ask for a login. */
    public static final Option<String> REQUIRE_AUTH =
            Option.of("requireAuth", "DATASTORE_REQUIRE_AUTH", "connection.requireAuth", AuthMethods.KIND);

    /** How often the certificate files are looked at. */
    public static final Option<Duration> SSL_RELOAD_INTERVAL = duration(
            "sslReloadInterval", "DATASTORE_SSL_RELOAD_INTERVAL", Duration.ofMillis(10), Duration.ofSeconds(10));

    /** Whether connections with earlier certificates leave at once. */
    public static final Option<Boolean> REPLACE_CONNECTIONS_ON_ROTATION = Option.of(
                    "replaceConnectionsOnRotation",
                    "DATASTORE_REPLACE_CONNECTIONS_ON_ROTATION",
                    "options.replaceConnectionsOnRotation",
                    Kind.yesOrNo())
            .orElse(false);

    /** Parameters for the server. */
    public static final Option<Map<String, String>> EXTRA_PARAMS = Option.of(
                    "extraParams", "DATASTORE_EXTRA_PARAMS", "connection.extraParams", ExtraParams.KIND)
            .orElse(Map.of());

    /** What connecting does about the schema. */
    public static final Option<SchemaMode> SCHEMA_MODE = Option.of(
                    "schemaMode",
                    "DATASTORE_SCHEMA_MODE",
                    "options.schemaMode",
                    Kind.words(SchemaMode.values(), Options::word))
            .orElse(SchemaMode.MIGRATE);

    /** How long connecting waits for another instance that is migrating the schema. */
    public static final Option<Duration> SCHEMA_WAIT =
            duration("schemaWait", "DATASTORE_SCHEMA_WAIT", Duration.ZERO, Duration.ofMinutes(1));

    /** Whether connecting omits the probe of the server. */
    public static final Option<Boolean> SKIP_SERVER_PROBE = Option.of(
                    "skipServerProbe", "DATASTORE_SKIP_SERVER_PROBE", "options.skipServerProbe", Kind.yesOrNo())
            .orElse(false);

    /** The most connections. */
    public static final Option<Integer> MAX_CONNECTIONS = Option.of(
                    "maxConnections",
                    "DATASTORE_MAX_CONNECTIONS",
                    "options.maxConnections",
                    Kind.figure(1, MOST_CONNECTIONS))
            .orElse(25);

    /** The most idle connections. */
    public static final Option<Integer> MAX_IDLE_CONNECTIONS = Option.of(
            "maxIdleConnections",
            "DATASTORE_MAX_IDLE_CONNECTIONS",
            "options.maxIdleConnections",
            Kind.figure(1, MOST_CONNECTIONS));

    /** How many prepared statements a connection keeps. */
    public static final Option<Integer> PREPARED_STATEMENTS = Option.of(
                    "preparedStatements",
                    "DATASTORE_PREPARED_STATEMENTS",
                    "options.preparedStatements",
                    Kind.number(0, MOST_STATEMENTS))
            .orElse(256);

    /** How long a connection is used. */
    public static final Option<Duration> CONNECTION_MAX_LIFETIME = duration(
            "connectionMaxLifetime", "DATASTORE_CONNECTION_MAX_LIFETIME", Duration.ofSeconds(1), Duration.ofHours(1));

    /** The bound of connecting. */
    public static final Option<Duration> CONNECT_TIMEOUT =
            duration("connectTimeout", "DATASTORE_CONNECT_TIMEOUT", MILLISECOND, Duration.ofSeconds(10));

    /** How long a silent connection is left alone. */
    public static final Option<Duration> TCP_KEEP_ALIVE =
            duration("tcpKeepAlive", "DATASTORE_TCP_KEEP_ALIVE", Duration.ofSeconds(1), Duration.ofSeconds(5));

    /** How long the network may fail to acknowledge. */
    public static final Option<Duration> TCP_USER_TIMEOUT =
            duration("tcpUserTimeout", "DATASTORE_TCP_USER_TIMEOUT", Duration.ofSeconds(1), Duration.ofSeconds(10));

    /** The bound of waiting for a pooled connection. */
    public static final Option<Duration> ACQUIRE_TIMEOUT =
            duration("acquireTimeout", "DATASTORE_ACQUIRE_TIMEOUT", MILLISECOND, Duration.ofSeconds(10));

    /** The bound of a statement. */
    public static final Option<Duration> STATEMENT_TIMEOUT =
            duration("statementTimeout", "DATASTORE_STATEMENT_TIMEOUT", MILLISECOND, Duration.ofSeconds(30));

    /** The bound of waiting for a lock. */
    public static final Option<Duration> LOCK_TIMEOUT =
            duration("lockTimeout", "DATASTORE_LOCK_TIMEOUT", MILLISECOND, Duration.ofSeconds(10));

    /** How large a document may be. */
    public static final Option<Integer> MAX_DOCUMENT_BYTES = Option.of(
                    "maxDocumentBytes",
                    "DATASTORE_MAX_DOCUMENT_BYTES",
                    "options.maxDocumentBytes",
                    Kind.number(1024, 256 * MEBIBYTE - 1))
            .orElse(16 * MEBIBYTE);

    /** How long a change stream waits before it looks. */
    public static final Option<Duration> POLL_INTERVAL =
            duration("pollInterval", "DATASTORE_POLL_INTERVAL", MILLISECOND, Duration.ofSeconds(5));

    /** The name under which the server lists the connections. */
    public static final Option<String> APPLICATION_NAME = Option.of(
                    "applicationName", "APP_NAME", "options.applicationName", Kind.text())
            .orElse("nvsentinel-datastore");

    /** All of them, in the order in which they are shown and complained about. */
    static final List<Option<?>> ALL = List.of(
            HOST,
            PORT,
            DIRECT_HOST,
            READ_HOSTS,
            DATABASE,
            USERNAME,
            PASSWORD,
            SCHEMA,
            SSL_MODE,
            SSL_CERT,
            SSL_KEY,
            SSL_ROOT_CERT,
            CERTIFICATES,
            SSL_CRL,
            SSL_PASSWORD_FILE,
            SSL_MIN_PROTOCOL_VERSION,
            CHANNEL_BINDING,
            REQUIRE_AUTH,
            SSL_RELOAD_INTERVAL,
            REPLACE_CONNECTIONS_ON_ROTATION,
            EXTRA_PARAMS,
            SCHEMA_MODE,
            SCHEMA_WAIT,
            SKIP_SERVER_PROBE,
            MAX_CONNECTIONS,
            MAX_IDLE_CONNECTIONS,
            PREPARED_STATEMENTS,
            CONNECTION_MAX_LIFETIME,
            CONNECT_TIMEOUT,
            TCP_KEEP_ALIVE,
            TCP_USER_TIMEOUT,
            ACQUIRE_TIMEOUT,
            STATEMENT_TIMEOUT,
            LOCK_TIMEOUT,
            MAX_DOCUMENT_BYTES,
            POLL_INTERVAL,
            APPLICATION_NAME);

    static final List<Option<?>> REQUIRED = List.of(HOST, DATABASE, USERNAME);

    /** As in the Go provider, a value of these that cannot be used gives way to a usable one further down. */
    static final List<Option<?>> GIVE_WAY = List.of(MAX_CONNECTIONS, MAX_IDLE_CONNECTIONS);

    private Options() {}

    private static Option<Duration> duration(String name, String variable, Duration least, Duration byDefault) {
        return Option.of(name, variable, "options." + name, Kind.duration(least, DAY))
                .orElse(byDefault);
    }

    private static String word(Enum<?> mode) {
        return mode.name().toLowerCase(Locale.ROOT);
    }
}

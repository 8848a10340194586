// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore;

import io.nvsentinel.datastore.error.ConfigurationException;
import io.nvsentinel.datastore.internal.options.Addresses;
import io.nvsentinel.datastore.internal.options.EnvironmentSource;
import io.nvsentinel.datastore.internal.options.LoginRules;
import io.nvsentinel.datastore.internal.options.Option;
import io.nvsentinel.datastore.internal.options.OptionValues;
import io.nvsentinel.datastore.internal.options.Options;
import io.nvsentinel.datastore.internal.options.PropertySource;
import io.nvsentinel.datastore.internal.options.Source;
import io.nvsentinel.datastore.internal.options.UrlSource;
import io.nvsentinel.datastore.internal.options.YamlSource;
import io.nvsentinel.tls.SslMode;
import io.nvsentinel.tls.TlsOptions;
import io.nvsentinel.tls.TlsVersion;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * How to reach the database and how to behave there. Immutable and safe to share; made by {@link #builder()},
 * {@link #fromUrl(String)}, {@link #fromEnvironment()} or {@link #fromYaml(String)}. {@link #toString()} hides the password.
 *
 * <pre>{@code
 * DatastoreOptions options = DatastoreOptions.builder()
 *         .host("db.example.com")
 *         .database("nvsentinel")
 *         .username("nvsentinel")
 *         .certificates(Path.of("/etc/ssl/client-certs"))
 *         .build();
 * }</pre>
 *
 * <p>One option may be given by several sources. The source with the highest precedence wins, regardless of the order
 * of the calls: first the builder's own methods, then YAML, then the URL in {@code DATASTORE_URL}, then the other
 * variables, then the default. A value that cannot be
 * used is an error and does not give way to a weaker source, but for {@code maxConnections} and
 * {@code maxIdleConnections}, which do so with a warning, as they always did in NVSentinel; for these two options, 0 in
 * YAML and in variables stands for the default.
 *
 * <p>YAML has the keys of NVSentinel's services, at the top or under {@code global.datastore} as in Helm values:
 *
 * <pre>{@code
 * provider: postgresql
 * connection:
 *   host: db.example.com          # or a:5432,b:5432
 *   port: 5432
 *   database: nvsentinel
 *   username: nvsentinel
 *   password: secret
 *   schema: public
 *   sslmode: verify-full
 *   sslcert: /certs/tls.crt       # or tls.certPath, tls.keyPath and tls.caPath
 *   sslkey: /certs/tls.key
 *   sslrootcert: /certs/ca.crt
 *   extraParams:
 *     work_mem: 16MB
 * options:                        # the other options, each under the name of its method
 *   maxConnections: 25
 *   pollInterval: 5s
 * }</pre>
 *
 * <p>{@link Builder#build()} reports everything that is wrong in one error: unknown keys and variables with the nearest
 * known one, values that cannot be used and options that contradict each other, each with its source.
 */
public final class DatastoreOptions {

    private final OptionValues values;

    private DatastoreOptions(OptionValues values) {
        this.values = values;
    }

    /**
     * Starts with every option at its default.
     *
     * @return a new builder
     */
    public static Builder builder() {
        return new Builder(OptionValues.NONE);
    }

    /**
     * Reads a connection URL as libpq has it: {@code postgresql://user:password@host:port/database}, with
     * {@code sslmode}, {@code sslcert}, {@code sslkey}, {@code sslrootcert}, {@code sslcrl}, {@code channel_binding},
     * {@code require_auth} and {@code application_name} as parameters after a question mark. Characters with a meaning in URLs
     * are percent-encoded, such as {@code %40} for an at sign in a password. Several servers are separated by commas.
     *
     * @param url the URL
     * @return the options
     * @throws ConfigurationException naming everything that is missing or wrong; it never quotes the URL
     */
    public static DatastoreOptions fromUrl(String url) {
        return builder().url(url).build();
    }

    /**
     * Reads the {@code DATASTORE_*} variables of this process.
     *
     * @return the options
     * @throws ConfigurationException naming every variable that is missing or wrong
     */
    public static DatastoreOptions fromEnvironment() {
        return fromEnvironment(System.getenv());
    }

    /**
     * Reads the {@code DATASTORE_*} variables of a given environment. A variable that is unset or blank leaves the
     * option at its default, but a password may consist of spaces. Variables of Kubernetes service links, as a Service named
     * {@code datastore} gives them, are ignored. {@code DATASTORE_YAML} may hold a YAML document, or {@code DATASTORE_YAML_PATH} name a
     * file with one; what it gives wins over the other variables. Blocks if there is a file to read.
     *
     * @param environment names and values of variables
     * @return the options
     * @throws ConfigurationException naming every variable that is missing or wrong
     */
    public static DatastoreOptions fromEnvironment(Map<String, String> environment) {
        return builder().environment(environment).build();
    }

    /**
     * Reads a YAML document.
     *
     * @param text one YAML document, with the keys above
     * @return the options
     * @throws ConfigurationException naming every key that is missing, unknown or wrong, with its line
     */
    public static DatastoreOptions fromYaml(String text) {
        return builder().yaml(text).build();
    }

    /**
     * Reads a YAML file. Blocks while it reads.
     *
     * @param file the file, in UTF-8
     * @return the options
     * @throws ConfigurationException naming every key that is missing, unknown or wrong, with its line
     */
    public static DatastoreOptions fromYaml(Path file) {
        return builder().yaml(file).build();
    }

    /**
     * The servers as given; {@link #addresses()} has them one by one.
     *
     * @return never empty
     */
    public String host() {
        return values.get(Options.HOST);
    }

    /**
     * The default port of the servers.
     *
     * @return 1 to 65535
     */
    public int port() {
        return values.get(Options.PORT);
    }

    /**
     * The servers with their ports, in the order in which they are tried.
     *
     * @return at least one, with names that are not resolved yet
     */
    public List<InetSocketAddress> addresses() {
        return Addresses.parse(host(), port());
    }

    /**
     * The servers for work that needs a dedicated session, as set.
     *
     * @return null if they are the servers of {@link #host()}
     */
    public @Nullable String directHost() {
        return values.find(Options.DIRECT_HOST);
    }

    /**
     * The servers for work that needs a dedicated session.
     *
     * @return as {@link Builder#directHost}; {@link #addresses()} if it is not set
     */
    public List<InetSocketAddress> directAddresses() {
        String direct = directHost();
        return direct == null ? addresses() : Addresses.parse(direct, port());
    }

    /**
     * The servers that reads may go to, as set.
     *
     * @return null if all reads go to the primary
     */
    public @Nullable String readHosts() {
        return values.find(Options.READ_HOSTS);
    }

    /**
     * The database.
     *
     * @return never empty
     */
    public String database() {
        return values.get(Options.DATABASE);
    }

    /**
     * The user that logs in.
     *
     * @return never empty
     */
    public String username() {
        return values.get(Options.USERNAME);
    }

    /**
     * The password.
     *
     * @return null if the login uses a certificate or the method trust
     */
    public @Nullable String password() {
        return values.find(Options.PASSWORD);
    }

    /**
     * The schema that holds the tables.
     *
     * @return never empty
     */
    public String schema() {
        return values.get(Options.SCHEMA);
    }

    /**
     * What connecting does about the schema.
     *
     * @return the mode
     */
    public SchemaMode schemaMode() {
        return values.get(Options.SCHEMA_MODE);
    }

    /**
     * The TLS mode as set.
     *
     * @return null if it is derived from the certificates: verify-full with a root certificate, else require
     */
    public @Nullable SslMode sslMode() {
        return values.find(Options.SSL_MODE);
    }

    /**
     * The client certificate's PEM file.
     *
     * @return null where none is sent
     */
    public @Nullable Path sslCert() {
        return values.find(Options.SSL_CERT);
    }

    /**
     * The client key's PEM file.
     *
     * @return null if no client certificate is sent
     */
    public @Nullable Path sslKey() {
        return values.find(Options.SSL_KEY);
    }

    /**
     * The PEM file of the certificate authorities that the server's certificate may come from.
     *
     * @return null where none is given
     */
    public @Nullable Path sslRootCert() {
        return values.find(Options.SSL_ROOT_CERT);
    }

    /**
     * The PEM file of revocation lists that the server's certificate is checked against.
     *
     * @return null where revocation is not checked
     */
    public @Nullable Path sslCrl() {
        return values.find(Options.SSL_CRL);
    }

    /**
     * The file with the password of an encrypted client key.
     *
     * @return null if the key is not encrypted
     */
    public @Nullable Path sslPasswordFile() {
        return values.find(Options.SSL_PASSWORD_FILE);
    }

    /**
     * The oldest TLS version to accept.
     *
     * @return the version
     */
    public TlsVersion sslMinProtocolVersion() {
        return values.get(Options.SSL_MIN_PROTOCOL_VERSION);
    }

    /**
     * Whether a login is bound to the TLS connection that carries it.
     *
     * @return the mode
     */
    public ChannelBinding channelBinding() {
        return values.get(Options.CHANNEL_BINDING);
    }

    /**
     * How the server may ask for a login, as given.
     *
     * @return as {@link Builder#requireAuth}; null where the defaults there hold
     */
    public @Nullable String requireAuth() {
        return values.find(Options.REQUIRE_AUTH);
    }

    /**
     * How often the certificate files are compared with what is in use.
     *
     * @return a positive duration
     */
    public Duration sslReloadInterval() {
        return values.get(Options.SSL_RELOAD_INTERVAL);
    }

    /**
     * Whether connections with earlier certificates are replaced immediately when new certificates are active.
     *
     * @return false if they are replaced at the end of their lifetime
     */
    public boolean replaceConnectionsOnRotation() {
        return values.get(Options.REPLACE_CONNECTIONS_ON_ROTATION);
    }

    /**
     * Parameters for the server.
     *
     * @return names and values; may be empty
     */
    public Map<String, String> extraParams() {
        return values.get(Options.EXTRA_PARAMS);
    }

    /**
     * How long connecting waits for another instance that is migrating the schema.
     *
     * @return zero or a positive duration
     */
    public Duration schemaWait() {
        return values.get(Options.SCHEMA_WAIT);
    }

    /**
     * Whether connecting omits the probe of what change streams assume of the server.
     *
     * @return true if it does
     */
    public boolean skipServerProbe() {
        return values.get(Options.SKIP_SERVER_PROBE);
    }

    /**
     * The most connections in the pool.
     *
     * @return at least 1
     */
    public int maxConnections() {
        return values.get(Options.MAX_CONNECTIONS);
    }

    /**
     * The largest number of idle connections that remain open.
     *
     * @return at least 1; {@link #maxConnections()} if it is not set
     */
    public int maxIdleConnections() {
        Integer value = values.find(Options.MAX_IDLE_CONNECTIONS);
        return value == null ? maxConnections() : value;
    }

    /**
     * How many prepared statements a connection keeps.
     *
     * @return as {@link Builder#preparedStatements}
     */
    public int preparedStatements() {
        return values.get(Options.PREPARED_STATEMENTS);
    }

    /**
     * How long a connection is used before it is replaced.
     *
     * @return a positive duration
     */
    public Duration connectionMaxLifetime() {
        return values.get(Options.CONNECTION_MAX_LIFETIME);
    }

    /**
     * How long making a connection may take.
     *
     * @return a positive duration
     */
    public Duration connectTimeout() {
        return values.get(Options.CONNECT_TIMEOUT);
    }

    /**
     * How long nothing may arrive on a connection before the operating system asks the other end whether it is there, and how
     * long between such questions.
     *
     * @return at least 1 s
     */
    public Duration tcpKeepAlive() {
        return values.get(Options.TCP_KEEP_ALIVE);
    }

    /**
     * How long the other end's operating system may fail to acknowledge what was sent before the connection counts as lost.
     *
     * @return at least 1 s
     */
    public Duration tcpUserTimeout() {
        return values.get(Options.TCP_USER_TIMEOUT);
    }

    /**
     * How long waiting for a connection of the pool may take.
     *
     * @return a positive duration
     */
    public Duration acquireTimeout() {
        return values.get(Options.ACQUIRE_TIMEOUT);
    }

    /**
     * How long the server may work on one statement.
     *
     * @return a positive duration
     */
    public Duration statementTimeout() {
        return values.get(Options.STATEMENT_TIMEOUT);
    }

    /**
     * How long a statement may wait for another one's lock.
     *
     * @return a positive duration
     */
    public Duration lockTimeout() {
        return values.get(Options.LOCK_TIMEOUT);
    }

    /**
     * How large a document may be.
     *
     * @return bytes, as {@link Builder#maxDocumentBytes}
     */
    public int maxDocumentBytes() {
        return values.get(Options.MAX_DOCUMENT_BYTES);
    }

    /**
     * How long an idle change stream waits before it reads without a notification.
     *
     * @return a positive duration
     */
    public Duration pollInterval() {
        return values.get(Options.POLL_INTERVAL);
    }

    /**
     * The name under which the server lists the connections.
     *
     * @return never empty
     */
    public String applicationName() {
        return values.get(Options.APPLICATION_NAME);
    }

    /**
     * How connections are encrypted, as {@code TlsContext.open} takes it: for connections of the application's own, which
     * then have the same certificates.
     *
     * @return empty where connections are in plain text
     */
    public Optional<TlsOptions> tls() {
        if (sslMode() == SslMode.DISABLE) {
            return Optional.empty();
        }
        TlsOptions.Builder tls =
                TlsOptions.builder().minimumVersion(sslMinProtocolVersion()).reloadInterval(sslReloadInterval());
        Optional.ofNullable(sslMode()).ifPresent(tls::mode);
        Optional.ofNullable(sslCert()).ifPresent(tls::certificate);
        Optional.ofNullable(sslKey()).ifPresent(tls::key);
        Optional.ofNullable(sslRootCert()).ifPresent(tls::rootCertificate);
        Optional.ofNullable(sslCrl()).ifPresent(tls::revocationList);
        Optional.ofNullable(sslPasswordFile()).ifPresent(tls::keyPasswordFile);
        if (password() == null) {
            // With a password, the login does not use the certificate, so the certificate can name any user.
            tls.user(username());
        }
        return Optional.of(tls.build());
    }

    /**
     * How the server may ask for a login, as connection properties of the JDBC driver, for connections of the application's own:
     * {@code channelBinding}, which version 42.7.4 has, and {@code requireAuth}, which 42.7.13 has, with the defaults of
     * {@link Builder#requireAuth}.
     *
     * @return names and values; without {@code requireAuth} where everything is accepted
     */
    public Map<String, String> jdbcLogin() {
        return LoginRules.of(this).jdbcProperties(channelBinding());
    }

    /**
     * Every option with its value and where it came from, for people: what a program prints when an operator asks why it
     * connects as it does. No secrets.
     *
     * @return in the order of the methods above; options without a value among them
     */
    public List<ConfiguredOption> configured() {
        return values.configured();
    }

    /**
     * Starts with these options.
     *
     * @return a new builder
     */
    public Builder toBuilder() {
        return new Builder(values);
    }

    @Override
    public String toString() {
        return "DatastoreOptions{" + values + "}";
    }

    /** Collects options; {@link #build()} checks them all at once. Not safe for use by several threads. */
    public static final class Builder {

        private OptionValues values;

        private Builder(OptionValues values) {
            this.values = values;
        }

        /**
         * Sets options from environment variables; see {@link DatastoreOptions} for the precedence. {@link #build()}
         * rejects invalid values.
         *
         * @param variables names and values of variables
         * @return this builder
         */
        public Builder environment(Map<String, String> variables) {
            values = EnvironmentSource.read(values, variables);
            return this;
        }

        /**
         * Sets options from a connection URL, in the form that {@link DatastoreOptions#fromUrl} describes; each part may be
         * missing. It has the precedence of this builder's own methods: of two calls that set the same option, the later wins.
         * {@link #build()} rejects invalid values.
         *
         * @param value the URL
         * @return this builder
         */
        public Builder url(String value) {
            values = UrlSource.read(values, value, Source.URL);
            return this;
        }

        /**
         * Sets options from properties, for application frameworks. Each option has the name of its method in this builder, with
         * hyphens or without: {@code maxConnections} and {@code max-connections} are the same. {@code url} is as in
         * {@link #url}, and {@code yaml-path} names a file for {@link #yaml(Path)}, which is read at once. Values are strings as
         * in environment variables; a blank one leaves the option unchanged. Properties have the precedence of this builder's own
         * methods: of two calls that set the same option, the later wins. {@link #build()} rejects unknown names and invalid
         * values.
         *
         * @param prefix how errors begin the name of a property, such as {@code nvsentinel.datastore.}
         * @param properties names, without the prefix, and values
         * @return this builder
         */
        public Builder properties(String prefix, Map<String, String> properties) {
            values = PropertySource.read(values, prefix, properties);
            return this;
        }

        /**
         * Sets options from a YAML document; see {@link DatastoreOptions} for the precedence and the keys.
         * {@link #build()} rejects invalid values.
         *
         * @param text one YAML document
         * @return this builder
         */
        public Builder yaml(String text) {
            values = YamlSource.read(values, text, "YAML");
            return this;
        }

        /**
         * As {@link #yaml(String)}, from a file in UTF-8. Blocks while it reads.
         *
         * @param file the file
         * @return this builder
         */
        public Builder yaml(Path file) {
            values = YamlSource.read(values, file, "YAML");
            return this;
        }

        /**
         * Sets the server, or several of which one is the primary: {@code a:5432,b:5433}. Required;
         * {@code DATASTORE_HOST}. Of several, each new connection goes to the first that answers and accepts writes; so
         * it follows a failover.
         *
         * @param value host name or address, with a port or without; an IPv6 address with a port in brackets
         * @return this builder
         */
        public Builder host(String value) {
            return set(Options.HOST, value);
        }

        /**
         * Sets where the server is reached without the pooler that {@link #host} names, for work that a pooler in
         * transaction mode does not support, because it needs a dedicated session: the migrations, the wake-ups of
         * change streams, and the retention of the changelog. As {@code host}; default is {@code host} itself;
         * {@code DATASTORE_DIRECT_HOST}.
         *
         * @param value host names or addresses
         * @return this builder
         */
        public Builder directHost(String value) {
            return set(Options.DIRECT_HOST, value);
        }

        /**
         * Sets servers that reads may go to, mostly standbys: {@code b:5432,c:5432}. Default none;
         * {@code DATASTORE_READ_HOSTS}. They are used only by reads that ask for it, with {@link Datastore#reading}, and in
         * turn. Each has a pool of up to {@link #maxConnections} connections, with the user, the certificates and the other
         * options of {@link #host}.
         *
         * @param value host names or addresses, as for {@code host}
         * @return this builder
         */
        public Builder readHosts(String value) {
            return set(Options.READ_HOSTS, value);
        }

        /**
         * Sets the port of servers that name none. Default 5432, range 1 to 65535; {@code DATASTORE_PORT}.
         *
         * @param value the port
         * @return this builder
         */
        public Builder port(int value) {
            return set(Options.PORT, value);
        }

        /**
         * Sets the database. Required; {@code DATASTORE_DATABASE}.
         *
         * @param value the database's name
         * @return this builder
         */
        public Builder database(String value) {
            return set(Options.DATABASE, value);
        }

        /**
         * Sets the user. Required; {@code DATASTORE_USERNAME}. With certificate authentication it is the certificate's
         * common name.
         *
         * @param value the user's name
         * @return this builder
         */
        public Builder username(String value) {
            return set(Options.USERNAME, value);
        }

        /**
         * Sets the password. Default none; {@code DATASTORE_PASSWORD}. Any characters are allowed.
         *
         * @param value the password, or null for none
         * @return this builder
         */
        public Builder password(@Nullable String value) {
            return set(Options.PASSWORD, value);
        }

        /**
         * Sets the schema that holds the tables. Default {@code public}; {@code DATASTORE_SCHEMA}.
         *
         * @param value the schema's name
         * @return this builder
         */
        public Builder schema(String value) {
            return set(Options.SCHEMA, value);
        }

        /**
         * Sets what connecting does about the schema. Default {@link SchemaMode#MIGRATE};
         * {@code DATASTORE_SCHEMA_MODE}. Use {@link SchemaMode#VALIDATE} for a user without the right to create.
         *
         * @param value the mode
         * @return this builder
         */
        public Builder schemaMode(SchemaMode value) {
            return set(Options.SCHEMA_MODE, value);
        }

        /**
         * Sets how long connecting waits for another instance that is migrating the schema. Default 1 min, range 0 to 1
         * d, where 0 means no waiting; {@code DATASTORE_SCHEMA_WAIT}. With {@link SchemaMode#VALIDATE} it waits for
         * pending migrations to be applied, with {@link SchemaMode#MIGRATE} for an instance that is applying them.
         *
         * @param value the duration
         * @return this builder
         */
        public Builder schemaWait(Duration value) {
            return set(Options.SCHEMA_WAIT, value);
        }

        /**
         * Sets whether connecting with {@link SchemaMode#MIGRATE} and {@link SchemaMode#VALIDATE} omits the probe of
         * {@link Datastore#probe}, which it makes once for each version of the server. Default false;
         * {@code DATASTORE_SKIP_SERVER_PROBE}. If true, a warning is logged as long as the server has not been probed.
         *
         * @param value whether to omit it
         * @return this builder
         */
        public Builder skipServerProbe(boolean value) {
            return set(Options.SKIP_SERVER_PROBE, value);
        }

        /**
         * Sets the TLS mode. Default: verify-full with a root certificate, else require; {@code DATASTORE_SSLMODE}.
         *
         * @param value the mode
         * @return this builder
         */
        public Builder sslMode(SslMode value) {
            return set(Options.SSL_MODE, value);
        }

        /**
         * Sets the client certificate's PEM file. Default none; {@code DATASTORE_SSLCERT}.
         *
         * @param value the file; needs {@link #sslKey}
         * @return this builder
         */
        public Builder sslCert(Path value) {
            return set(Options.SSL_CERT, value);
        }

        /**
         * Sets the client key's PEM file. Default none; {@code DATASTORE_SSLKEY}.
         *
         * @param value the file; needs {@link #sslCert}
         * @return this builder
         */
        public Builder sslKey(Path value) {
            return set(Options.SSL_KEY, value);
        }

        /**
         * Sets the PEM file of the accepted certificate authorities. Default none; {@code DATASTORE_SSLROOTCERT}.
         *
         * @param value the file
         * @return this builder
         */
        public Builder sslRootCert(Path value) {
            return set(Options.SSL_ROOT_CERT, value);
        }

        /**
         * Sets certificate, key and root certificate at once, from a directory as Kubernetes mounts a certificate's
         * secret: {@code tls.crt}, {@code tls.key}, {@code ca.crt}. {@code POSTGRESQL_CLIENT_CERT_MOUNT_PATH}.
         *
         * @param directory the mounted directory
         * @return this builder
         */
        public Builder certificates(Path directory) {
            return sslCert(directory.resolve("tls.crt"))
                    .sslKey(directory.resolve("tls.key"))
                    .sslRootCert(directory.resolve("ca.crt"));
        }

        /**
         * Sets the PEM file of revocation lists. Every certificate of the server's chain must then be covered by a current
         * list. Default none, revocation is not checked; {@code DATASTORE_SSLCRL}.
         *
         * @param value the file; needs a mode that verifies the server
         * @return this builder
         */
        public Builder sslCrl(Path value) {
            return set(Options.SSL_CRL, value);
        }

        /**
         * Sets the file with the password of an encrypted client key. One line end after the password is not part of it.
         * Default none; {@code DATASTORE_SSLPASSWORD_FILE}.
         *
         * @param value the file; needs {@link #sslKey}
         * @return this builder
         */
        public Builder sslPasswordFile(Path value) {
            return set(Options.SSL_PASSWORD_FILE, value);
        }

        /**
         * Sets the oldest TLS version to accept. Default {@link TlsVersion#TLS_1_2};
         * {@code DATASTORE_SSL_MIN_PROTOCOL_VERSION}.
         *
         * @param value the version
         * @return this builder
         */
        public Builder sslMinProtocolVersion(TlsVersion value) {
            return set(Options.SSL_MIN_PROTOCOL_VERSION, value);
        }

        /**
         * Sets whether a login is bound to the TLS connection that carries it. Default {@link ChannelBinding#PREFER};
         * {@code DATASTORE_CHANNEL_BINDING}.
         *
         * @param value the mode; {@link ChannelBinding#REQUIRE} needs TLS
         * @return this builder
         */
        public Builder channelBinding(ChannelBinding value) {
            return set(Options.CHANNEL_BINDING, value);
        }

        /**
         * Sets how the server may ask for a login, as libpq's {@code require_auth}: a list, with commas, of {@code password} (in
         * clear text), {@code md5}, {@code scram-sha-256}, {@code none} (not at all), {@code gss} and {@code sspi}; the last two
         * are known, but no driver here can log in with them. With {@code !} before each, the list says what is not accepted.
         * Connecting fails with {@link ConfigurationException} when the server asks for anything else.
         * {@code DATASTORE_REQUIRE_AUTH}.
         *
         * <p>Default without a password: everything. With one, {@code scram-sha-256}; also {@code password} and {@code md5} if the
         * server's certificate is verified ({@code verify-ca}, {@code verify-full}, or a root certificate), and {@code none} if,
         * beside that, a client certificate is sent.
         *
         * @param value the list, for example {@code scram-sha-256} or {@code !password,!md5}
         * @return this builder
         */
        public Builder requireAuth(String value) {
            return set(Options.REQUIRE_AUTH, value);
        }

        /**
         * Sets how often the certificate files are compared, by content, with what is in use. Default 10 s, range 10 ms to
         * 1 d; {@code DATASTORE_SSL_RELOAD_INTERVAL}. New files that verify are used for connections made afterwards.
         *
         * @param value the duration
         * @return this builder
         */
        public Builder sslReloadInterval(Duration value) {
            return set(Options.SSL_RELOAD_INTERVAL, value);
        }

        /**
         * Sets whether connections made with earlier certificates leave at once when new ones are in use: idle
         * connections within a second, connections in use when they are released, and the connections that listen for
         * changes by reconnecting. Default false: they leave at the end of {@link #connectionMaxLifetime};
         * {@code DATASTORE_REPLACE_CONNECTIONS_ON_ROTATION}. Turn it on where an old certificate may be revoked, or
         * expires soon.
         *
         * @param value whether they leave at once
         * @return this builder
         */
        public Builder replaceConnectionsOnRotation(boolean value) {
            return set(Options.REPLACE_CONNECTIONS_ON_ROTATION, value);
        }

        /**
         * Sets parameters of the server for each connection. Default none; {@code DATASTORE_EXTRA_PARAMS}. Allowed are
         * parameters that do not affect the guarantees of this library: planner costs, {@code jit}, {@code work_mem},
         * TCP keep-alives and the like. They are not set on the connection of the migrations.
         *
         * @param value names and values
         * @return this builder
         */
        public Builder extraParams(Map<String, String> value) {
            return set(Options.EXTRA_PARAMS, Map.copyOf(value));
        }

        /**
         * Sets the most connections in the pool. Default 25, range 1 to 10000; {@code DATASTORE_MAX_CONNECTIONS}. A
         * change stream needs one more, outside the pool.
         *
         * @param value the number
         * @return this builder
         */
        public Builder maxConnections(int value) {
            return set(Options.MAX_CONNECTIONS, value);
        }

        /**
         * Sets the largest number of idle connections that remain open. Default as many as {@link #maxConnections},
         * range 1 to that; {@code DATASTORE_MAX_IDLE_CONNECTIONS}. A released connection above this number is closed
         * immediately. Lower it if connections are scarce; opening a connection takes some milliseconds.
         *
         * @param value the number
         * @return this builder
         */
        public Builder maxIdleConnections(int value) {
            return set(Options.MAX_IDLE_CONNECTIONS, value);
        }

        /**
         * Sets how many prepared statements a connection keeps (the most recently used). Default 256, range 0 to 10000;
         * 0 is for poolers in transaction mode without support for prepared statements, such as PgBouncer before 1.21
         * or without {@code max_prepared_statements}: the server then parses each statement again.
         * {@code DATASTORE_PREPARED_STATEMENTS}.
         *
         * @param value the number
         * @return this builder
         */
        public Builder preparedStatements(int value) {
            return set(Options.PREPARED_STATEMENTS, value);
        }

        /**
         * Sets how long a connection is used before it is replaced. Default 1 h, range 1 s to 1 d;
         * {@code DATASTORE_CONNECTION_MAX_LIFETIME}. A connection in use is replaced when it is released.
         *
         * @param value the duration
         * @return this builder
         */
        public Builder connectionMaxLifetime(Duration value) {
            return set(Options.CONNECTION_MAX_LIFETIME, value);
        }

        /**
         * Sets how long making a connection may take. Default 10 s, range 1 ms to 1 d;
         * {@code DATASTORE_CONNECT_TIMEOUT}.
         *
         * @param value the duration
         * @return this builder
         */
        public Builder connectTimeout(Duration value) {
            return set(Options.CONNECT_TIMEOUT, value);
        }

        /**
         * Sets the TCP keep-alive time and interval: how long a connection may receive nothing before the operating
         * system probes the peer, and the time between probes. An idle connection whose peer has disappeared is closed
         * this way. Default 5 s, range 1 s to 1 d, in whole seconds; {@code DATASTORE_TCP_KEEP_ALIVE}.
         *
         * @param value the duration
         * @return this builder
         */
        public Builder tcpKeepAlive(Duration value) {
            return set(Options.TCP_KEEP_ALIVE, value);
        }

        /**
         * Sets how long the other end's operating system may fail to acknowledge what was sent, a question of
         * {@link #tcpKeepAlive} too, before the connection counts as lost: {@code TCP_USER_TIMEOUT} on Linux with epoll. On
         * other platforms, and for migrations, it bounds only the questions of an idle connection. Default 10 s, range 1 s to
         * 1 d; {@code DATASTORE_TCP_USER_TIMEOUT}.
         *
         * @param value the duration
         * @return this builder
         */
        public Builder tcpUserTimeout(Duration value) {
            return set(Options.TCP_USER_TIMEOUT, value);
        }

        /**
         * Sets how long waiting for a connection of the pool may take. Default 10 s, range 1 ms to 1 d;
         * {@code DATASTORE_ACQUIRE_TIMEOUT}.
         *
         * @param value the duration
         * @return this builder
         */
        public Builder acquireTimeout(Duration value) {
            return set(Options.ACQUIRE_TIMEOUT, value);
        }

        /**
         * Sets how long the server may work on one statement. Default 30 s, range 1 ms to 1 d;
         * {@code DATASTORE_STATEMENT_TIMEOUT}. A migration's changes to the schema are not bound by it. A server that has not
         * answered 5 s after that is taken for gone: the connection is closed, and what ran fails as unavailable or, if it
         * wrote, with an unknown outcome.
         *
         * @param value the duration
         * @return this builder
         */
        public Builder statementTimeout(Duration value) {
            return set(Options.STATEMENT_TIMEOUT, value);
        }

        /**
         * Sets how long a statement may wait for another one's lock. Default 10 s, range 1 ms to 1 d;
         * {@code DATASTORE_LOCK_TIMEOUT}. A migration's changes to the schema are not bound by it.
         *
         * @param value the duration
         * @return this builder
         */
        public Builder lockTimeout(Duration value) {
            return set(Options.LOCK_TIMEOUT, value);
        }

        /**
         * Sets how large a document may be, in bytes of its JSON as the server writes it. Default 16 MiB, range 1 KiB to
         * 256 MiB less one byte; {@code DATASTORE_MAX_DOCUMENT_BYTES}. A write that would store a larger document fails with
         * {@link io.nvsentinel.datastore.error.LimitExceededException}. A change stream reads no larger one: such a change is
         * undecodable. Queries return documents of any size. On a connection of the caller's, and behind a pooler that does not
         * pass the parameter {@code nvsentinel.max_document_bytes} on, writes are bound by the default.
         *
         * @param value the bytes
         * @return this builder
         */
        public Builder maxDocumentBytes(int value) {
            return set(Options.MAX_DOCUMENT_BYTES, value);
        }

        /**
         * Sets how long an idle change stream waits before it reads without a notification. Default 5 s, range 1 ms to
         * 1 d; {@code DATASTORE_POLL_INTERVAL}. A wake-up usually arrives first, so this limits the delay only if
         * wake-ups are impossible or are lost.
         *
         * @param value the duration
         * @return this builder
         */
        public Builder pollInterval(Duration value) {
            return set(Options.POLL_INTERVAL, value);
        }

        /**
         * Sets the name under which the server lists the connections. Default {@code nvsentinel-datastore};
         * {@code APP_NAME}.
         *
         * @param value the name
         * @return this builder
         */
        public Builder applicationName(String value) {
            return set(Options.APPLICATION_NAME, value);
        }

        /**
         * Checks all options.
         *
         * @return immutable options
         * @throws ConfigurationException naming everything that is wrong
         */
        public DatastoreOptions build() {
            OptionValues completed = values.completed();
            List<String> problems = completed.problems();
            if (!problems.isEmpty()) {
                throw new ConfigurationException(String.join("; ", problems));
            }
            return new DatastoreOptions(completed);
        }

        private <T> Builder set(Option<T> option, @Nullable T value) {
            values = values.with(option, value, Source.BUILDER);
            return this;
        }
    }
}

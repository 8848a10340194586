// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore;

import io.nvsentinel.datastore.internal.options.EnvironmentOptions;
import io.nvsentinel.tls.SslMode;
import io.nvsentinel.tls.TlsVersion;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * How to reach the database and how to behave there. Immutable and safe to share; made by {@link #builder()} or
 * {@link #fromEnvironment()}. {@link #toString()} hides the password.
 *
 * <pre>{@code
 * DatastoreOptions options = DatastoreOptions.builder()
 *         .host("db.example.com")
 *         .database("nvsentinel")
 *         .username("nvsentinel")
 *         .certificates(Path.of("/etc/ssl/client-certs"))
 *         .build();
 * }</pre>
 */
public final class DatastoreOptions {

    private final Builder values;

    private DatastoreOptions(Builder values) {
        this.values = values;
    }

    /**
     * Starts with every option at its default.
     *
     * @return a new builder
     */
    public static Builder builder() {
        return new Builder();
    }

    /**
     * Reads the {@code DATASTORE_*} variables of this process.
     *
     * @return the options
     * @throws MisconfiguredException naming every variable that is missing or wrong
     */
    public static DatastoreOptions fromEnvironment() {
        return fromEnvironment(System.getenv());
    }

    /**
     * Reads the {@code DATASTORE_*} variables of a given environment. A variable that is unset or blank leaves the
     * option at its default.
     *
     * @param environment names and values of variables
     * @return the options
     * @throws MisconfiguredException naming every variable that is missing or wrong
     */
    public static DatastoreOptions fromEnvironment(Map<String, String> environment) {
        return EnvironmentOptions.read(environment);
    }

    /**
     * The server's host name or address.
     *
     * @return never empty
     */
    public String host() {
        return required(values.host);
    }

    /**
     * The server's port.
     *
     * @return 1 to 65535
     */
    public int port() {
        return values.port;
    }

    /**
     * The database.
     *
     * @return never empty
     */
    public String database() {
        return required(values.database);
    }

    /**
     * The user that logs in.
     *
     * @return never empty
     */
    public String username() {
        return required(values.username);
    }

    /**
     * The password.
     *
     * @return null where a certificate or the server's trust logs in
     */
    public @Nullable String password() {
        return values.password;
    }

    /**
     * The schema that holds the tables.
     *
     * @return never empty
     */
    public String schema() {
        return values.schema;
    }

    /**
     * What connecting does about the schema.
     *
     * @return the mode
     */
    public SchemaMode schemaMode() {
        return values.schemaMode;
    }

    /**
     * The TLS mode as given.
     *
     * @return null where it follows from the certificates: verify-full with a root certificate, else require
     */
    public @Nullable SslMode sslMode() {
        return values.sslMode;
    }

    /**
     * The client certificate's PEM file.
     *
     * @return null where none is sent
     */
    public @Nullable Path sslCert() {
        return values.sslCert;
    }

    /**
     * The client key's PEM file.
     *
     * @return null where no client certificate is sent
     */
    public @Nullable Path sslKey() {
        return values.sslKey;
    }

    /**
     * The PEM file of the certificate authorities that the server's certificate may come from.
     *
     * @return null where none is given
     */
    public @Nullable Path sslRootCert() {
        return values.sslRootCert;
    }

    /**
     * The PEM file of revocation lists that the server's certificate is checked against.
     *
     * @return null where revocation is not checked
     */
    public @Nullable Path sslCrl() {
        return values.sslCrl;
    }

    /**
     * The file with the password of an encrypted client key.
     *
     * @return null where the key is not encrypted
     */
    public @Nullable Path sslPasswordFile() {
        return values.sslPasswordFile;
    }

    /**
     * The oldest TLS version to accept.
     *
     * @return the version
     */
    public TlsVersion sslMinProtocolVersion() {
        return values.sslMinProtocolVersion;
    }

    /**
     * How often the certificate files are compared with what is in use.
     *
     * @return a positive duration
     */
    public Duration sslReloadInterval() {
        return values.sslReloadInterval;
    }

    /**
     * Whether connections made with earlier certificates leave at once when new ones are in use.
     *
     * @return false where they leave at the end of their lifetime
     */
    public boolean replaceConnectionsOnRotation() {
        return values.replaceConnectionsOnRotation;
    }

    /**
     * The most connections in the pool.
     *
     * @return at least 1
     */
    public int maxConnections() {
        return values.maxConnections;
    }

    /**
     * How long a connection is used before it is replaced.
     *
     * @return a positive duration
     */
    public Duration connectionMaxLifetime() {
        return values.connectionMaxLifetime;
    }

    /**
     * How long making a connection may take.
     *
     * @return a positive duration
     */
    public Duration connectTimeout() {
        return values.connectTimeout;
    }

    /**
     * How long waiting for a connection of the pool may take.
     *
     * @return a positive duration
     */
    public Duration acquireTimeout() {
        return values.acquireTimeout;
    }

    /**
     * How long the server may work on one statement.
     *
     * @return a positive duration
     */
    public Duration statementTimeout() {
        return values.statementTimeout;
    }

    /**
     * How long a change stream that hears nothing waits before it looks for changes.
     *
     * @return a positive duration
     */
    public Duration pollInterval() {
        return values.pollInterval;
    }

    /**
     * The name under which the server lists the connections.
     *
     * @return never empty
     */
    public String applicationName() {
        return values.applicationName;
    }

    /**
     * Starts with these options.
     *
     * @return a new builder
     */
    public Builder toBuilder() {
        return values.copy();
    }

    @Override
    public String toString() {
        return "DatastoreOptions{host=" + values.host + ", port=" + values.port + ", database=" + values.database
                + ", username=" + values.username + ", password=" + (values.password == null ? "none" : "<hidden>")
                + ", schema=" + values.schema + ", schemaMode=" + values.schemaMode + ", sslMode=" + values.sslMode
                + ", sslCert=" + values.sslCert + ", sslKey=" + values.sslKey + ", sslRootCert=" + values.sslRootCert
                + ", sslCrl=" + values.sslCrl + ", sslPasswordFile=" + values.sslPasswordFile
                + ", sslMinProtocolVersion=" + values.sslMinProtocolVersion + ", sslReloadInterval="
                + values.sslReloadInterval + ", replaceConnectionsOnRotation=" + values.replaceConnectionsOnRotation
                + ", maxConnections=" + values.maxConnections + ", connectionMaxLifetime="
                + values.connectionMaxLifetime + ", connectTimeout=" + values.connectTimeout + ", acquireTimeout="
                + values.acquireTimeout + ", statementTimeout=" + values.statementTimeout + ", pollInterval="
                + values.pollInterval + ", applicationName=" + values.applicationName + "}";
    }

    private static String required(@Nullable String value) {
        if (value == null) {
            throw new IllegalStateException("bug: options were built without a required value");
        }
        return value;
    }

    /** Collects options; {@link #build()} checks them all at once. Not safe for use by several threads. */
    public static final class Builder implements Cloneable {

        private static final Duration LONGEST = Duration.ofDays(1);

        private @Nullable String host;
        private int port = 5432;
        private @Nullable String database;
        private @Nullable String username;
        private @Nullable String password;
        private String schema = "public";
        private SchemaMode schemaMode = SchemaMode.MIGRATE;
        private @Nullable SslMode sslMode;
        private @Nullable Path sslCert;
        private @Nullable Path sslKey;
        private @Nullable Path sslRootCert;
        private @Nullable Path sslCrl;
        private @Nullable Path sslPasswordFile;
        private TlsVersion sslMinProtocolVersion = TlsVersion.TLS_1_2;
        private Duration sslReloadInterval = Duration.ofSeconds(10);
        private boolean replaceConnectionsOnRotation;
        private int maxConnections = 25;
        private Duration connectionMaxLifetime = Duration.ofHours(1);
        private Duration connectTimeout = Duration.ofSeconds(10);
        private Duration acquireTimeout = Duration.ofSeconds(10);
        private Duration statementTimeout = Duration.ofSeconds(30);
        private Duration pollInterval = Duration.ofSeconds(5);
        private String applicationName = "nvsentinel-datastore";

        private Builder() {}

        /**
         * Sets the server. Required; {@code DATASTORE_HOST}.
         *
         * @param value host name or address
         * @return this builder
         */
        public Builder host(String value) {
            host = value;
            return this;
        }

        /**
         * Sets the port. Default 5432, range 1 to 65535; {@code DATASTORE_PORT}.
         *
         * @param value the port
         * @return this builder
         */
        public Builder port(int value) {
            port = value;
            return this;
        }

        /**
         * Sets the database. Required; {@code DATASTORE_DATABASE}.
         *
         * @param value the database's name
         * @return this builder
         */
        public Builder database(String value) {
            database = value;
            return this;
        }

        /**
         * Sets the user. Required; {@code DATASTORE_USERNAME}. With certificate authentication it is the certificate's
         * common name.
         *
         * @param value the user's name
         * @return this builder
         */
        public Builder username(String value) {
            username = value;
            return this;
        }

        /**
         * Sets the password. Default none; {@code DATASTORE_PASSWORD}. Any characters are allowed.
         *
         * @param value the password, or null for none
         * @return this builder
         */
        public Builder password(@Nullable String value) {
            password = value;
            return this;
        }

        /**
         * Sets the schema that holds the tables. Default {@code public}; {@code DATASTORE_SCHEMA}.
         *
         * @param value the schema's name
         * @return this builder
         */
        public Builder schema(String value) {
            schema = value;
            return this;
        }

        /**
         * Sets what connecting does about the schema. Default {@link SchemaMode#MIGRATE};
         * {@code DATASTORE_SCHEMA_MODE}. Use {@link SchemaMode#VALIDATE} for a user without the right to create.
         *
         * @param value the mode
         * @return this builder
         */
        public Builder schemaMode(SchemaMode value) {
            schemaMode = value;
            return this;
        }

        /**
         * Sets the TLS mode. Default: verify-full with a root certificate, else require; {@code DATASTORE_SSLMODE}.
         *
         * @param value the mode
         * @return this builder
         */
        public Builder sslMode(SslMode value) {
            sslMode = value;
            return this;
        }

        /**
         * Sets the client certificate's PEM file. Default none; {@code DATASTORE_SSLCERT}.
         *
         * @param value the file; needs {@link #sslKey}
         * @return this builder
         */
        public Builder sslCert(Path value) {
            sslCert = value;
            return this;
        }

        /**
         * Sets the client key's PEM file. Default none; {@code DATASTORE_SSLKEY}.
         *
         * @param value the file; needs {@link #sslCert}
         * @return this builder
         */
        public Builder sslKey(Path value) {
            sslKey = value;
            return this;
        }

        /**
         * Sets the PEM file of the accepted certificate authorities. Default none; {@code DATASTORE_SSLROOTCERT}.
         *
         * @param value the file
         * @return this builder
         */
        public Builder sslRootCert(Path value) {
            sslRootCert = value;
            return this;
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
            sslCrl = value;
            return this;
        }

        /**
         * Sets the file with the password of an encrypted client key. One line end after the password is not part of it.
         * Default none; {@code DATASTORE_SSLPASSWORD_FILE}.
         *
         * @param value the file; needs {@link #sslKey}
         * @return this builder
         */
        public Builder sslPasswordFile(Path value) {
            sslPasswordFile = value;
            return this;
        }

        /**
         * Sets the oldest TLS version to accept. Default {@link TlsVersion#TLS_1_2};
         * {@code DATASTORE_SSL_MIN_PROTOCOL_VERSION}.
         *
         * @param value the version
         * @return this builder
         */
        public Builder sslMinProtocolVersion(TlsVersion value) {
            sslMinProtocolVersion = value;
            return this;
        }

        /**
         * Sets how often the certificate files are compared, by content, with what is in use. Default 10 s, range 10 ms to
         * 1 d; {@code DATASTORE_SSL_RELOAD_INTERVAL}. New files that verify are used for connections made afterwards.
         *
         * @param value the duration
         * @return this builder
         */
        public Builder sslReloadInterval(Duration value) {
            sslReloadInterval = value;
            return this;
        }

        /**
         * Sets whether connections made with earlier certificates leave at once when new ones are in use: idle ones within a
         * second, lent ones when they come back, those that listen for changes by reconnecting. Default false: they leave at
         * the end of {@link #connectionMaxLifetime}; {@code DATASTORE_REPLACE_CONNECTIONS_ON_ROTATION}. Turn it on where an
         * old certificate may be revoked, or expires soon.
         *
         * @param value whether they leave at once
         * @return this builder
         */
        public Builder replaceConnectionsOnRotation(boolean value) {
            replaceConnectionsOnRotation = value;
            return this;
        }

        /**
         * Sets the most connections in the pool. Default 25, range 1 to 10000; {@code DATASTORE_MAX_CONNECTIONS}. A
         * change stream needs one more, outside the pool.
         *
         * @param value the number
         * @return this builder
         */
        public Builder maxConnections(int value) {
            maxConnections = value;
            return this;
        }

        /**
         * Sets how long a connection is used before it is replaced. Default 1 h, range 1 s to 1 d;
         * {@code DATASTORE_CONNECTION_MAX_LIFETIME}. A connection in use is replaced when it comes back, an idle one at
         * most 30 s later, one that listens for changes by reconnecting.
         *
         * @param value the duration
         * @return this builder
         */
        public Builder connectionMaxLifetime(Duration value) {
            connectionMaxLifetime = value;
            return this;
        }

        /**
         * Sets how long making a connection may take. Default 10 s, range 1 ms to 1 d;
         * {@code DATASTORE_CONNECT_TIMEOUT}.
         *
         * @param value the duration
         * @return this builder
         */
        public Builder connectTimeout(Duration value) {
            connectTimeout = value;
            return this;
        }

        /**
         * Sets how long waiting for a connection of the pool may take. Default 10 s, range 1 ms to 1 d;
         * {@code DATASTORE_ACQUIRE_TIMEOUT}.
         *
         * @param value the duration
         * @return this builder
         */
        public Builder acquireTimeout(Duration value) {
            acquireTimeout = value;
            return this;
        }

        /**
         * Sets how long the server may work on one statement. Default 30 s, range 1 ms to 1 d;
         * {@code DATASTORE_STATEMENT_TIMEOUT}. Migrations are not bound by it.
         *
         * @param value the duration
         * @return this builder
         */
        public Builder statementTimeout(Duration value) {
            statementTimeout = value;
            return this;
        }

        /**
         * Sets how long a change stream that hears nothing waits before it looks for changes. Default 5 s, range 1 ms
         * to 1 d; {@code DATASTORE_POLL_INTERVAL}. A wake-up usually comes first, so this bounds the delay only where
         * wake-ups are impossible or get lost.
         *
         * @param value the duration
         * @return this builder
         */
        public Builder pollInterval(Duration value) {
            pollInterval = value;
            return this;
        }

        /**
         * Sets the name under which the server lists the connections. Default {@code nvsentinel-datastore};
         * {@code APP_NAME}.
         *
         * @param value the name
         * @return this builder
         */
        public Builder applicationName(String value) {
            applicationName = value;
            return this;
        }

        /**
         * Checks all options.
         *
         * @return immutable options
         * @throws MisconfiguredException naming everything that is wrong
         */
        public DatastoreOptions build() {
            List<String> problems = problems();
            if (!problems.isEmpty()) {
                throw new MisconfiguredException(String.join("; ", problems));
            }
            return new DatastoreOptions(copy());
        }

        private List<String> problems() {
            List<String> problems = new ArrayList<>();
            check(problems, host != null && !host.isBlank(), "host is required");
            check(problems, database != null && !database.isBlank(), "database is required");
            check(problems, username != null && !username.isBlank(), "username is required");
            check(problems, port >= 1 && port <= 65535, "port must be between 1 and 65535, not " + port);
            check(problems, !schema.isBlank(), "schema must not be blank");
            check(problems, !applicationName.isBlank(), "applicationName must not be blank");
            check(problems, (sslCert == null) == (sslKey == null), "sslCert and sslKey must be given together");
            check(problems, sslPasswordFile == null || sslKey != null, "sslPasswordFile needs sslKey");
            check(
                    problems,
                    maxConnections >= 1 && maxConnections <= 10_000,
                    "maxConnections must be between 1 and 10000, not " + maxConnections);
            checkRange(problems, "sslReloadInterval", sslReloadInterval, Duration.ofMillis(10));
            checkRange(problems, "connectionMaxLifetime", connectionMaxLifetime, Duration.ofSeconds(1));
            checkRange(problems, "connectTimeout", connectTimeout, Duration.ofMillis(1));
            checkRange(problems, "acquireTimeout", acquireTimeout, Duration.ofMillis(1));
            checkRange(problems, "statementTimeout", statementTimeout, Duration.ofMillis(1));
            checkRange(problems, "pollInterval", pollInterval, Duration.ofMillis(1));
            return problems;
        }

        private static void check(List<String> problems, boolean holds, String problem) {
            if (!holds) {
                problems.add(problem);
            }
        }

        private static void checkRange(List<String> problems, String option, Duration value, Duration least) {
            check(
                    problems,
                    value.compareTo(least) >= 0 && value.compareTo(LONGEST) <= 0,
                    option + " must be between " + least + " and " + LONGEST + ", not " + value);
        }

        private Builder copy() {
            try {
                return (Builder) clone();
            } catch (CloneNotSupportedException e) {
                throw new IllegalStateException("bug: the builder is cloneable", e);
            }
        }
    }
}

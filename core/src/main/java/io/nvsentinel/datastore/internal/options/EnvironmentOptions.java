// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.internal.options;

import io.nvsentinel.datastore.DatastoreOptions;
import io.nvsentinel.datastore.MisconfiguredException;
import io.nvsentinel.datastore.SchemaMode;
import io.nvsentinel.tls.SslMode;
import io.nvsentinel.tls.TlsException;
import io.nvsentinel.tls.TlsVersion;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Function;

/** Reads options from environment variables. Collects every problem before it refuses. */
public final class EnvironmentOptions {

    private final Map<String, String> environment;
    private final List<String> problems = new ArrayList<>();

    private EnvironmentOptions(Map<String, String> environment) {
        this.environment = environment;
    }

    /**
     * Reads the {@code DATASTORE_*} variables.
     *
     * @param environment names and values
     * @return the options
     */
    public static DatastoreOptions read(Map<String, String> environment) {
        return new EnvironmentOptions(environment).read();
    }

    private DatastoreOptions read() {
        DatastoreOptions.Builder options = DatastoreOptions.builder();
        take("DATASTORE_PROVIDER", EnvironmentOptions::provider, provider -> {});
        take("DATASTORE_HOST", Function.identity(), options::host);
        take("DATASTORE_PORT", EnvironmentOptions::port, options::port);
        take("DATASTORE_DATABASE", Function.identity(), options::database);
        take("DATASTORE_USERNAME", Function.identity(), options::username);
        take("DATASTORE_PASSWORD", Function.identity(), options::password);
        take("DATASTORE_SCHEMA", Function.identity(), options::schema);
        take("DATASTORE_SCHEMA_MODE", EnvironmentOptions::schemaMode, options::schemaMode);
        take("POSTGRESQL_CLIENT_CERT_MOUNT_PATH", Path::of, directory -> mount(options, directory));
        take("DATASTORE_SSLMODE", SslMode::parse, options::sslMode);
        take("DATASTORE_SSLCERT", Path::of, options::sslCert);
        take("DATASTORE_SSLKEY", Path::of, options::sslKey);
        take("DATASTORE_SSLROOTCERT", Path::of, options::sslRootCert);
        take("DATASTORE_SSLCRL", Path::of, options::sslCrl);
        take("DATASTORE_SSLPASSWORD_FILE", Path::of, options::sslPasswordFile);
        take("DATASTORE_SSL_MIN_PROTOCOL_VERSION", TlsVersion::parse, options::sslMinProtocolVersion);
        take("DATASTORE_SSL_RELOAD_INTERVAL", DurationText::parse, options::sslReloadInterval);
        take(
                "DATASTORE_REPLACE_CONNECTIONS_ON_ROTATION",
                EnvironmentOptions::yesOrNo,
                options::replaceConnectionsOnRotation);
        take("DATASTORE_MAX_CONNECTIONS", EnvironmentOptions::number, options::maxConnections);
        take("DATASTORE_CONNECTION_MAX_LIFETIME", DurationText::parse, options::connectionMaxLifetime);
        take("DATASTORE_CONNECT_TIMEOUT", DurationText::parse, options::connectTimeout);
        take("DATASTORE_ACQUIRE_TIMEOUT", DurationText::parse, options::acquireTimeout);
        take("DATASTORE_STATEMENT_TIMEOUT", DurationText::parse, options::statementTimeout);
        take("DATASTORE_POLL_INTERVAL", DurationText::parse, options::pollInterval);
        take("APP_NAME", Function.identity(), options::applicationName);
        return build(options);
    }

    private DatastoreOptions build(DatastoreOptions.Builder options) {
        try {
            DatastoreOptions built = options.build();
            if (problems.isEmpty()) {
                return built;
            }
        } catch (MisconfiguredException e) {
            problems.add(String.valueOf(e.getMessage()));
        }
        throw new MisconfiguredException(
                "The environment's DATASTORE_* variables do not fit: " + String.join("; ", problems));
    }

    /** A password means that no client certificate is to be sent, so the mount is left alone then. */
    private void mount(DatastoreOptions.Builder options, Path directory) {
        if (environment.getOrDefault("DATASTORE_PASSWORD", "").isEmpty()) {
            options.certificates(directory);
        }
    }

    private <T> void take(String name, Function<String, T> parse, Consumer<T> option) {
        String value = environment.get(name);
        if (value == null || value.isBlank()) {
            return;
        }
        try {
            option.accept(parse.apply(name.equals("DATASTORE_PASSWORD") ? value : value.strip()));
        } catch (IllegalArgumentException | TlsException e) {
            problems.add(name + " " + e.getMessage());
        }
    }

    private static String provider(String value) {
        if (!value.equals("postgresql")) {
            throw new IllegalArgumentException("must be postgresql, the only provider here, not \"" + value + "\"");
        }
        return value;
    }

    private static int port(String value) {
        try {
            return Integer.parseInt(value);
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException("port must be between 1 and 65535, not \"" + value + "\"", e);
        }
    }

    private static int number(String value) {
        try {
            return Integer.parseInt(value);
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException("must be a whole number, not \"" + value + "\"", e);
        }
    }

    private static boolean yesOrNo(String value) {
        if (!value.equalsIgnoreCase("true") && !value.equalsIgnoreCase("false")) {
            throw new IllegalArgumentException("must be true or false, not \"" + value + "\"");
        }
        return Boolean.parseBoolean(value);
    }

    private static SchemaMode schemaMode(String value) {
        try {
            return SchemaMode.valueOf(value.toUpperCase(Locale.ROOT));
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("must be migrate, validate or none, not \"" + value + "\"", e);
        }
    }
}

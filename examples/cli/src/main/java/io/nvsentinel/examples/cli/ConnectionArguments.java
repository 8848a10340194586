// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.cli;

import io.nvsentinel.datastore.DatastoreOptions;
import io.nvsentinel.datastore.SchemaMode;
import io.nvsentinel.tls.SslMode;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/**
 * The connection options of all commands that use the database: a mixin. Precedence: a single option, then
 * {@code --url}, then {@code --config}, then the {@code DATASTORE_*} variables.
 */
public final class ConnectionArguments {

    private static final String APPLICATION = "nvsentinel-cli";

    private final Invocation invocation;

    @Option(
            names = "--url",
            paramLabel = "URL",
            description = "postgresql://user:password@host:port/database[?sslmode=...&sslrootcert=...]. "
                    + "Other users of this machine can see a password in the URL in the process "
                    + "list; prefer DATASTORE_PASSWORD or --password.")
    private @Nullable String url;

    @Option(names = "--config", paramLabel = "FILE", description = "YAML file with the keys of NVSentinel's services.")
    private @Nullable Path config;

    @Option(names = "--host", paramLabel = "HOST", description = "The server, or a list of servers: a:5432,b:5433.")
    private @Nullable String host;

    @Option(names = "--port", paramLabel = "PORT", description = "The port of the servers in --host that have none.")
    private @Nullable Integer port;

    @Option(
            names = {"-d", "--database"},
            paramLabel = "NAME",
            description = "The database.")
    private @Nullable String database;

    @Option(
            names = {"-U", "--username"},
            paramLabel = "NAME",
            description = "The user.")
    private @Nullable String username;

    @Option(
            names = {"-W", "--password"},
            interactive = true,
            description = "Prompt for the password. Scripts set DATASTORE_PASSWORD instead.")
    private char @Nullable [] password;

    @Option(names = "--schema", paramLabel = "NAME", description = "The schema of the tables.")
    private @Nullable String schema;

    @Option(
            names = "--sslmode",
            paramLabel = "MODE",
            description = "disable, prefer, require, verify-ca or verify-full, with the same meaning as in psql.")
    private @Nullable SslMode sslMode;

    @Option(
            names = "--certificates",
            paramLabel = "DIR",
            description = "Directory with tls.crt, tls.key and ca.crt, for example a mounted Kubernetes secret.")
    private @Nullable Path certificates;

    @Option(names = "--sslcert", paramLabel = "FILE", description = "The client certificate (PEM).")
    private @Nullable Path sslCert;

    @Option(names = "--sslkey", paramLabel = "FILE", description = "The private key of the client certificate (PEM).")
    private @Nullable Path sslKey;

    @Option(
            names = "--sslrootcert",
            paramLabel = "FILE",
            description = "The certificates of the accepted authorities (PEM).")
    private @Nullable Path sslRootCert;

    /**
     * The arguments of a command.
     *
     * @param invocation provides the environment variables
     */
    public ConnectionArguments(Invocation invocation) {
        this.invocation = invocation;
    }

    /**
     * The options for a command that needs the schema as this library knows it: connecting refuses another one at once.
     *
     * @return the options
     */
    public DatastoreOptions options() {
        return options(SchemaMode.VALIDATE);
    }

    /**
     * The options. The command sets the schema mode, regardless of the configuration: inspecting a database must not
     * migrate it.
     *
     * @param mode the schema mode
     * @return the options
     * @throws io.nvsentinel.datastore.error.ConfigurationException with all missing or invalid options
     */
    public DatastoreOptions options(SchemaMode mode) {
        return builder(mode).build();
    }

    /**
     * The options, for commands that add some.
     *
     * @param mode what connecting does about the schema
     * @return a builder with everything that was given
     */
    public DatastoreOptions.Builder builder(SchemaMode mode) {
        DatastoreOptions.Builder options = DatastoreOptions.builder().schemaMode(mode);
        if (mode != SchemaMode.MIGRATE) {
            options.schemaWait(Duration.ZERO);
        }
        if (url != null) {
            options.url(url);
        }
        own(options);
        if (config != null) {
            options.yaml(config);
        }
        Map<String, String> variables = new HashMap<>(invocation.environment());
        variables.putIfAbsent("APP_NAME", APPLICATION);
        return options.environment(variables);
    }

    private void own(DatastoreOptions.Builder options) {
        given(certificates, options::certificates);
        given(host, options::host);
        given(port, options::port);
        given(database, options::database);
        given(username, options::username);
        given(password, text -> options.password(new String(text)));
        given(schema, options::schema);
        given(sslMode, options::sslMode);
        given(sslCert, options::sslCert);
        given(sslKey, options::sslKey);
        given(sslRootCert, options::sslRootCert);
    }

    private static <T> void given(@Nullable T value, Consumer<T> option) {
        if (value != null) {
            option.accept(value);
        }
    }

    /**
     * What the user calls what was given on the command line.
     *
     * @return by the option's name in {@link DatastoreOptions}, the name on the command line; others came with
     *     {@code --url}, if there is one
     */
    public Map<String, String> names() {
        Map<String, String> names = new LinkedHashMap<>();
        given(host, value -> names.put("host", "--host"));
        given(port, value -> names.put("port", "--port"));
        given(database, value -> names.put("database", "--database"));
        given(username, value -> names.put("username", "--username"));
        given(password, value -> names.put("password", "--password"));
        given(schema, value -> names.put("schema", "--schema"));
        given(sslMode, value -> names.put("sslMode", "--sslmode"));
        given(certificates, value -> {
            names.put("sslCert", "--certificates");
            names.put("sslKey", "--certificates");
            names.put("sslRootCert", "--certificates");
        });
        given(sslCert, value -> names.put("sslCert", "--sslcert"));
        given(sslKey, value -> names.put("sslKey", "--sslkey"));
        given(sslRootCert, value -> names.put("sslRootCert", "--sslrootcert"));
        return names;
    }
}

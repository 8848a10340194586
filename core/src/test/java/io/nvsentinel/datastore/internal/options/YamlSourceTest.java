// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.internal.options;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nvsentinel.datastore.DatastoreOptions;
import io.nvsentinel.datastore.SchemaMode;
import io.nvsentinel.datastore.error.ConfigurationException;
import io.nvsentinel.tls.SslMode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("essential")
class YamlSourceTest {

    private static final String MINIMAL = "connection: {host: h, database: d, username: u}\n";

    private static final String EVERYTHING = """
            provider: "postgresql"
            connection:
              host: a:5433,b
              port: 6432
              database: nvsentinel
              username: app
              password: " p@/\\\\\\"'\\tß #x "
              schema: nv
              sslmode: verify-ca
              sslcert: /certs/tls.crt
              tls: {keyPath: "/certs/tls.key", caPath: "/my certs/ca.crt"}
              extraParams:
                work_mem: 16MB
                jit: off
            options:
              maxConnections: "30"
              maxIdleConnections: 10
              connectionMaxLifetime: 1h30m
              pollInterval: PT5S
              connectTimeout: 250ms
              acquireTimeout: 1s
              statementTimeout: 2s
              lockTimeout: 3s
              schemaMode: validate
              schemaWait: 0s
              applicationName: fault-quarantine
              namespace: nvsentinel
            """;

    @Test
    void aPasswordMayConsistOfSpaces() {
        String yaml = "connection: {host: h, database: d, username: u, password: ";
        assertThat(DatastoreOptions.fromYaml(yaml + "'  '}").password()).isEqualTo("  ");
        assertThat(DatastoreOptions.fromYaml(yaml + "''}").password()).isNull();
        assertThat(DatastoreOptions.fromYaml(yaml + "}").password()).isNull();
    }

    @Test
    void refusesWhatIsNestedTooDeeply() {
        for (String yaml : java.util.List.of(
                "[".repeat(100_000),
                "{a: ".repeat(100_000),
                "- ".repeat(100_000) + "x",
                "[".repeat(100_000) + "]".repeat(100_000))) {
            org.assertj.core.api.Assertions.assertThatThrownBy(() -> DatastoreOptions.fromYaml(yaml))
                    .isInstanceOf(io.nvsentinel.datastore.error.ConfigurationException.class)
                    .hasMessageContaining("this is nested deeper than 50 levels")
                    .hasMessageContaining("line 1");
        }
    }

    @Test
    void readsEveryKey() {
        assertEverything(DatastoreOptions.fromYaml(EVERYTHING));
    }

    @Test
    void readsHelmValues() {
        String helm = "global:\n  image: {tag: 1}\n  datastore:\n    credentialsFromSecret: s\n    "
                + "setupJob: {enabled: true}\n"
                + EVERYTHING.indent(4) + "  mongodbStore: {enabled: false}\npostgresql: {enabled: true}\n";
        assertEverything(DatastoreOptions.fromYaml(helm));
        assertRefused(
                helm.replace("port:", "prot:"),
                "unknown key global.datastore.connection.prot" + " (did you mean connection.port?) (YAML line 9)");
    }

    @Test
    void readsAFile(@TempDir Path directory) throws IOException {
        Path file = directory.resolve("datastore.yaml");
        Files.writeString(file, EVERYTHING);
        assertEverything(DatastoreOptions.fromYaml(file));
        assertEverything(DatastoreOptions.fromEnvironment(Map.of("DATASTORE_YAML_PATH", file.toString())));
        Files.writeString(file, EVERYTHING.replace("6432", "abc"));
        assertThatThrownBy(() -> DatastoreOptions.fromYaml(file))
                .hasMessage("port must be between 1 and 65535, not \"abc\" (connection.port, datastore.yaml line 4)");
    }

    @Test
    void saysWhyAFileCannotBeRead(@TempDir Path directory) throws IOException {
        Path missing = directory.resolve("missing.yaml");
        assertThatThrownBy(() -> DatastoreOptions.fromEnvironment(Map.of("DATASTORE_YAML_PATH", missing.toString())))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining(
                        "DATASTORE_YAML_PATH: the file " + missing + " cannot be read (NoSuchFileException)");
        Path latin = directory.resolve("latin.yaml");
        Files.write(latin, "connection: {password: ß}".getBytes(StandardCharsets.ISO_8859_1));
        assertThatThrownBy(() -> DatastoreOptions.fromYaml(latin)).hasMessageContaining("cannot be read");
        Path huge = directory.resolve("huge.yaml");
        Files.writeString(huge, "#".repeat((1 << 20) + 1));
        assertThatThrownBy(() -> DatastoreOptions.fromYaml(huge)).hasMessageContaining("more than 1048576 bytes");
    }

    @Test
    void listsEveryProblemWithItsPlaceInOneError() {
        assertRefused(
                """
                provider: mongodb
                conection: {}
                connection:
                  hosts: h
                  port: 65536
                  sslmode: sometimes
                  sslcert: /c
                  tls:
                    certPath: /d
                    keypath: /k
                  extraParams: {work_memm: 1, statement_timeout: 5}
                port: 1
                options:
                  maxConnections: many
                  pollInterval: [5s]
                  connectTimeout: 5
                """,
                "provider must be postgresql, the only supported provider, not \"mongodb\" (provider, YAML line 1)",
                "unknown key conection (did you mean connection?) (YAML line 2)",
                "unknown key connection.hosts (did you mean connection.host?) (YAML line 4)",
                "port must be between 1 and 65535, not 65536 (connection.port, YAML line 5)",
                "sslMode must be disable, prefer, require, verify-ca or verify-full, not \"sometimes\""
                        + " (connection.sslmode, YAML line 6)",
                "connection.tls.certPath contradicts connection.sslcert: both set sslCert (YAML line 9)",
                "unknown key connection.tls.keypath (did you mean connection.tls.keyPath?) (YAML line 10)",
                "must not set statement_timeout, which is the option statementTimeout",
                "must not set work_memm (did you mean work_mem?)",
                "(connection.extraParams, YAML line 11)",
                "unknown key port (did you mean connection.port?) (YAML line 12)",
                "maxConnections must be between 1 and 10000, not \"many\" (options.maxConnections, YAML line 14)",
                "options.pollInterval must be one value (YAML line 15)",
                "connectTimeout is not a duration such as 250ms, 5s, 1h30m or PT5S "
                        + "(options.connectTimeout, YAML line 16)",
                "host is required (DATASTORE_HOST, or connection.host in YAML)",
                "database is required",
                "username is required",
                "sslCert and sslKey must be given together");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "connection:\n  password: *s3cret\n",
                "connection:\n  password: s3cret: x\n",
                "connection:\n  password: [s3cret\n",
                "connection:\n  password: \"s3cret\n",
                "connection:\n  password: s3cret\n---\nconnection:\n  password: s3cret\n",
                "connection:\n  password: !!java s3cret\n  \tx: s3cret",
                "- s3cret",
                "s3cret",
                "connection: s3cret",
                "connection: {password: {s3cret: s3cret}}",
                "connection: {host: h, host: s3cret}",
                "connection: {? [s3cret] : s3cret}",
                "connection: &s3cret {connection: *s3cret}"
            })
    void refusesOtherShapesAndNeverRepeatsThem(String yaml) {
        assertThatThrownBy(() -> DatastoreOptions.fromYaml(yaml))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("YAML line ")
                .hasMessageNotContaining("s3cret")
                .hasNoCause();
    }

    /** A plain 0123 or off is the password as written, not a number or a boolean. */
    @ParameterizedTest
    @ValueSource(strings = {"0123", "0x1F", "1e3", "off", "yes", "12_3", "2026-11-24"})
    void takesAPasswordAsItIsWritten(String password) {
        assertThat(withPassword(password).password()).isEqualTo(password);
        assertThat(withPassword("\"" + password + "\"").password()).isEqualTo(password);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "~", "null", "''"})
    void takesNothingForNothing(String nothing) {
        assertThat(withPassword(nothing).password()).isNull();
        assertThat(withPassword("\"null\"").password()).isEqualTo("null");
    }

    private static DatastoreOptions withPassword(String text) {
        return DatastoreOptions.fromYaml(
                "connection:\n  host: h\n  database: d\n  username: u\n  password: " + text + "\n");
    }

    /** C10, C11, C12: yaml, then variable, then what holds. */
    @ParameterizedTest
    @CsvSource({
        "10, 40, 10",
        "'', 40, 40",
        "abc, 40, 40",
        "-1, 40, 40",
        "0, -5, 25",
        "0, 40, 25",
        "'', '', 25",
        "'', 0, 25"
    })
    void yamlBeatsVariables(String yaml, String variable, int expected) {
        assertThat(options(yaml, variable).build().maxConnections()).isEqualTo(expected);
    }

    @ParameterizedTest
    @CsvSource({"abc, ''", "abc, -5", "'', -5", "'', abc"})
    void aPoolFigureThatCannotBeUsedAndThatNothingReplacesIsRefused(String yaml, String variable) {
        assertThatThrownBy(() -> options(yaml, variable).build())
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("maxConnections must be between 1 and 10000");
    }

    @Test
    void onlyPoolFiguresGiveWay() {
        Map<String, String> environment = new HashMap<>();
        environment.put("DATASTORE_YAML", MINIMAL + "options: {pollInterval: soon}\n");
        environment.put("DATASTORE_POLL_INTERVAL", "1s");
        assertThatThrownBy(() -> DatastoreOptions.fromEnvironment(environment))
                .hasMessageContaining("(options.pollInterval, DATASTORE_YAML line 2)");
    }

    @Test
    void theBuilderBeatsBothWhateverTheOrder() {
        String yaml = "connection: {host: yaml, database: yaml}";
        Map<String, String> environment =
                Map.of("DATASTORE_HOST", "env", "DATASTORE_DATABASE", "env", "DATASTORE_USERNAME", "env");
        DatastoreOptions.Builder first =
                DatastoreOptions.builder().host("builder").yaml(yaml).environment(environment);
        DatastoreOptions.Builder last =
                DatastoreOptions.builder().environment(environment).yaml(yaml).host("builder");
        for (DatastoreOptions.Builder builder : new DatastoreOptions.Builder[] {first, last}) {
            DatastoreOptions options = builder.build();
            assertThat(options.host()).isEqualTo("builder");
            assertThat(options.database()).isEqualTo("yaml");
            assertThat(options.username()).isEqualTo("env");
        }
    }

    @Test
    void twoYamlSourcesContradictEachOther() {
        assertThatThrownBy(() -> DatastoreOptions.fromEnvironment(
                        Map.of("DATASTORE_YAML", MINIMAL, "DATASTORE_YAML_PATH", "/x")))
                .hasMessageContaining("DATASTORE_YAML and DATASTORE_YAML_PATH contradict each other");
    }

    private static DatastoreOptions.Builder options(String yaml, String variable) {
        return DatastoreOptions.builder()
                .yaml(MINIMAL + "options: {maxConnections: " + yaml + "}\n")
                .environment(Map.of("DATASTORE_MAX_CONNECTIONS", variable));
    }

    private static void assertEverything(DatastoreOptions options) {
        assertThat(options.addresses())
                .extracting(address -> address.getHostString() + ":" + address.getPort())
                .containsExactly("a:5433", "b:6432");
        assertThat(options.database()).isEqualTo("nvsentinel");
        assertThat(options.username()).isEqualTo("app");
        assertThat(options.password()).isEqualTo(" p@/\\\"'\tß #x ");
        assertThat(options.schema()).isEqualTo("nv");
        assertThat(options.sslMode()).isEqualTo(SslMode.VERIFY_CA);
        assertThat(options.sslCert()).isEqualTo(Path.of("/certs/tls.crt"));
        assertThat(options.sslKey()).isEqualTo(Path.of("/certs/tls.key"));
        assertThat(options.sslRootCert()).isEqualTo(Path.of("/my certs/ca.crt"));
        assertThat(options.extraParams()).containsOnly(Map.entry("work_mem", "16MB"), Map.entry("jit", "off"));
        assertThat(options.maxConnections()).isEqualTo(30);
        assertThat(options.maxIdleConnections()).isEqualTo(10);
        assertThat(options.connectionMaxLifetime()).isEqualTo(Duration.ofMinutes(90));
        assertThat(options.pollInterval()).isEqualTo(Duration.ofSeconds(5));
        assertThat(options.connectTimeout()).isEqualTo(Duration.ofMillis(250));
        assertThat(options.acquireTimeout()).isEqualTo(Duration.ofSeconds(1));
        assertThat(options.statementTimeout()).isEqualTo(Duration.ofSeconds(2));
        assertThat(options.lockTimeout()).isEqualTo(Duration.ofSeconds(3));
        assertThat(options.schemaMode()).isEqualTo(SchemaMode.VALIDATE);
        assertThat(options.schemaWait()).isEqualTo(Duration.ZERO);
        assertThat(options.applicationName()).isEqualTo("fault-quarantine");
    }

    private static void assertRefused(String yaml, String... parts) {
        assertThatThrownBy(() -> DatastoreOptions.fromYaml(yaml))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContainingAll(parts);
    }
}

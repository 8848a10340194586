// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.internal.options;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nvsentinel.datastore.DatastoreOptions;
import io.nvsentinel.datastore.SchemaMode;
import io.nvsentinel.datastore.error.ConfigurationException;
import io.nvsentinel.tls.SslMode;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("essential")
class EnvironmentSourceTest {

    private static final Map<String, String> MINIMAL =
            Map.of("DATASTORE_HOST", "h", "DATASTORE_DATABASE", "d", "DATASTORE_USERNAME", "u");

    @ParameterizedTest
    @CsvSource({
        "DATASTORE_HOST, host is required",
        "DATASTORE_DATABASE, database is required",
        "DATASTORE_USERNAME, username is required"
    })
    void saysWhatIsMissing(String variable, String problem) {
        Map<String, String> environment = new HashMap<>(MINIMAL);
        environment.remove(variable);
        assertRefused(environment, problem);
        environment.put(variable, "  ");
        assertRefused(environment, problem);
    }

    @ParameterizedTest
    @ValueSource(strings = {"-1", "0", "65536", "abc", "5432.0", "99999999999"})
    void refusesPorts(String port) {
        assertRefused(with("DATASTORE_PORT", port), "port must be between 1 and 65535", port);
    }

    @ParameterizedTest
    @CsvSource({
        "DATASTORE_PROVIDER, mongodb",
        "DATASTORE_SCHEMA_MODE, maybe",
        "DATASTORE_SSLMODE, sometimes",
        "DATASTORE_MAX_CONNECTIONS, many",
        "DATASTORE_MAX_CONNECTIONS, -5",
        "DATASTORE_MAX_IDLE_CONNECTIONS, 26",
        "DATASTORE_EXTRA_PARAMS, search_path=x",
        "DATASTORE_HOST, 'a:1,,b:2'",
        "DATASTORE_CONNECT_TIMEOUT, 5",
        "DATASTORE_STATEMENT_TIMEOUT, 5 s",
        "DATASTORE_POLL_INTERVAL, soon"
    })
    void namesTheVariableAndTheValueThatIsWrong(String variable, String value) {
        assertRefused(with(variable, value), variable);
    }

    @Test
    void listsAllProblemsAtOnce() {
        assertRefused(
                Map.of(
                        "DATASTORE_PORT", "abc",
                        "DATASTORE_SSLMODE", "sometimes",
                        "DATASTORE_SCHEMA_MODE", "maybe",
                        "DATASTORE_CONNECT_TIMEOUT", "soon",
                        "DATASTORE_MAX_CONNECTIONS", "-5",
                        "DATASTORE_PASSWORD", "s3cret"),
                "DATASTORE_PORT",
                "DATASTORE_SSLMODE",
                "verify-full",
                "schemaMode must be migrate, validate or none, not \"maybe\" (DATASTORE_SCHEMA_MODE)",
                "DATASTORE_CONNECT_TIMEOUT",
                "maxConnections must be between 1 and 10000, not -5 (DATASTORE_MAX_CONNECTIONS)",
                "host is required",
                "database is required",
                "username is required");
    }

    @Test
    void readsEveryVariable() {
        Map<String, String> environment = new HashMap<>(MINIMAL);
        environment.putAll(Map.of(
                "DATASTORE_PROVIDER", "postgresql",
                "DATASTORE_PORT", "6432",
                "DATASTORE_SCHEMA", "nv",
                "DATASTORE_SCHEMA_MODE", "validate",
                "DATASTORE_SSLMODE", "verify-ca",
                "DATASTORE_SSLROOTCERT", "/my certs/ca.crt",
                "DATASTORE_MAX_CONNECTIONS", "30",
                "DATASTORE_PASSWORD", " p@/\\\"'\tß ",
                "APP_NAME", "fault-quarantine"));
        environment.putAll(Map.of(
                "DATASTORE_CONNECTION_MAX_LIFETIME", "1h30m",
                "DATASTORE_CONNECT_TIMEOUT", "250ms",
                "DATASTORE_ACQUIRE_TIMEOUT", "PT5S",
                "DATASTORE_STATEMENT_TIMEOUT", "1m",
                "DATASTORE_POLL_INTERVAL", "1d",
                "DATASTORE_LOCK_TIMEOUT", "2s",
                "DATASTORE_SCHEMA_WAIT", "0s",
                "DATASTORE_MAX_IDLE_CONNECTIONS", "3",
                "DATASTORE_EXTRA_PARAMS", "work_mem=8MB  jit=off"));

        DatastoreOptions options = DatastoreOptions.fromEnvironment(environment);

        assertThat(options.port()).isEqualTo(6432);
        assertThat(options.schema()).isEqualTo("nv");
        assertThat(options.schemaMode()).isEqualTo(SchemaMode.VALIDATE);
        assertThat(options.sslMode()).isEqualTo(SslMode.VERIFY_CA);
        assertThat(options.sslRootCert()).isEqualTo(Path.of("/my certs/ca.crt"));
        assertThat(options.sslCert()).isNull();
        assertThat(options.maxConnections()).isEqualTo(30);
        assertThat(options.password()).isEqualTo(" p@/\\\"'\tß ");
        assertThat(options.applicationName()).isEqualTo("fault-quarantine");
        assertThat(options.connectionMaxLifetime()).isEqualTo(Duration.ofMinutes(90));
        assertThat(options.connectTimeout()).isEqualTo(Duration.ofMillis(250));
        assertThat(options.acquireTimeout()).isEqualTo(Duration.ofSeconds(5));
        assertThat(options.statementTimeout()).isEqualTo(Duration.ofMinutes(1));
        assertThat(options.pollInterval()).isEqualTo(Duration.ofDays(1));
        assertThat(options.lockTimeout()).isEqualTo(Duration.ofSeconds(2));
        assertThat(options.schemaWait()).isEqualTo(Duration.ZERO);
        assertThat(options.maxIdleConnections()).isEqualTo(3);
        assertThat(options.extraParams()).containsOnly(Map.entry("work_mem", "8MB"), Map.entry("jit", "off"));
    }

    @Test
    void leavesTheDefaultsWhereNothingIsSet() {
        assertThat(DatastoreOptions.fromEnvironment(MINIMAL).toString())
                .isEqualTo(DatastoreOptions.builder()
                        .host("h")
                        .database("d")
                        .username("u")
                        .build()
                        .toString());
    }

    @Test
    void usesTheCertificateMountUnlessThereIsAPassword() {
        Map<String, String> environment = new HashMap<>(with("POSTGRESQL_CLIENT_CERT_MOUNT_PATH", "/certs"));
        DatastoreOptions options = DatastoreOptions.fromEnvironment(environment);
        assertThat(options.sslCert()).isEqualTo(Path.of("/certs/tls.crt"));
        assertThat(options.sslKey()).isEqualTo(Path.of("/certs/tls.key"));
        assertThat(options.sslRootCert()).isEqualTo(Path.of("/certs/ca.crt"));

        environment.put("DATASTORE_PASSWORD", "s3cret");
        DatastoreOptions password = DatastoreOptions.fromEnvironment(environment);
        assertThat(password.sslCert()).isNull();
        assertThat(password.sslKey()).isNull();
        assertThat(password.sslRootCert()).isNull();
    }

    /** C13: what is set beside a password is used, and nothing is inferred. */
    @Test
    void usesAnExplicitAuthorityBesideAPassword() {
        Map<String, String> environment = new HashMap<>(with("POSTGRESQL_CLIENT_CERT_MOUNT_PATH", "/certs"));
        environment.put("DATASTORE_PASSWORD", "s3cret");
        environment.put("DATASTORE_SSLROOTCERT", "/my certs/ca.crt");
        DatastoreOptions options = DatastoreOptions.fromEnvironment(environment);
        assertThat(options.sslRootCert()).isEqualTo(Path.of("/my certs/ca.crt"));
        assertThat(options.sslCert()).isNull();
        assertThat(options.sslKey()).isNull();
    }

    /** Every service has a mount, even a service without TLS. */
    @Test
    void acceptsAMountBesideDisabledTls() {
        Map<String, String> environment = new HashMap<>(with("POSTGRESQL_CLIENT_CERT_MOUNT_PATH", "/certs"));
        environment.put("DATASTORE_SSLMODE", "disable");
        assertThat(DatastoreOptions.fromEnvironment(environment).sslMode()).isEqualTo(SslMode.DISABLE);
        environment.put("DATASTORE_SSLROOTCERT", "/other/ca.crt");
        assertRefused(
                environment, "sslMode disable (DATASTORE_SSLMODE) contradicts sslRootCert (DATASTORE_SSLROOTCERT)");
    }

    @Test
    void refusesUnknownVariablesWithTheNearestKnownOne() {
        assertRefused(
                with("DATASTORE_PASWORD", "s3cret"),
                "unknown variable DATASTORE_PASWORD (did you mean DATASTORE_PASSWORD?)");
        assertRefused(with("DATASTORE_BANANA", "x"), "unknown variable DATASTORE_BANANA");
    }

    @Test
    void leavesAloneWhatKubernetesSetsForAServiceNamedDatastore() {
        for (String name : List.of(
                "DATASTORE_SERVICE_HOST",
                "DATASTORE_SERVICE_PORT_PG",
                "DATASTORE_PORT",
                "DATASTORE_PORT_5432_TCP",
                "DATASTORE_PORT_5432_TCP_ADDR",
                "DATASTORE_PG_PORT",
                "DATASTORE_PG_SERVICE_HOST",
                "DATASTORE_PG_SERVICE_PORT",
                "DATASTORE_PG_PORT_5432_TCP_PROTO",
                "DATASTORE_HOST_PORT",
                "DATASTORE_NAMESPACE")) {
            assertThat(DatastoreOptions.fromEnvironment(with(name, "tcp://10.0.0.1:5432"))
                            .port())
                    .isEqualTo(5432);
        }
    }

    @Test
    void onlyAnAddressMakesAPortAServiceLink() {
        assertRefused(with("DATASTORE_PG_PORT", "5432"), "unknown variable DATASTORE_PG_PORT");
        assertRefused(with("DATASTORE_PORT", "http://10.0.0.1"), "port must be between 1 and 65535");
    }

    @Test
    void aPasswordMayConsistOfSpaces() {
        assertThat(DatastoreOptions.fromEnvironment(with("DATASTORE_PASSWORD", "  "))
                        .password())
                .isEqualTo("  ");
        assertThat(DatastoreOptions.fromEnvironment(with("DATASTORE_PASSWORD", ""))
                        .password())
                .isNull();
    }

    /** C8, C9. */
    @Test
    void aVariableSetsItsOptionAndAnUnsetOneNothing() {
        assertThat(DatastoreOptions.fromEnvironment(with("DATASTORE_MAX_CONNECTIONS", "30"))
                        .toString())
                .contains("maxConnections=30")
                .doesNotContain("sslRootCert", "maxIdleConnections");
    }

    private static Map<String, String> with(String variable, String value) {
        Map<String, String> environment = new HashMap<>(MINIMAL);
        environment.put(variable, value);
        return environment;
    }

    private static void assertRefused(Map<String, String> environment, String... parts) {
        assertThatThrownBy(() -> DatastoreOptions.fromEnvironment(environment))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContainingAll(parts)
                .hasMessageNotContaining("s3cret");
    }
}

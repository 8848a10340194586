// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nvsentinel.datastore.error.ConfigurationException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("surroundings")
@Tag("essential")
class DatastoreOptionsTest {

    private static final String PASSWORD = " p4ss\t\"'\\@/:%20#äß€😀 ";

    @Test
    void listsAllProblemsAtOnce() {
        assertThatThrownBy(() -> DatastoreOptions.builder()
                        .port(0)
                        .schema(" ")
                        .applicationName("")
                        .sslKey(Path.of("k"))
                        .sslReloadInterval(Duration.ZERO)
                        .maxConnections(0)
                        .connectionMaxLifetime(Duration.ofMillis(999))
                        .connectTimeout(Duration.ZERO)
                        .acquireTimeout(Duration.ofDays(2))
                        .statementTimeout(Duration.ofSeconds(-1))
                        .pollInterval(Duration.ofNanos(1))
                        .lockTimeout(Duration.ZERO)
                        .schemaWait(Duration.ofNanos(-1))
                        .maxIdleConnections(26)
                        .extraParams(Map.of("work_memm", "1", "password", "x"))
                        .build())
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContainingAll(
                        "host is required",
                        "database is required",
                        "username is required",
                        "port must be between 1 and 65535, not 0",
                        "schema must not be blank",
                        "applicationName must not be blank",
                        "sslCert and sslKey must be given together",
                        "sslReloadInterval must be between PT0.01S and PT24H, not PT0S",
                        "maxConnections must be between 1 and 10000, not 0",
                        "connectionMaxLifetime must be between",
                        "connectTimeout must be between",
                        "acquireTimeout must be between",
                        "statementTimeout must be between",
                        "pollInterval must be between",
                        "lockTimeout must be between",
                        "schemaWait must be between",
                        "maxIdleConnections must not be above maxConnections: 26 (builder) and 0 (builder)",
                        "must not set password, which is the option password",
                        "must not set work_memm (did you mean work_mem?)");
    }

    @Test
    void refusesAKeyPasswordWithoutAKey() {
        assertThatThrownBy(() -> minimal().sslPasswordFile(Path.of("password")).build())
                .isInstanceOf(ConfigurationException.class)
                .hasMessage("sslPasswordFile needs sslKey (builder)");
    }

    @ParameterizedTest
    @ValueSource(ints = {Integer.MIN_VALUE, -1, 0, 65536, Integer.MAX_VALUE})
    void refusesPorts(int port) {
        assertThatThrownBy(() -> minimal().port(port).build())
                .isInstanceOf(ConfigurationException.class)
                .hasMessage("port must be between 1 and 65535, not " + port + " (builder)");
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 5432, 65535})
    void acceptsPorts(int port) {
        assertThat(minimal().port(port).build().port()).isEqualTo(port);
    }

    @Test
    void keepsThePasswordAsItIsAndToItself() {
        DatastoreOptions options = minimal().password(PASSWORD).build();
        assertThat(options.password()).isEqualTo(PASSWORD);
        assertThat(options.toString()).doesNotContain("p4ss").contains("password=<hidden>", "host=h");
        assertThat(minimal().build().toString()).contains("password=none");
        assertThatThrownBy(() -> minimal().password(PASSWORD).port(0).build()).hasMessageNotContaining("p4ss");
    }

    @Test
    void buildsOptionsThatLaterCallsDoNotChange() {
        DatastoreOptions.Builder builder = minimal();
        DatastoreOptions first = builder.build();
        DatastoreOptions second = builder.host("other").build();
        DatastoreOptions third = second.toBuilder().port(1).build();
        assertThat(first.host()).isEqualTo("h");
        assertThat(second.host()).isEqualTo("other");
        assertThat(second.port()).isEqualTo(5432);
        assertThat(third.host()).isEqualTo("other");
        assertThat(third.port()).isEqualTo(1);
    }

    @Test
    void readsAMountedSecretsNames() {
        DatastoreOptions options = minimal().certificates(Path.of("/certs")).build();
        assertThat(options.sslCert()).isEqualTo(Path.of("/certs/tls.crt"));
        assertThat(options.sslKey()).isEqualTo(Path.of("/certs/tls.key"));
        assertThat(options.sslRootCert()).isEqualTo(Path.of("/certs/ca.crt"));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "db | db:5432",
                "db:1 | db:1",
                "a:1,b | a:1 b:5432",
                "a , b:2 | a:5432 b:2",
                "::1 | ::1:5432",
                "[::1] | ::1:5432",
                "[::1]:7,10.0.0.1:8 | ::1:7 10.0.0.1:8"
            })
    void readsOneServerOrSeveral(String host, String addresses) {
        assertThat(minimal().host(host).build().addresses())
                .extracting(address -> address.getHostString() + ":" + address.getPort())
                .containsExactly(addresses.split(" "));
    }

    @ParameterizedTest
    @ValueSource(strings = {"a:0", "a:x", "a:", ":1", "a,,b", "a,", "[::1", "[::1]x:1", "h/db", "u@h", "a b", "a:1:2]"})
    void refusesWhatIsNoServer(String host) {
        assertThatThrownBy(() -> minimal().host(host).build())
                .isInstanceOf(ConfigurationException.class)
                .hasMessageStartingWith("host must ")
                .hasMessageEndingWith("(builder)");
    }

    @ParameterizedTest
    @ValueSource(strings = {"a\"b", "a'b", "a\\b", "a$b", "a\nb"})
    void refusesSchemasThatWouldBreakOutOfQuotes(String schema) {
        assertThatThrownBy(() -> minimal().schema(schema).build()).hasMessageContaining("schema must not contain");
    }

    @Test
    void keepsAsManyIdleConnectionsAsThereMayBe() {
        assertThat(minimal().build().maxIdleConnections()).isEqualTo(25);
        assertThat(minimal().maxConnections(3).build().maxIdleConnections()).isEqualTo(3);
        assertThat(minimal().maxIdleConnections(2).build().maxIdleConnections()).isEqualTo(2);
    }

    @Test
    void tellsWhereEachValueCameFrom() {
        DatastoreOptions options = DatastoreOptions.builder()
                .host("h")
                .yaml("connection:\n  database: d\n")
                .environment(Map.of(
                        "DATASTORE_DATABASE", "weaker", "DATASTORE_USERNAME", "u", "DATASTORE_PASSWORD", PASSWORD))
                .build();

        assertThat(options.configured())
                .contains(
                        new ConfiguredOption("host", "DATASTORE_HOST", "h", ConfiguredOption.BUILDER),
                        new ConfiguredOption("database", "DATASTORE_DATABASE", "d", "connection.database, YAML line 2"),
                        new ConfiguredOption("username", "DATASTORE_USERNAME", "u", "DATASTORE_USERNAME"),
                        new ConfiguredOption("password", "DATASTORE_PASSWORD", "<hidden>", "DATASTORE_PASSWORD"),
                        new ConfiguredOption("sslCert", "DATASTORE_SSLCERT", null, ConfiguredOption.DEFAULT),
                        new ConfiguredOption("port", "DATASTORE_PORT", "5432", ConfiguredOption.DEFAULT));
        assertThat(options.configured().toString()).doesNotContain(PASSWORD);
    }

    @Test
    void tellsThatFilesCameFromTheMount() {
        DatastoreOptions options = minimal()
                .environment(Map.of("POSTGRESQL_CLIENT_CERT_MOUNT_PATH", "/certs"))
                .build();

        assertThat(options.configured())
                .contains(new ConfiguredOption(
                        "sslKey", "DATASTORE_SSLKEY", "/certs/tls.key", "POSTGRESQL_CLIENT_CERT_MOUNT_PATH"));
    }

    private static DatastoreOptions.Builder minimal() {
        return DatastoreOptions.builder().host("h").database("d").username("u");
    }
}

// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

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
                        .build())
                .isInstanceOf(MisconfiguredException.class)
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
                        "pollInterval must be between");
    }

    @Test
    void refusesAKeyPasswordWithoutAKey() {
        assertThatThrownBy(() -> minimal().sslPasswordFile(Path.of("password")).build())
                .isInstanceOf(MisconfiguredException.class)
                .hasMessage("sslPasswordFile needs sslKey");
    }

    @ParameterizedTest
    @ValueSource(ints = {Integer.MIN_VALUE, -1, 0, 65536, Integer.MAX_VALUE})
    void refusesPorts(int port) {
        assertThatThrownBy(() -> minimal().port(port).build())
                .isInstanceOf(MisconfiguredException.class)
                .hasMessage("port must be between 1 and 65535, not " + port);
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

    private static DatastoreOptions.Builder minimal() {
        return DatastoreOptions.builder().host("h").database("d").username("u");
    }
}

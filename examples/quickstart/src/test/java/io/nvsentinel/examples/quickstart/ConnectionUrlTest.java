// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.quickstart;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nvsentinel.datastore.DatastoreOptions;
import io.nvsentinel.tls.SslMode;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ConnectionUrlTest {

    @Test
    void everyPartIsRead() {
        DatastoreOptions options = ConnectionUrl.read(
                "postgresql://me:p%40ss+word@db.example.com:6543/events?sslmode=verify-ca&sslrootcert=/etc/ca.crt");

        assertThat(options.host()).isEqualTo("db.example.com");
        assertThat(options.port()).isEqualTo(6543);
        assertThat(options.database()).isEqualTo("events");
        assertThat(options.username()).isEqualTo("me");
        assertThat(options.password()).isEqualTo("p@ss+word");
        assertThat(options.sslMode()).isEqualTo(SslMode.VERIFY_CA);
        assertThat(options.sslRootCert()).isEqualTo(Path.of("/etc/ca.crt"));
    }

    @Test
    void portAndPasswordMayBeMissing() {
        DatastoreOptions options = ConnectionUrl.read("postgres://me@[::1]/events");

        assertThat(options.host()).isEqualTo("::1");
        assertThat(options.port()).isEqualTo(5432);
        assertThat(options.password()).isNull();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "jdbc:postgresql://me:s3cret@host/db",
                "postgresql://host:5432/db",
                "postgresql://me:s3cret@host",
                "postgresql://me:s3cret@host/",
                "postgresql://me:s3cret ^@host/db",
                "postgresql://me:s3cret@host/db?sslmode=maybe",
                "postgresql://me:s3cret@host/db?user=other",
                "postgresql://me:s3cret@host:70000/db"
            })
    void otherTextIsRefusedWithoutRepeatingThePassword(String url) {
        assertThatThrownBy(() -> ConnectionUrl.read(url))
                .isInstanceOf(RuntimeException.class)
                .satisfies(error -> assertThat(error.toString()).doesNotContain("s3cret"))
                .hasNoCause();
    }

    @Test
    void theUrlWinsOverTheEnvironmentAndNeitherMeansEmbedded() {
        Map<String, String> environment =
                Map.of("DATASTORE_HOST", "env", "DATASTORE_DATABASE", "db", "DATASTORE_USERNAME", "me");

        assertThat(Target.named(null, Map.of())).isNull();
        assertThat(Target.named(null, environment)).satisfies(target -> {
            assertThat(target.options().host()).isEqualTo("env");
            assertThat(target.nodePrefix()).isEqualTo("quickstart-");
        });
        assertThat(Target.named("postgresql://me@url/db", environment))
                .satisfies(target -> assertThat(target.options().host()).isEqualTo("url"));
    }

    @Test
    void everyRunOnASharedServerHasAClientOfItsOwn() {
        DatastoreOptions options = ConnectionUrl.read("postgresql://me@host/db");

        assertThat(Target.own(options).clientName())
                .isNotEqualTo(Target.own(options).clientName());
    }
}

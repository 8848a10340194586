// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.internal.options;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nvsentinel.datastore.ChannelBinding;
import io.nvsentinel.datastore.ConfiguredOption;
import io.nvsentinel.datastore.DatastoreOptions;
import io.nvsentinel.datastore.error.ConfigurationException;
import io.nvsentinel.tls.SslMode;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("essential")
class UrlSourceTest {

    @Test
    void everyPartIsRead() {
        DatastoreOptions options =
                DatastoreOptions.fromUrl("postgresql://me:p%40ss+w%25rd@db.example.com:6543/the%20events"
                        + "?sslmode=verify-ca&sslrootcert=/etc/ca.crt&sslcert=/c&sslkey=/k&sslcrl=/l&channel_binding=require"
                        + "&require_auth=scram-sha-256&application_name=drainer");

        assertThat(options.host()).isEqualTo("db.example.com");
        assertThat(options.port()).isEqualTo(6543);
        assertThat(options.database()).isEqualTo("the events");
        assertThat(options.username()).isEqualTo("me");
        assertThat(options.password()).isEqualTo("p@ss+w%rd");
        assertThat(options.sslMode()).isEqualTo(SslMode.VERIFY_CA);
        assertThat(options.sslRootCert()).isEqualTo(Path.of("/etc/ca.crt"));
        assertThat(options.sslCert()).isEqualTo(Path.of("/c"));
        assertThat(options.sslKey()).isEqualTo(Path.of("/k"));
        assertThat(options.sslCrl()).isEqualTo(Path.of("/l"));
        assertThat(options.channelBinding()).isEqualTo(ChannelBinding.REQUIRE);
        assertThat(options.applicationName()).isEqualTo("drainer");
    }

    @Test
    void aPasswordIsKeptWhateverItConsistsOf() {
        assertThat(DatastoreOptions.fromUrl("postgres://me:a:b%2F%3F%40@host/db")
                        .password())
                .isEqualTo("a:b/?@");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "postgres://me@[::1]/db|[::1]:5432",
                "POSTGRESQL://me@[::1]:6543/db|[::1]:6543",
                "postgresql://me@a:1,b,c:3/db|a:1,b:5432,c:3"
            })
    void serversMayBeSeveral(String url, String servers) {
        assertThat(Addresses.text(DatastoreOptions.fromUrl(url).addresses()))
                .isEqualTo(servers.replace("[::1]", "::1"));
    }

    /** What the URL leaves out comes from elsewhere, and single values of the program win over a URL that came before. */
    @Test
    void theUrlIsWeakerThanYamlAndStrongerThanOtherVariables() {
        Map<String, String> variables = Map.of(
                "DATASTORE_URL",
                "postgresql://url@url/url",
                "DATASTORE_HOST",
                "variable",
                "DATASTORE_PASSWORD",
                "s3cret",
                "DATASTORE_YAML",
                "connection: {database: yaml}");
        DatastoreOptions options = DatastoreOptions.builder()
                .url("postgresql://program@/")
                .environment(variables)
                .build();

        assertThat(options.username()).isEqualTo("program");
        assertThat(options.database()).isEqualTo("yaml");
        assertThat(options.host()).isEqualTo("url");
        assertThat(options.password()).isEqualTo("s3cret");
        assertThat(options.configured())
                .contains(
                        new ConfiguredOption("username", "DATASTORE_USERNAME", "program", ConfiguredOption.URL),
                        new ConfiguredOption("host", "DATASTORE_HOST", "url", "DATASTORE_URL"));
        assertThat(DatastoreOptions.builder()
                        .url("postgresql://me@first/db")
                        .host("second")
                        .build()
                        .host())
                .isEqualTo("second");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "me:s3cret@host/db",
                "jdbc:postgresql://me:s3cret@host/db",
                "r2dbc:postgresql://me:s3cret@host/db",
                "mysql://me:s3cret@host/db",
                "postgresql://host:5432/db",
                "postgresql://me:s3cret@host",
                "postgresql://me:s3cret@host/",
                "postgresql://me:s3cret@/db",
                "postgresql://me:s3cret/s3cret@host/db",
                "postgresql://me/s3cret@host/db",
                "postgresql://me:s3cret?s3cret@host/db",
                "postgresql://me:s3cret%@host/db",
                "postgresql://me:s3cret%zz@host/db",
                "postgresql://me:s3cret ^@host/db",
                "postgresql://me:s3cret\u0000@host/db",
                "postgresql://me:s3cret%00@host/db",
                "postgresql://me:s3cret\u00e9@host/db",
                "postgresql://me:s3cret@host/db?sslmode=maybe",
                "postgresql://me:s3cret@host/db?sslmode",
                "postgresql://me:s3cret@host/db?user=s3cret",
                "postgresql://me:s3cret@host/db?s3cret=1",
                "postgresql://me:s3cret@host:70000/db",
                "postgresql://me:s3cret@host:s3cret/db"
            })
    void otherTextIsRefusedWithoutBeingQuoted(String url) {
        assertThatThrownBy(() -> DatastoreOptions.fromUrl(url))
                .isInstanceOf(ConfigurationException.class)
                .hasNoCause()
                .satisfies(error -> assertThat(error.toString()).doesNotContain("s3cret"));
        Map<String, String> variables = url.isEmpty() || url.indexOf(0) >= 0 ? Map.of() : Map.of("DATASTORE_URL", url);
        assertThatThrownBy(() -> DatastoreOptions.fromEnvironment(variables))
                .isInstanceOf(ConfigurationException.class)
                .satisfies(error -> assertThat(error.toString()).doesNotContain("s3cret"));
    }

    @Test
    void theErrorSaysWhatIsWrongAndWhatIsAllowed() {
        assertThatThrownBy(() -> DatastoreOptions.fromUrl("jdbc:postgresql://me@host/db"))
                .hasMessageContaining("URL must be postgresql://user:password@host:port/database?sslmode=verify-full");
        assertThatThrownBy(() -> DatastoreOptions.fromUrl("postgresql://me@host/db?tls=on"))
                .hasMessageContaining("URL has the unknown parameter tls; known are sslmode, sslcert");
        assertThatThrownBy(() -> DatastoreOptions.fromUrl("postgresql://me:a%@host/db"))
                .hasMessageContaining("URL must have % only before two hexadecimal digits");
        assertThatThrownBy(() -> DatastoreOptions.fromEnvironment(Map.of("DATASTORE_URL", "postgresql://me@host/a b")))
                .hasMessageContaining("DATASTORE_URL must have letters");
    }
}

// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.internal.options;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nvsentinel.datastore.ConfiguredOption;
import io.nvsentinel.datastore.DatastoreOptions;
import io.nvsentinel.datastore.error.ConfigurationException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("essential")
class PropertySourceTest {

    private static final String PREFIX = "app.datastore.";
    private static final Map<String, String> REQUIRED = Map.of("host", "h", "database", "d", "username", "u");

    @TempDir
    Path directory;

    static List<Option<?>> options() {
        return Options.ALL;
    }

    private static DatastoreOptions.Builder properties(Map<String, String> properties) {
        return DatastoreOptions.builder().properties(PREFIX, properties);
    }

    private static DatastoreOptions.Builder complete() {
        return properties(REQUIRED);
    }

    @ParameterizedTest
    @MethodSource("options")
    void everyOptionIsReadByItsName(Option<?> option) {
        String hyphenated = option.name().replaceAll("(?=[A-Z])", "-").toLowerCase(java.util.Locale.ROOT);
        String wrong = "\u0000=";
        OptionValues values = PropertySource.read(OptionValues.NONE, PREFIX, Map.of(hyphenated, wrong));

        assertThat(values.problems())
                .filteredOn(problem -> problem.contains(PREFIX))
                .singleElement()
                .asString()
                .startsWith(option.name() + " ")
                .endsWith("(" + PREFIX + hyphenated + ")");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"max-connections", "maxConnections", "maxconnections", "MAX_CONNECTIONS", "max.connections"})
    void everySpellingOfANameIsTheSame(String name) {
        DatastoreOptions options =
                complete().properties(PREFIX, Map.of(name, " 7 ")).build();

        assertThat(options.maxConnections()).isEqualTo(7);
        assertThat(options.configured())
                .filteredOn(option -> option.name().equals("maxConnections"))
                .extracting(ConfiguredOption::source)
                .containsExactly(PREFIX + name);
    }

    @Test
    void propertiesWinOverVariablesAndYaml() throws IOException {
        Path yaml = Files.writeString(directory.resolve("datastore.yaml"), "connection: {host: y, database: y}");
        DatastoreOptions options = properties(
                        Map.of("yaml-path", yaml.toString(), "host", "p", "acquire-timeout", "PT3S", "password", " s "))
                .environment(Map.of("DATASTORE_HOST", "e", "DATASTORE_DATABASE", "e", "DATASTORE_USERNAME", "e"))
                .build();

        assertThat(List.of(options.host(), options.database(), options.username()))
                .containsExactly("p", "y", "e");
        assertThat(options.acquireTimeout()).isEqualTo(Duration.ofSeconds(3));
        assertThat(options.password()).isEqualTo(" s ");
    }

    @Test
    void aPropertyWinsOverTheUrlAndALaterMethodOverBoth() {
        DatastoreOptions.Builder builder =
                properties(Map.of("url", "postgresql://me@a:5/events", "host", "b", "username", "you"));

        assertThat(builder.build().host()).isEqualTo("b");
        assertThat(builder.build().port()).isEqualTo(5);
        assertThat(builder.build().username()).isEqualTo("you");
        assertThat(builder.host("c").build().host()).isEqualTo("c");
    }

    @Test
    void aBlankValueLeavesTheOptionUnchanged() {
        assertThat(complete()
                        .properties(PREFIX, Map.of("port", " ", "password", "", "url", "", "yaml-path", " "))
                        .build()
                        .port())
                .isEqualTo(5432);
    }

    @Test
    void anUnknownNameIsRejectedWithTheNearest() {
        assertThatThrownBy(() -> complete()
                        .properties(PREFIX, Map.of("max-conections", "5"))
                        .build())
                .isInstanceOf(ConfigurationException.class)
                .hasMessage("unknown property app.datastore.max-conections (did you mean max-connections?)");
    }

    @Test
    void anInvalidValueNamesItsProperty() {
        assertThatThrownBy(() -> complete()
                        .properties(PREFIX, Map.of("max-connections", "many", "url", "http://me:secret@h/d"))
                        .build())
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining(
                        "maxConnections must be between 1 and 10000, not \"many\" (app.datastore.max-connections)")
                .hasMessageContaining("app.datastore.url must be postgresql://")
                .hasMessageNotContaining("secret");
    }

    @Test
    void variablesOfAServiceNamedAsThePrefixAreIgnored() {
        assertThat(complete()
                        .properties(
                                PREFIX,
                                Map.of(
                                        "port",
                                        "tcp://10.0.0.1:5432",
                                        "service.host",
                                        "10.0.0.1",
                                        "port.5432.tcp.addr",
                                        "10"))
                        .build()
                        .port())
                .isEqualTo(5432);
    }
}

// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.nvsentinel.datastore.error.ConfigurationException;
import io.nvsentinel.tls.SslMode;
import io.nvsentinel.tls.TlsVersion;
import java.io.IOException;
import java.lang.reflect.Method;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The table of options in docs/configuration.md, row by row, against the options themselves. */
@Tag("essential")
class ConfigurationPageTest {

    private static final String REQUIRED = "required";
    private static final Set<String> SOURCES = Set.of("environment", "properties", "url", "yaml");
    private static final Map<String, String> REQUIRED_VARIABLES =
            Map.of("DATASTORE_HOST", "h", "DATASTORE_DATABASE", "d", "DATASTORE_USERNAME", "u");

    /** One row; a range is empty where everything is allowed. */
    record Row(String option, String variable, String defaultValue, String range) {

        static Row of(String line) {
            String[] cells = line.replace("`", "").split("\\|");
            return new Row(cells[1].strip(), cells[2].strip(), cells[3].strip(), cells[4].strip());
        }

        /** The option that a variable's effect shows in. */
        String accessor() {
            return option.equals("certificates") ? "sslRootCert" : option;
        }

        boolean hasBounds() {
            return range.contains(" to ");
        }

        boolean hasWords() {
            return range.contains(", ");
        }

        boolean isRequired() {
            return defaultValue.equals(REQUIRED);
        }
    }

    static List<Row> rows() throws IOException {
        String page =
                Files.readString(Path.of(System.getProperty("basedir", "")).resolve("../docs/configuration.md"));
        String marker = "<!-- datastore-options -->\n";
        assertThat(page).containsOnlyOnce(marker);
        return page.substring(page.indexOf(marker) + marker.length())
                .lines()
                .takeWhile(line -> line.startsWith("|"))
                .skip(2)
                .map(Row::of)
                .toList();
    }

    static Stream<Row> rowsWithBounds() throws IOException {
        return rows().stream().filter(Row::hasBounds);
    }

    static Stream<Row> rowsWithWords() throws IOException {
        return rows().stream().filter(Row::hasWords);
    }

    @Test
    void everyOptionIsListedOnce() throws IOException {
        List<String> setters = Arrays.stream(DatastoreOptions.Builder.class.getMethods())
                .filter(method -> method.getReturnType() == DatastoreOptions.Builder.class)
                .map(Method::getName)
                .filter(name -> !SOURCES.contains(name))
                .toList();

        assertThat(rows()).extracting(Row::option).containsExactlyInAnyOrderElementsOf(setters);
    }

    @ParameterizedTest
    @MethodSource("rows")
    void theDefaultIsTheOneInTheTable(Row row) {
        if (row.isRequired()) {
            Map<String, String> others = new HashMap<>(REQUIRED_VARIABLES);
            others.remove(row.variable());
            assertThatExceptionOfType(ConfigurationException.class)
                    .isThrownBy(() -> DatastoreOptions.fromEnvironment(others))
                    .withMessageContaining(row.option() + " is required");
        } else {
            DatastoreOptions options = DatastoreOptions.builder()
                    .host("h")
                    .database("d")
                    .username("u")
                    .build();
            assertThat(shown(value(options, row))).isEqualTo(row.defaultValue());
        }
    }

    @ParameterizedTest
    @MethodSource("rows")
    void theVariableSetsTheOption(Row row) throws ReflectiveOperationException {
        Class<?> type = DatastoreOptions.class.getMethod(row.accessor()).getReturnType();
        // A certificate is refused without a key, so both are there before either is changed.
        Map<String, String> environment = new HashMap<>(REQUIRED_VARIABLES);
        environment.put("DATASTORE_SSLCERT", "certificate.pem");
        environment.put("DATASTORE_SSLKEY", "key.pem");
        Object before = value(DatastoreOptions.fromEnvironment(environment), row);

        environment.put(row.variable(), sample(type, row.option()));
        Object after = value(DatastoreOptions.fromEnvironment(environment), row);

        assertThat(after).isNotEqualTo(before).isNotNull();
        assertThat(shown(after)).startsWith(shown(type, sample(type, row.option())));
    }

    @ParameterizedTest
    @MethodSource("rowsWithBounds")
    void theRangeHolds(Row row) {
        String[] ends = row.range().replace(" ", "").split("to");
        boolean duration = row.range().matches(".*[a-z].* to .*");
        String below = duration ? read(ends[0]).minusNanos(1).toString() : below(Long.parseLong(ends[0]));
        String above = duration ? read(ends[1]).plusNanos(1).toString() : String.valueOf(Long.parseLong(ends[1]) + 1);

        with(row, ends[0]);
        with(row, ends[1]);
        for (String outside : List.of(below, above)) {
            assertThatExceptionOfType(ConfigurationException.class)
                    .isThrownBy(() -> with(row, outside))
                    .withMessageContaining(row.option() + " must be between");
        }
    }

    @ParameterizedTest
    @MethodSource("rowsWithWords")
    void theWordsAreThoseOfTheCode(Row row) {
        Class<?> type = value(with(row, row.range().split(", ")[0]), row).getClass();

        assertThat(row.range().split(", "))
                .containsExactly(Arrays.stream(type.getEnumConstants())
                        .map(ConfigurationPageTest::shown)
                        .toArray(String[]::new))
                .allSatisfy(word ->
                        assertThat(shown(value(with(row, word), row))).isEqualTo(word));
        assertThatExceptionOfType(ConfigurationException.class).isThrownBy(() -> with(row, "sometimes"));
    }

    /** In a variable, 0 may stand for the default. */
    private static String below(long least) {
        return least == 1 ? "-1" : String.valueOf(least - 1);
    }

    private static DatastoreOptions with(Row row, String text) {
        Map<String, String> environment = new HashMap<>(REQUIRED_VARIABLES);
        environment.put(row.variable(), text);
        return DatastoreOptions.fromEnvironment(environment);
    }

    private static Object value(DatastoreOptions options, Row row) {
        try {
            return DatastoreOptions.class.getMethod(row.accessor()).invoke(options);
        } catch (ReflectiveOperationException e) {
            throw new AssertionError("docs/configuration.md names an option that is none: " + row.option(), e);
        }
    }

    /** A valid value that is no option's default. */
    private static String sample(Class<?> type, String row) {
        return Map.of(
                        int.class, "7",
                        boolean.class, "true",
                        Duration.class, "7s",
                        Map.class, "work_mem=7MB",
                        SslMode.class, "prefer",
                        TlsVersion.class, "TLSv1.3",
                        SchemaMode.class, "validate",
                        ChannelBinding.class, "require")
                .getOrDefault(type, row.equals("requireAuth") ? "md5" : "sample")
                .concat(row.equals("maxDocumentBytes") ? "777" : "");
    }

    /** How the sample is shown once it was read. */
    private static String shown(Class<?> type, String sample) {
        return type == Duration.class ? shown(read(sample)) : sample;
    }

    private static String shown(Object value) {
        if (value == null || value.equals(Map.of())) {
            return "none";
        }
        if (value instanceof Duration duration) {
            return shown(duration);
        }
        return value instanceof SslMode mode ? mode.libpqName() : text(value);
    }

    private static String text(Object value) {
        String text = value.toString();
        return value instanceof SchemaMode || value instanceof ChannelBinding
                ? text.toLowerCase(Locale.ROOT)
                : text.replaceAll("[{}]", "");
    }

    private static String shown(Duration duration) {
        return duration.toHours() > 0 ? duration.toHours() + " h" : duration.toSeconds() + " s";
    }

    private static Duration read(String text) {
        return Duration.parse(text.endsWith("d") ? "P" + text : text.endsWith("ms") ? milliseconds(text) : "PT" + text);
    }

    private static String milliseconds(String text) {
        return Duration.ofMillis(Long.parseLong(text.replace("ms", ""))).toString();
    }
}

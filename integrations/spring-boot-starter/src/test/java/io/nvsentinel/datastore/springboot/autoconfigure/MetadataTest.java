// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.springboot.autoconfigure;

import static org.assertj.core.api.Assertions.assertThat;

import io.nvsentinel.changestream.ChangeStreamOptions;
import io.nvsentinel.datastore.DatastoreOptions;
import java.io.IOException;
import java.lang.reflect.Method;
import java.lang.reflect.RecordComponent;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.springframework.boot.convert.DurationStyle;
import org.springframework.util.unit.DataSize;

/**
 * The metadata from which editors complete properties: made of the tables in docs/configuration.md, which core's own tests compare
 * with the options. {@code -Dmetadata.write=true} writes it.
 */
@Tag("essential")
class MetadataTest {

    private static final Path METADATA = Path.of(
            System.getProperty("basedir", ""), "src/main/resources/META-INF/spring-configuration-metadata.json");
    private static final Path PAGE = Path.of(System.getProperty("basedir", ""), "../../docs/configuration.md");

    private static final String OWN = """
            {
              "groups": [
                {"name": "nvsentinel.datastore"},
                {"name": "nvsentinel.datastore.changestream"}
              ],
              "properties": [
                {
                  "name": "nvsentinel.datastore.enabled",
                  "type": "java.lang.Boolean",
                  "description": "Whether to connect to the datastore.",
                  "defaultValue": true
                },
                {
                  "name": "nvsentinel.datastore.url",
                  "type": "java.lang.String",
                  "description": "Connection URL as libpq has it, postgresql://user:password@host:port/database; each part may be missing."
                },
                {
                  "name": "nvsentinel.datastore.yaml-path",
                  "type": "java.nio.file.Path",
                  "description": "YAML file with options, in the form of NVSentinel's services."
                },
            """;

    /** One row of a table; {@code defaultValue} has no backticks. */
    private record Row(String option, String defaultValue, String range, String meaning) {

        String property(String prefix) {
            return prefix + "." + option.replaceAll("(?=[A-Z])", "-").toLowerCase(Locale.ROOT);
        }

        boolean hasWords() {
            return range.contains(", ");
        }
    }

    @Test
    void theMetadataHasEveryOption() throws IOException {
        String made = metadata();
        if (Boolean.getBoolean("metadata.write")) {
            Files.writeString(METADATA, made);
        }

        assertThat(Files.readString(METADATA)).isEqualTo(made);
        assertThat(datastoreRows()).extracting(Row::option).containsExactlyInAnyOrderElementsOf(datastoreSetters());
    }

    @Test
    void changeStreamsHaveAPropertyForEveryOption() throws IOException {
        List<String> properties = Arrays.stream(ChangeStreamProperties.class.getRecordComponents())
                .map(RecordComponent::getName)
                .toList();

        assertThat(properties)
                .containsExactlyInAnyOrderElementsOf(setters(ChangeStreamOptions.Builder.class).stream()
                        .filter(option -> !option.equals("listener"))
                        .toList())
                .containsExactlyElementsOf(
                        changeStreamRows().stream().map(Row::option).toList());
    }

    private static String metadata() throws IOException {
        Map<String, Class<?>> options = Arrays.stream(DatastoreOptions.Builder.class.getMethods())
                .filter(method -> datastoreSetters().contains(method.getName()))
                .collect(Collectors.toMap(Method::getName, method -> method.getParameterTypes()[0]));
        Map<String, Class<?>> streams = Arrays.stream(ChangeStreamProperties.class.getRecordComponents())
                .collect(Collectors.toMap(RecordComponent::getName, RecordComponent::getType));
        Stream<String> properties = Stream.concat(
                datastoreRows().stream()
                        .map(row -> property(row, DatastoreProperties.PREFIX, type(options.get(row.option())))),
                changeStreamRows().stream()
                        .map(row -> property(row, ChangeStreamProperties.PREFIX, type(streams.get(row.option())))));
        return OWN + properties.collect(Collectors.joining(",\n")) + "\n  ],\n  \"hints\": [\n"
                + datastoreRows().stream()
                        .filter(Row::hasWords)
                        .map(MetadataTest::hint)
                        .collect(Collectors.joining(",\n"))
                + "\n  ]\n}\n";
    }

    private static String property(Row row, String prefix, String type) {
        String value = defaultValue(row, type);
        return "    {\n      \"name\": \"" + row.property(prefix) + "\",\n      \"type\": \"" + type
                + "\",\n      \"description\": \"" + description(row.meaning()) + "\""
                + (value.isEmpty() ? "" : ",\n      \"defaultValue\": " + value) + "\n    }";
    }

    private static String hint(Row row) {
        String values = Arrays.stream(row.range().split(", "))
                .map(word -> "{\"value\": \"" + word + "\"}")
                .collect(Collectors.joining(", "));
        return "    {\"name\": \"" + row.property(DatastoreProperties.PREFIX) + "\", \"values\": [" + values + "]}";
    }

    /** The words of an enum are libpq's; those that Spring would accept for its constants differ. */
    private static String type(Class<?> type) {
        if (type == int.class) {
            return "java.lang.Integer";
        }
        if (type == boolean.class) {
            return "java.lang.Boolean";
        }
        return type.isEnum() || type == Map.class ? "java.lang.String" : type.getName();
    }

    private static String defaultValue(Row row, String type) {
        String value = row.defaultValue();
        if (List.of("none", "required", "the datastore's").contains(value)) {
            return "";
        }
        if (type.equals("java.lang.Integer") || type.equals("java.lang.Boolean")) {
            return value;
        }
        String text = value.replace(" ", "").replace("MiB", "MB");
        if (type.equals("java.time.Duration")) {
            text = text.equals("0") ? "0s" : text;
            assertThat(DurationStyle.detectAndParse(text)).isNotNull();
        }
        if (type.equals(DataSize.class.getName())) {
            assertThat(DataSize.parse(text)).isNotNull();
        }
        return "\"" + text + "\"";
    }

    private static String description(String meaning) {
        String text = meaning.replace("`", "").replace("\"", "'");
        return text.substring(0, 1).toUpperCase(Locale.ROOT) + text.substring(1) + ".";
    }

    private static List<String> datastoreSetters() {
        return setters(DatastoreOptions.Builder.class).stream()
                .filter(name ->
                        !List.of("environment", "properties", "url", "yaml").contains(name))
                .toList();
    }

    private static List<String> setters(Class<?> builder) {
        return Arrays.stream(builder.getMethods())
                .filter(method -> method.getReturnType() == builder)
                .map(Method::getName)
                .distinct()
                .toList();
    }

    private static List<Row> datastoreRows() throws IOException {
        return rows("datastore-options")
                .map(cells -> new Row(cells[1], cells[3], cells[4], cells[5]))
                .toList();
    }

    private static List<Row> changeStreamRows() throws IOException {
        return rows("change-stream-options")
                .map(cells -> new Row(cells[1], cells[2], cells[3], cells[4]))
                .filter(row -> !row.option().equals("listener"))
                .toList();
    }

    /** The cells of each row: empty, then those of the columns without backticks around a whole cell's words. */
    private static Stream<String[]> rows(String table) throws IOException {
        String text = Files.readString(PAGE);
        return text.substring(text.indexOf("<!-- " + table + " -->\n"))
                .lines()
                .skip(1)
                .takeWhile(line -> line.startsWith("|"))
                .skip(2)
                .map(line -> line.replace("`", "").split(" ?\\| ?"));
    }
}

// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nvsentinel.changestream.admin.RetentionOptions;
import io.nvsentinel.changestream.processing.GroupOptions;
import io.nvsentinel.changestream.processing.ProcessorOptions;
import java.io.IOException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The tables of the change stream's options in docs/configuration.md name every option, and the ranges that hold. */
@Tag("essential")
class ConfigurationPageTest {

    private static final int DEFAULT = 2;
    private static final int RANGE = 3;
    private static final Path PAGE = Path.of(System.getProperty("basedir", "")).resolve("../docs/configuration.md");

    @Test
    void everyOptionIsListed() throws IOException {
        assertThat(options("change-stream-options"))
                .containsExactlyInAnyOrderElementsOf(setters(ChangeStreamOptions.Builder.class));
        assertThat(options("watch-options")).containsExactlyInAnyOrderElementsOf(setters(WatchOptions.Builder.class));
        assertThat(options("processor-options"))
                .containsExactlyInAnyOrderElementsOf(setters(ProcessorOptions.Builder.class));
        assertThat(options("retention-options"))
                .containsExactlyInAnyOrderElementsOf(setters(RetentionOptions.Builder.class));
    }

    @Test
    void theDefaultsAreThoseInTheTable() throws IOException {
        ChangeStreamOptions defaults = ChangeStreamOptions.builder().build();

        assertThat(cell("pollInterval", DEFAULT)).isEqualTo("the datastore's");
        assertThat(defaults.pollInterval()).isEmpty();
        assertThat(cell("batchSize", DEFAULT)).isEqualTo(String.valueOf(defaults.batchSize()));
        assertThat(cell("maxBatchBytes", DEFAULT)).isEqualTo((defaults.maxBatchBytes() >> 20) + " MiB");
        assertThat(cell("listen", DEFAULT)).isEqualTo(String.valueOf(defaults.listen()));
    }

    @Test
    void theDefaultsOfProcessingAreThoseInTheTable() throws IOException {
        ProcessorOptions defaults = ProcessorOptions.defaults();
        Map<String, Object> expected = Map.of(
                "concurrency", defaults.concurrency(),
                "maxInFlight", defaults.maxInFlight(),
                "handlerTimeout", defaults.handlerTimeout(),
                "maxAttempts", defaults.maxAttempts(),
                "minBackoff", defaults.minBackoff(),
                "maxBackoff", defaults.maxBackoff(),
                "onFailure", defaults.onFailure(),
                "drainTimeout", defaults.drainTimeout(),
                "storeTimeout", defaults.storeTimeout());
        assertDefaults("processor-options", expected);
    }

    @Test
    void theDefaultsOfRetentionAreThoseInTheTable() throws IOException {
        RetentionOptions defaults = RetentionOptions.defaults();
        Map<String, Object> expected = Map.of(
                "retention", defaults.retention(),
                "maxAge", defaults.maxAge(),
                "maxRows", defaults.maxRows(),
                "markProcessed", defaults.markProcessed(),
                "batchSize", defaults.batchSize(),
                "interval", defaults.interval());
        assertDefaults("retention-options", expected);
    }

    private static void assertDefaults(String table, Map<String, Object> expected) throws IOException {
        Map<String, String> shown = rows(table)
                .collect(Collectors.toMap(row -> row[1].strip().replace("`", ""), row -> row[DEFAULT].strip()));
        expected.forEach(
                (option, value) -> assertThat(shown.get(option)).as(option).isEqualTo(text(value)));
    }

    /** As the tables write it. */
    private static String text(Object value) {
        if (value instanceof Enum<?> word) {
            return "`" + word.name() + "`";
        }
        return value instanceof Duration duration ? text(duration) : String.valueOf(value);
    }

    private static String text(Duration value) {
        Map<String, Duration> units = new LinkedHashMap<>();
        units.put("d", Duration.ofDays(1));
        units.put("min", Duration.ofMinutes(1));
        units.put("s", Duration.ofSeconds(1));
        units.put("ms", Duration.ofMillis(1));
        return value.isZero()
                ? "0"
                : units.entrySet().stream()
                        .filter(unit -> value.toMillis() % unit.getValue().toMillis() == 0)
                        .map(unit -> value.dividedBy(unit.getValue()) + " " + unit.getKey())
                        .findFirst()
                        .orElseThrow();
    }

    @Test
    void pollIntervalHasItsRange() throws IOException {
        assertThat(range("pollInterval")).isEqualTo("1 ms to 1 d");
        accepted(options -> options.pollInterval(Duration.ofMillis(1)));
        accepted(options -> options.pollInterval(Duration.ofDays(1)));
        refused(options -> options.pollInterval(Duration.ofMillis(1).minusNanos(1)), "pollInterval");
        refused(options -> options.pollInterval(Duration.ofDays(1).plusNanos(1)), "pollInterval");
    }

    @Test
    void pageRowsHasItsRange() throws IOException {
        assertThat(range("batchSize")).isEqualTo("1 to 10000");
        accepted(options -> options.batchSize(1));
        accepted(options -> options.batchSize(10_000));
        refused(options -> options.batchSize(0), "batchSize");
        refused(options -> options.batchSize(10_001), "batchSize");
    }

    @Test
    void pageBytesHasItsRange() throws IOException {
        assertThat(range("maxBatchBytes")).isEqualTo("64 KiB to 256 MiB");
        accepted(options -> options.maxBatchBytes(64L << 10));
        accepted(options -> options.maxBatchBytes(256L << 20));
        refused(options -> options.maxBatchBytes((64L << 10) - 1), "maxBatchBytes");
        refused(options -> options.maxBatchBytes((256L << 20) + 1), "maxBatchBytes");
    }

    @Test
    void groupsHaveTheirDefaultsAndRanges() throws IOException {
        List<String> named = new ArrayList<>(setters(GroupOptions.Builder.class));
        named.add(0, "partitions");
        assertThat(options("group-options")).containsExactlyInAnyOrderElementsOf(named);
        GroupOptions defaults = GroupOptions.builder(1).build();
        assertThat(defaults.heartbeatInterval()).isEqualTo(Duration.ofSeconds(2));
        assertThat(defaults.leaseDuration()).isEqualTo(Duration.ofSeconds(15));
        Duration second = Duration.ofSeconds(1);
        assertThatCode(() -> group(256, second, Duration.ofHours(1))).doesNotThrowAnyException();
        assertThatCode(() -> group(1, Duration.ofMillis(100), second.multipliedBy(2)))
                .doesNotThrowAnyException();
        assertThatThrownBy(() -> group(0, second, second))
                .hasMessageContaining("partitions")
                .hasMessageContaining("leaseDuration")
                .hasMessageContaining("heartbeatInterval");
        assertThatThrownBy(() -> group(257, second, Duration.ofMinutes(61)))
                .hasMessageContaining("partitions")
                .hasMessageContaining("leaseDuration");
        assertThatThrownBy(() -> group(1, Duration.ofMillis(99), Duration.ofSeconds(2)))
                .hasMessageContaining("heartbeatInterval");
        assertThatThrownBy(() -> group(1, second.plusMillis(1), second.multipliedBy(3)))
                .hasMessageContaining("heartbeatInterval");
    }

    private static GroupOptions group(int partitions, Duration heartbeat, Duration lease) {
        return GroupOptions.builder(partitions)
                .heartbeatInterval(heartbeat)
                .leaseDuration(lease)
                .build();
    }

    private static void accepted(UnaryOperator<ChangeStreamOptions.Builder> change) {
        assertThatCode(() -> change.apply(ChangeStreamOptions.builder()).build())
                .doesNotThrowAnyException();
    }

    private static void refused(UnaryOperator<ChangeStreamOptions.Builder> change, String option) {
        assertThatThrownBy(() -> change.apply(ChangeStreamOptions.builder()).build())
                .hasMessageContaining(option);
    }

    private static List<String> setters(Class<?> builder) {
        return Arrays.stream(builder.getDeclaredMethods())
                .filter(method -> Modifier.isPublic(method.getModifiers()) && method.getReturnType() == builder)
                .map(Method::getName)
                .toList();
    }

    private static List<String> options(String table) throws IOException {
        return rows(table).map(row -> row[1].strip().replace("`", "")).toList();
    }

    private static String range(String option) throws IOException {
        return cell(option, RANGE);
    }

    private static String cell(String option, int column) throws IOException {
        return rows("change-stream-options")
                .filter(row -> row[1].strip().equals("`" + option + "`"))
                .map(row -> row[column].strip())
                .findFirst()
                .orElseThrow();
    }

    private static Stream<String[]> rows(String table) throws IOException {
        String text = Files.readString(PAGE);
        String marker = "<!-- " + table + " -->\n";
        assertThat(text).containsOnlyOnce(marker);
        return text.substring(text.indexOf(marker) + marker.length())
                .lines()
                .takeWhile(line -> line.startsWith("|"))
                .skip(2)
                .map(line -> line.split("\\|"));
    }
}

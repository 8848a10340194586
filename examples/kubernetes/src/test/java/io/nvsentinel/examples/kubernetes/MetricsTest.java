// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.Tag;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The list of meters in the guide against the meters. {@code -Dmetrics.write=true} writes the list. */
class MetricsTest {

    @RegisterExtension
    static final BeforeAllCallback DATABASE = SecureDatabase.extension();

    private static final Path GUIDE = Manifests.ROOT.resolve("docs/metrics.md");
    private static final String BEGIN = "<!-- metrics -->\n";
    private static final String END = "<!-- /metrics -->";
    private static final Map<Meter.Type, String> KINDS =
            Map.of(Meter.Type.COUNTER, "counter", Meter.Type.GAUGE, "gauge", Meter.Type.TIMER, "timer");

    @Test
    void theGuideListsEveryMeterWithItsTagsUnitAndMeaning() throws IOException {
        SimpleMeterRegistry registry = new SimpleMeterRegistry();
        AllMeters.register(SecureDatabase.get(), registry);
        String table = table(registry);
        String guide = Files.readString(GUIDE);
        int begin = guide.indexOf(BEGIN) + BEGIN.length();
        int end = guide.indexOf(END);
        if (Boolean.getBoolean("metrics.write")) {
            Files.writeString(GUIDE, guide.substring(0, begin) + table + guide.substring(end));
        } else {
            assertThat(guide.substring(begin, end)).isEqualTo(table);
        }
    }

    /** What the registry above has not, the guide could not have. */
    @Test
    void everyMeterIsRegistered() throws ReflectiveOperationException {
        SimpleMeterRegistry registry = new SimpleMeterRegistry();
        AllMeters.register(SecureDatabase.get(), registry);
        int declared = 0;
        for (String list : List.of("datastore.metrics.DatastoreMeter", "changestream.metrics.ChangeStreamMeter")) {
            declared += Class.forName("io.nvsentinel." + list).getEnumConstants().length;
        }
        assertThat(registry.getMeters().stream()
                        .map(meter -> meter.getId().getName())
                        .distinct())
                .hasSize(declared);
    }

    private static String table(SimpleMeterRegistry registry) {
        SortedMap<String, String> rows = new TreeMap<>();
        for (Meter meter : registry.getMeters()) {
            Meter.Id id = meter.getId();
            assertThat(id.getName()).startsWith("nvsentinel.");
            String row = row(id);
            String other = rows.put(id.getName(), row);
            assertThat(other == null || other.equals(row))
                    .as("%s has the same tags everywhere", id.getName())
                    .isTrue();
        }
        return rows.values().stream()
                .collect(Collectors.joining(
                        "\n", "| Meter | Kind | Unit | Tags | Meaning |\n| --- | --- | --- | --- | --- |\n", "\n"));
    }

    private static String row(Meter.Id id) {
        String tags = id.getTags().stream()
                .map(Tag::getKey)
                .sorted()
                .map(key -> "`" + key + "`")
                .collect(Collectors.joining(", "));
        return "| `%s` | %s | %s | %s | %s |"
                .formatted(
                        id.getName(),
                        KINDS.get(id.getType()),
                        Objects.requireNonNullElse(id.getBaseUnit(), ""),
                        tags,
                        Objects.requireNonNull(id.getDescription(), id.getName()))
                .replace("|  |", "| |")
                .replace("|  |", "| |");
    }
}

// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;

import io.nvsentinel.datastore.codec.JsonCodec;
import io.nvsentinel.examples.benchmarks.scenario.Scenarios;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The smallest run of everything: it gives figures, and every scenario that delivers checks that nothing is lost. */
class BenchmarksTest {

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();

    @TempDir
    private Path directory;

    @Test
    @Timeout(300)
    void everyScenarioGivesFigures() throws IOException {
        int exitCode = run("--size=smoke", "--rounds=1", "--out=" + directory);

        Map<String, Object> report =
                JsonCodec.jackson3().readTree(Files.readAllBytes(directory.resolve("report.json")));
        assertThat(report.get("failures")).as("%s", err).isEqualTo(Map.of());
        assertThat(exitCode).isZero();
        assertThat(report.get("notMeasured").toString()).doesNotContain("Debezium");
        List<?> figures = (List<?>) report.get("figures");
        assertThat(figures.stream()
                        .map(figure -> String.valueOf(((Map<?, ?>) figure).get("scenario")))
                        .collect(Collectors.toSet()))
                .containsAll(Scenarios.ALL.stream()
                        .map(Scenario::name)
                        .filter(name -> !name.equals("plans"))
                        .filter(name -> !((Map<?, ?>) report.get("notMeasured")).containsKey(name))
                        .toList());
        assertThat(figures)
                .allSatisfy(figure -> assertThat((List<?>) ((Map<?, ?>) figure).get("series"))
                        .allSatisfy(series -> assertThat(((Number) ((Map<?, ?>) series).get("median")).doubleValue())
                                .isGreaterThanOrEqualTo(0)));
        assertThat(report.get("texts").toString())
                .contains(".datastore_changelog (table_name", "Index Scan using datastore_changelog_pkey", "Buffers:");
    }

    @Test
    void theReportIsReadableAndDrawn() throws IOException {
        int exitCode = run("--size=smoke", "--rounds=2", "--duration=1", "--scenarios=writers", "--out=" + directory);

        assertThat(exitCode).as("%s", err).isZero();
        assertThat(directory.resolve("report.md"))
                .content()
                .contains("| writers | 2 writers | this library |", "![Throughput of writers](writers.svg)", "fsync");
        assertThat(directory.resolve("writers.svg")).content().contains("<svg", "no capture", "</svg>");
    }

    @Test
    void microBenchmarksRun() {
        assertThat(run("--micro=TokenBenchmark.parse", "--size=smoke", "--out=" + directory))
                .isZero();
        assertThat(directory.resolve("micro.json")).content().contains("TokenBenchmark.parse", "gc.alloc.rate.norm");
        assertThat(directory.resolve("micro.md"))
                .content()
                .containsPattern("\\| TokenBenchmark\\.parse \\| [\\d,]+ ns/op \\| \\S+ \\| [\\d,]+ B/op \\|");
    }

    @Test
    void helpAndWrongOptionsAreAnswered() {
        assertThat(run("--help")).isZero();
        assertThat(run("--list")).isZero();
        assertThat(out.toString(StandardCharsets.UTF_8)).contains("catch-up: ");

        assertThat(run("--scenarios=catchup")).isEqualTo(2);
        assertThat(err.toString(StandardCharsets.UTF_8)).contains("--scenarios knows single-inserts");
    }

    private int run(String... arguments) {
        return new Benchmarks(stream(out), stream(err)).run(arguments);
    }

    private static PrintStream stream(ByteArrayOutputStream bytes) {
        return new PrintStream(bytes, true, StandardCharsets.UTF_8);
    }
}

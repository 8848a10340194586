// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.benchmarks;

import io.nvsentinel.examples.benchmarks.micro.MicroBenchmarks;
import io.nvsentinel.examples.benchmarks.peer.Peers;
import io.nvsentinel.examples.benchmarks.report.Report;
import io.nvsentinel.examples.benchmarks.scenario.Scenarios;
import io.nvsentinel.examples.benchmarks.server.Machine;
import io.nvsentinel.examples.benchmarks.server.MeasuredServer;
import java.io.PrintStream;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** The program: {@code ./mvnw -q -Pbenchmarks}, with options in {@code -Dbenchmarks.args="--size=smoke"}. */
@Command(
        name = "benchmarks",
        description = {
            "Measures the datastore and its change streams beside others, in the same run and on the same server.",
            "Starts its own server, with durable commits, unless --url names one."
        },
        mixinStandardHelpOptions = true,
        version = "NVSentinel datastore benchmarks 0.1.0-SNAPSHOT",
        footer = "Exit code 0: everything was measured, whether or not the goals are reached. 1: a scenario failed, or"
                + " something was lost. 2: wrong options.")
public final class Benchmarks implements Callable<Integer> {

    private static final int FAILED = 1;
    private static final int WRONG_OPTIONS = 2;

    private final PrintStream err;
    private final Progress progress;

    @Option(
            names = "--url",
            paramLabel = "URL",
            description =
                    "Your own server, in plain text: postgresql://user:password@host:port/database. The user must be"
                            + " able to create databases; they are dropped at the end.")
    private @Nullable String url;

    @Option(
            names = "--scenarios",
            split = ",",
            paramLabel = "NAME",
            description = "The scenarios to run; default all. --list prints their names.")
    private List<String> scenarios = List.of();

    @Option(names = "--list", description = "Only list the scenarios.")
    private boolean list;

    @Option(
            names = "--size",
            defaultValue = "usual",
            description =
                    "smoke (seconds, figures mean nothing), usual (the default: less than a quarter of an hour), full"
                            + " (the sizes that the goals name: an hour).")
    private Size size = Size.USUAL;

    @Option(
            names = "--rounds",
            paramLabel = "N",
            description = "How often each contender is measured; default 1, 3 or 5.")
    private @Nullable Integer rounds;

    @Option(
            names = "--duration",
            paramLabel = "SECONDS",
            description = "How long each timed measurement takes; default by the size.")
    private @Nullable Integer duration;

    @Option(
            names = "--out",
            paramLabel = "DIRECTORY",
            defaultValue = "target/benchmarks",
            description = "Where report.md, report.json and the charts go; default ${DEFAULT-VALUE}.")
    private Path out = Path.of("target", "benchmarks");

    @Option(
            names = "--micro",
            arity = "0..1",
            fallbackValue = ".*",
            paramLabel = "REGEX",
            description = "Run the micro-benchmarks (JMH) instead, optionally only the ones whose "
                    + "name matches the expression.")
    private @Nullable String micro;

    Benchmarks(PrintStream out, PrintStream err) {
        this.err = err;
        this.progress = new Progress(out);
    }

    /**
     * Runs the program and ends the JVM with its exit code.
     *
     * @param arguments the options
     */
    public static void main(String... arguments) {
        System.exit(new Benchmarks(System.out, System.err).run(arguments));
    }

    int run(String... arguments) {
        return new CommandLine(this)
                .setCaseInsensitiveEnumValuesAllowed(true)
                .setParameterExceptionHandler((error, ignored) -> {
                    err.println("benchmarks: " + error.getMessage() + " (--help lists the options)");
                    return WRONG_OPTIONS;
                })
                .setExecutionExceptionHandler((error, line, parsed) -> {
                    error.printStackTrace(err);
                    return FAILED;
                })
                .execute(arguments);
    }

    @Override
    public Integer call() {
        if (list) {
            Scenarios.ALL.forEach(scenario -> progress.title(scenario.name() + ": " + scenario.description()));
            return 0;
        }
        List<Scenario> chosen = Scenarios.named(scenarios);
        if (chosen.isEmpty()) {
            err.println("benchmarks: --scenarios knows " + Scenarios.names());
            return WRONG_OPTIONS;
        }
        if (micro != null) {
            return MicroBenchmarks.run(micro, size, out);
        }
        return measure(chosen);
    }

    private int measure(List<Scenario> chosen) {
        progress.title("Start the server");
        Report report = new Report();
        try (MeasuredServer server = server()) {
            circumstances(report, server);
            Stage.Settings settings =
                    new Stage.Settings(size, rounds, duration == null ? null : Duration.ofSeconds(duration));
            Stage stage = new Stage(server, report, settings, progress::detail);
            for (int i = 0; i < chosen.size(); i++) {
                Scenario scenario = chosen.get(i);
                progress.title(
                        (i + 1) + " of " + chosen.size() + "  " + scenario.name() + ": " + scenario.description());
                play(scenario, stage);
                // After each one: what was measured is not lost if a later scenario is interrupted.
                report.write(out);
            }
        }
        progress.title("Report: " + out.resolve("report.md").toAbsolutePath());
        return report.failures().isEmpty() ? 0 : FAILED;
    }

    private MeasuredServer server() {
        return url == null
                ? MeasuredServer.embedded(size != Size.SMOKE, size.choose(0, 4, 6), progress::detail)
                : MeasuredServer.given(url);
    }

    private void play(Scenario scenario, Stage stage) {
        try {
            scenario.run(stage);
        } catch (NotMeasuredException e) {
            progress.detail("Not measured: " + e.getMessage());
            stage.report().notMeasured(scenario.name(), String.valueOf(e.getMessage()));
        } catch (Exception e) {
            e.printStackTrace(err);
            stage.report().failure(scenario.name(), e.toString());
        } finally {
            stage.server().dropAll();
        }
    }

    private void circumstances(Report report, MeasuredServer server) {
        Map<String, String> run = new LinkedHashMap<>();
        run.put("date", Instant.now().truncatedTo(ChronoUnit.SECONDS).toString());
        run.put("size", size.name().toLowerCase(Locale.ROOT));
        run.put("rounds", rounds == null ? "by the size" : rounds.toString());
        report.circumstance("Run", run);
        report.circumstance("Machine", Machine.describe());
        report.circumstance("Server", server.settings());
        report.circumstance("Versions", Peers.versions());
        Peers.describe(report);
    }
}

// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.benchmarks.micro;

import io.nvsentinel.examples.benchmarks.Size;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.Locale;
import java.util.Objects;
import java.util.stream.Collectors;
import org.openjdk.jmh.profile.GCProfiler;
import org.openjdk.jmh.results.Result;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.results.format.ResultFormatType;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;

/** Runs the micro-benchmarks, with allocation rates. */
public final class MicroBenchmarks {

    private MicroBenchmarks() {}

    /**
     * Runs them; JMH prints as it goes.
     *
     * @param pattern finds their names
     * @param size how long
     * @param out where {@code micro.json} and {@code micro.md} go
     * @return the program's exit code
     */
    public static int run(String pattern, Size size, Path out) {
        try {
            Files.createDirectories(out);
            Collection<RunResult> results = new Runner(new OptionsBuilder()
                            .include(MicroBenchmarks.class.getPackageName() + "\\..*" + pattern)
                            .addProfiler(GCProfiler.class)
                            // In this JVM a smoke run proves that they work; figures need a separate JVM.
                            .forks(size.choose(0, 1, 3))
                            .warmupIterations(size.choose(1, 3, 5))
                            .measurementIterations(size.choose(1, 5, 5))
                            .warmupTime(TimeValue.milliseconds(size.choose(50, 1_000, 2_000)))
                            .measurementTime(TimeValue.milliseconds(size.choose(50, 1_000, 2_000)))
                            .shouldFailOnError(true)
                            .resultFormat(ResultFormatType.JSON)
                            .result(out.resolve("micro.json").toString())
                            .build())
                    .run();
            Files.writeString(out.resolve("micro.md"), table(results));
            return results.isEmpty() ? 1 : 0;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (RunnerException e) {
            throw new IllegalStateException("JMH: " + e.getMessage(), e);
        }
    }

    private static String table(Collection<RunResult> results) {
        return results.stream().map(MicroBenchmarks::row).collect(Collectors.joining("\n", """
                        # Micro-benchmarks

                        Means of the iterations with the error JMH gives at 99.9 % confidence; allocated is what one operation leaves to the
                        garbage collector.

                        | Benchmark | Time | Error | Allocated |
                        | --- | ---: | ---: | ---: |
                        """, "\n"));
    }

    private static String row(RunResult result) {
        Result<?> time = result.getPrimaryResult();
        Result<?> allocated =
                Objects.requireNonNull(result.getSecondaryResults().get("gc.alloc.rate.norm"));
        return String.format(
                Locale.ROOT,
                "| %s.%s | %,.0f %s | %,.0f | %,.0f %s |",
                simpleName(result.getParams().getBenchmark()),
                time.getLabel(),
                time.getScore(),
                time.getScoreUnit(),
                time.getScoreError(),
                allocated.getScore(),
                allocated.getScoreUnit());
    }

    /** Of a class and its method, without the package. */
    private static String simpleName(String benchmark) {
        String type = benchmark.substring(0, benchmark.lastIndexOf('.'));
        return type.substring(type.lastIndexOf('.') + 1);
    }
}

// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.benchmarks.micro;

import io.nvsentinel.examples.benchmarks.Size;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.openjdk.jmh.profile.GCProfiler;
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
     * @param out where {@code micro.json} goes
     * @return the program's exit code
     */
    public static int run(String pattern, Size size, Path out) {
        try {
            Files.createDirectories(out);
            int found = new Runner(new OptionsBuilder()
                            .include(MicroBenchmarks.class.getPackageName() + "\\..*" + pattern)
                            .addProfiler(GCProfiler.class)
                            // In this JVM a smoke run proves that they work; figures need a JVM of their own.
                            .forks(size.choose(0, 1, 3))
                            .warmupIterations(size.choose(1, 3, 5))
                            .measurementIterations(size.choose(1, 5, 5))
                            .warmupTime(TimeValue.milliseconds(size.choose(50, 1_000, 2_000)))
                            .measurementTime(TimeValue.milliseconds(size.choose(50, 1_000, 2_000)))
                            .shouldFailOnError(true)
                            .resultFormat(ResultFormatType.JSON)
                            .result(out.resolve("micro.json").toString())
                            .build())
                    .run()
                    .size();
            return found > 0 ? 0 : 1;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (RunnerException e) {
            throw new IllegalStateException("JMH: " + e.getMessage(), e);
        }
    }
}

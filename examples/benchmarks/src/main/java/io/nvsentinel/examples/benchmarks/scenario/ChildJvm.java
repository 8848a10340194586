// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.benchmarks.scenario;

import io.nvsentinel.examples.benchmarks.NotMeasuredException;
import io.nvsentinel.examples.benchmarks.server.Database;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Another JVM with the same class path, for what must not share memory or connections with the program. */
final class ChildJvm implements AutoCloseable {

    private static final String PASSWORD = "BENCHMARK_PASSWORD";
    private static final long EXIT_SECONDS = 30;

    private final Process process;
    private final BufferedReader lines;

    private ChildJvm(Process process) {
        this.process = process;
        this.lines = new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
    }

    /**
     * Starts one.
     *
     * @param program has a main method, which is given the database and the arguments
     * @param heap as in 64m
     * @param database what it works on
     * @param arguments more arguments
     * @return running
     */
    static ChildJvm start(Class<?> program, String heap, Database database, String... arguments) {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx" + heap,
                "-XX:+UseSerialGC",
                "-cp",
                System.getProperty("java.class.path"),
                program.getName(),
                database.host(),
                Integer.toString(database.port()),
                database.name(),
                database.user()));
        command.addAll(List.of(arguments));
        ProcessBuilder builder = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT);
        if (database.password() != null) {
            builder.environment().put(PASSWORD, database.password());
        }
        try {
            return new ChildJvm(builder.start());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** In the child: the database that it was given. */
    static Database database(String[] arguments) {
        return new Database(
                arguments[0], Integer.parseInt(arguments[1]), arguments[2], arguments[3], System.getenv(PASSWORD));
    }

    /** In the child: the arguments behind the database. */
    static List<String> arguments(String[] arguments) {
        return List.of(arguments).subList(4, arguments.length);
    }

    /** Waits for the next line that the child prints. */
    String line() {
        try {
            String line = lines.readLine();
            if (line == null) {
                throw new IllegalStateException("A child JVM ended with status " + process.waitFor());
            }
            return line;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    /** How long the child has run on a processor, all its threads together. */
    Duration processorTime() {
        return process.info()
                .totalCpuDuration()
                .orElseThrow(
                        () -> new NotMeasuredException("needs a system that reports the processor time of a process"));
    }

    /** Ends the child by ending its input. */
    @Override
    public void close() {
        try {
            process.getOutputStream().close();
            if (!process.waitFor(EXIT_SECONDS, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }
}

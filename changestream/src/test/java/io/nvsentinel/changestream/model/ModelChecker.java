// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream.model;

import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import tlc2.TLC;

/**
 * Runs TLC in a separate JVM, because it keeps its state in static fields. It uses one thread.
 *
 * @param states the directory of its states
 */
record ModelChecker(Path states) {

    private static final Pattern INVARIANT = Pattern.compile("Error: Invariant (\\w+) is violated");
    private static final Pattern PROPERTY = Pattern.compile("Error: Temporal properties were violated");
    private static final Pattern SIZE = Pattern.compile("\\d+ states generated, \\d+ distinct states found");
    private static final Pattern TIME = Pattern.compile("Finished in [^(]*");

    /**
     * What TLC found.
     *
     * @param verdict as a configuration expects it, or {@code "failed"}
     * @param size number of states, and time
     * @param output all that it printed, which includes the steps that lead to a violation
     */
    record Result(String verdict, String size, String output) {}

    Result check(ModelConfiguration configuration) throws IOException, InterruptedException {
        Files.createDirectories(states);
        Path output = states.resolve("output.txt");
        Process tlc = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-XX:+UseParallelGC",
                        // Most configurations take about a second, in which the better compiler costs more than it
                        // gives.
                        "-XX:TieredStopAtLevel=" + (configuration.isLarge() ? 4 : 1),
                        "-Xmx1g",
                        // The directory in which it unpacks its standard modules; concurrent runs need different ones.
                        "-Djava.io.tmpdir=" + states,
                        "-cp",
                        classPath(),
                        TLC.class.getName(),
                        "-workers",
                        "1",
                        "-lncheck",
                        "final",
                        "-metadir",
                        states.toString(),
                        "-config",
                        configuration.file().toString(),
                        configuration.module().toString())
                .redirectErrorStream(true)
                .redirectOutput(output.toFile())
                .start();
        try {
            return result(configuration, tlc.waitFor(), Files.readString(output, StandardCharsets.UTF_8));
        } finally {
            tlc.destroyForcibly();
        }
    }

    private static String classPath() {
        try {
            return Path.of(TLC.class
                            .getProtectionDomain()
                            .getCodeSource()
                            .getLocation()
                            .toURI())
                    .toString();
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }

    private static Result result(ModelConfiguration configuration, int exit, String output) {
        return new Result(
                verdict(configuration, exit, output), first(SIZE, output, 0) + ", " + first(TIME, output, 0), output);
    }

    private static String verdict(ModelConfiguration configuration, int exit, String output) {
        if (exit == 0 && output.contains("No error has been found")) {
            return "holds";
        }
        if (PROPERTY.matcher(output).find()) {
            return "violates " + configuration.property();
        }
        String invariant = first(INVARIANT, output, 1);
        return invariant.isEmpty() ? "failed" : "violates " + invariant;
    }

    private static String first(Pattern pattern, String output, int group) {
        String found = "";
        for (Matcher matcher = pattern.matcher(output); matcher.find(); ) {
            found = matcher.group(group);
        }
        return found.strip();
    }
}

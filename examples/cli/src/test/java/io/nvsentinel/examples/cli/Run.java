// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.cli;

import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.util.List;
import java.util.Map;

/**
 * A run of the tool in this JVM, and its output.
 *
 * @param exitCode its exit code
 * @param out the lines of standard output
 * @param err the lines of standard error
 */
public record Run(int exitCode, List<String> out, List<String> err) {

    public static Run with(Map<String, String> environment, String... arguments) {
        return with(environment, InputStream.nullInputStream(), arguments);
    }

    public static Run with(Map<String, String> environment, InputStream in, String... arguments) {
        return with(Clock.systemUTC(), environment, in, arguments);
    }

    /** On a machine with another clock. */
    public static Run with(Clock clock, Map<String, String> environment, String... arguments) {
        return with(clock, environment, InputStream.nullInputStream(), arguments);
    }

    private static Run with(Clock clock, Map<String, String> environment, InputStream in, String... arguments) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        Console console = new Console(in, print(out), print(err), false, false);
        int exitCode = new Main(new Invocation(console, environment, clock)).run(arguments);
        return new Run(exitCode, lines(out), lines(err));
    }

    public String text() {
        return String.join("\n", out);
    }

    private static PrintStream print(ByteArrayOutputStream bytes) {
        return new PrintStream(bytes, true, StandardCharsets.UTF_8);
    }

    private static List<String> lines(ByteArrayOutputStream bytes) {
        return bytes.toString(StandardCharsets.UTF_8).lines().toList();
    }
}

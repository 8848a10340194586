// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.quickstart;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/** A run of the program and what it printed. */
record Run(int exitCode, List<String> out, List<String> err) {

    static Run with(Map<String, String> environment, String... arguments) {
        return watched(environment, line -> {}, arguments);
    }

    /** Passes each line to a callback as it is printed. */
    static Run watched(Map<String, String> environment, Consumer<String> reader, String... arguments) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        PrintStream lines = new PrintStream(out, true, StandardCharsets.UTF_8) {
            @Override
            public void println(String line) {
                super.println(line);
                reader.accept(line);
            }
        };
        Quickstart quickstart = new Quickstart(
                environment, new Terminal(lines, false), new PrintStream(err, true, StandardCharsets.UTF_8));
        int exitCode = quickstart.run(arguments);
        return new Run(exitCode, lines(out), lines(err));
    }

    private static List<String> lines(ByteArrayOutputStream bytes) {
        return bytes.toString(StandardCharsets.UTF_8).lines().toList();
    }
}

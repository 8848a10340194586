// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.failover;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Programs of this machine. */
final class Programs {

    private Programs() {}

    /** Where a program is, or null. Administrators' programs are not on every user's path. */
    static @Nullable Path find(String name) {
        String path = System.getenv("PATH");
        return Stream.concat(
                        path == null ? Stream.<String>empty() : Stream.of(path.split(":")),
                        Stream.of("/usr/sbin", "/sbin"))
                .map(directory -> Path.of(directory, name))
                .filter(Files::isExecutable)
                .findFirst()
                .orElse(null);
    }

    /** Runs a program to its end; returns what it wrote. */
    static String run(String... command) {
        return run(List.of(command));
    }

    static String run(List<String> command) {
        try {
            Process process = new ProcessBuilder(resolved(command))
                    .redirectErrorStream(true)
                    .start();
            process.getOutputStream().close();
            String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            int status = process.waitFor();
            if (status != 0) {
                throw new IllegalStateException(
                        String.join(" ", command) + " ended with status " + status + ": " + output.strip());
            }
            return output;
        } catch (IOException e) {
            throw new UncheckedIOException("Cannot run " + String.join(" ", command), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("Interrupted while " + command.get(0) + " ran", e);
        }
    }

    /** Whether a program can be run behind another one, and ends well. */
    static boolean succeeds(List<String> before, String... command) {
        List<String> all = new ArrayList<>(before);
        all.addAll(List.of(command));
        try {
            run(all);
            return true;
        } catch (IllegalStateException | UncheckedIOException e) {
            return false;
        }
    }

    /** With the program's whole path, if it is found. */
    static List<String> resolved(List<String> command) {
        List<String> all = new ArrayList<>(command);
        Path found = find(command.get(0));
        if (found != null) {
            all.set(0, found.toString());
        }
        return all;
    }
}

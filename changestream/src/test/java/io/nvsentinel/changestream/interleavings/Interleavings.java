// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream.interleavings;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * Explores interleavings of a few threads with Lincheck, in a separate JVM, because Lincheck changes the classes that are loaded.
 * A scenario starts threads, awaits them and fails if what they left is wrong.
 */
public final class Interleavings {

    static final String HOLDS = "holds: ";
    static final String VIOLATED = "violated: ";

    private final Path directory;

    /**
     * Prepares an exploration.
     *
     * @param directory for what it writes, which stands first on the class path
     */
    Interleavings(Path directory) {
        this.directory = directory;
    }

    /** The lines that say which scenarios hold and which are violated, and Lincheck's report of each violation. */
    String explore(int most, List<Class<?>> scenarios) throws IOException, InterruptedException {
        // Lincheck would explore the logging too.
        Files.writeString(directory.resolve("logback-test.xml"), "<configuration/>");
        Path output = directory.resolve("output.txt");
        Process process = new ProcessBuilder(command(most, scenarios))
                .redirectErrorStream(true)
                .redirectOutput(output.toFile())
                .start();
        try {
            process.waitFor();
            return Files.readString(output, StandardCharsets.UTF_8);
        } finally {
            process.destroyForcibly();
        }
    }

    private List<String> command(int most, List<Class<?>> scenarios) {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-XX:+EnableDynamicAgentLoading",
                "-cp",
                directory
                        + File.pathSeparator
                        + System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
                Explorer.class.getName(),
                String.valueOf(most)));
        scenarios.forEach(scenario -> command.add(scenario.getName()));
        return command;
    }

    /** From here on the class is explored without what makes it thread-safe. */
    void makeCareless(String name) throws IOException {
        String file = name.replace('.', '/') + ".class";
        try (InputStream code =
                Objects.requireNonNull(Interleavings.class.getClassLoader().getResourceAsStream(file))) {
            Path target = directory.resolve(file);
            Files.createDirectories(target.getParent());
            Files.write(target, Careless.of(code.readAllBytes()));
        }
    }

    /**
     * Runs threads to their end.
     *
     * @param bodies what each does
     */
    public static void run(Runnable... bodies) {
        // Plain loops: Lincheck does not see a thread that the JDK's own code starts.
        Thread[] threads = new Thread[bodies.length];
        for (int i = 0; i < bodies.length; i++) {
            threads[i] = new Thread(bodies[i]);
            threads[i].start();
        }
        for (Thread thread : threads) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                throw new IllegalStateException("Interrupted", e);
            }
        }
    }

    /**
     * Fails unless a condition holds.
     *
     * @param holds the condition
     * @param otherwise the failure
     */
    public static void require(boolean holds, String otherwise) {
        if (!holds) {
            throw new IllegalStateException(otherwise);
        }
    }
}

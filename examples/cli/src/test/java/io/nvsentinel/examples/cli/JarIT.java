// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.nvsentinel.testserver.Await;
import io.nvsentinel.testserver.PostgresServer;
import io.nvsentinel.testserver.TestDatabase;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The start script and the one jar, in separate processes, as users run them. */
class JarIT {

    private static final int SIGTERM = 143;

    @TempDir
    private Path directory;

    private TestDatabase database;

    @BeforeEach
    void create() {
        database = PostgresServer.shared().createDatabase();
    }

    @AfterEach
    void drop() {
        database.drop();
    }

    @Test
    void theJarHasAllThatItNeeds() throws Exception {
        // Migrations are found on the class path and Flyway's parts as services, which a merged jar easily breaks.
        Process migrate = start("migrate", "schema", "migrate");
        assertThat(migrate.waitFor()).as(text("migrate.err")).isZero();
        assertThat(lines("migrate.out")).contains("020 health events");

        assertThat(start("doctor", "doctor").waitFor()).as(text("doctor.out")).isZero();
        assertThat(lines("doctor.err")).isEmpty();
        assertThat(lines("doctor.out"))
                .anyMatch(line -> line.startsWith("✓ schema "))
                .noneMatch(line -> line.contains("\u001b"));
        assertThat(start("version", "--version").waitFor()).isZero();
        assertThat(text("version.out")).matches("nvsentinel \\d.*\\s*");
    }

    @Test
    void watchClosesCleanlyWhenItIsTerminated() throws Exception {
        assertThat(start("migrate", "schema", "migrate").waitFor()).isZero();
        Process watch = start("watch", "watch", "--json", "--client", "audit");
        awaitLine("watch.err", "Watching");
        database.execute("INSERT INTO health_events (data) VALUES ('{\"text\": \"grün\"}')");
        awaitLine("watch.out", "grün");

        watch.destroy();

        assertThat(watch.waitFor()).isEqualTo(SIGTERM);
        assertThat(lines("watch.err")).containsExactly("Watching; press Ctrl-C to stop");
        assertThat(database.queryForString(
                        "SELECT position FROM resume_tokens WHERE client_name = 'audit' AND leased_until IS NULL"))
                .isEqualTo(database.queryForString("SELECT max(id) FROM datastore_changelog"));
    }

    @Test
    void theScriptSaysHowToBuildWhatIsMissing() throws Exception {
        ProcessBuilder builder = builder("missing", "doctor");
        builder.environment()
                .put("NVSENTINEL_JAR", directory.resolve("none.jar").toString());

        assertThat(builder.start().waitFor()).isEqualTo(ExitCode.USAGE);
        assertThat(lines("missing.err")).singleElement().asString().contains("./mvnw -q -pl examples/cli -am");
    }

    private Process start(String name, String... arguments) throws IOException {
        return builder(name, arguments).start();
    }

    private ProcessBuilder builder(String name, String... arguments) {
        List<String> command = new ArrayList<>(List.of("sh", "nvsentinel"));
        command.addAll(List.of(arguments));
        ProcessBuilder builder = new ProcessBuilder(command)
                .redirectOutput(file(name + ".out").toFile())
                .redirectError(file(name + ".err").toFile());
        builder.environment().putAll(Databases.environment(database));
        builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
        // The worst of all locales.
        builder.environment().put("LC_ALL", "C");
        return builder;
    }

    private void awaitLine(String file, String text) {
        Await.until(file + " has " + text, Databases.SOON, () -> text(file).contains(text));
    }

    private List<String> lines(String file) {
        return text(file).lines().toList();
    }

    private String text(String file) {
        try {
            return Files.readString(file(file));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private Path file(String name) {
        return directory.resolve(name);
    }
}

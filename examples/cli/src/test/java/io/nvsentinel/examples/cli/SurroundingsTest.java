// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.nvsentinel.testserver.Await;
import io.nvsentinel.testserver.PostgresServer;
import io.nvsentinel.testserver.TestDatabase;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The tool in a process of its own, in the worst surroundings at once: a time zone that no server knows, Arabic digits, another
 * encoding, neither a home nor a working directory, a temporary folder that takes nothing, umask 077, and a host name that
 * moves the cursor.
 */
class SurroundingsTest {

    private static final Path READ_ONLY = Path.of("/proc");

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
    void everythingWorksInOddSurroundings() throws Exception {
        Result migrate = run(READ_ONLY, "schema", "migrate");
        assertThat(migrate.exitCode).as(migrate.text).isZero();
        database.execute("REVOKE CREATE ON SCHEMA public FROM PUBLIC");

        Result doctor = run(READ_ONLY, "doctor");
        assertThat(doctor.exitCode).as(doctor.text).isZero();
        assertThat(doctor.text).contains("✓ schema ");

        Process watch = start(READ_ONLY, "watch", "--json", "--client", "audit", "--limit", "1");
        String owner = "SELECT max(owner) FROM resume_tokens WHERE client_name = 'audit'";
        Await.until("the client is owned", Databases.SOON, () -> database.queryForString(owner) != null);
        assertThat(database.queryForString(owner)).endsWith(" on pod\\u001b[2J\\u000a7");
        database.execute("INSERT INTO health_events (data) VALUES ('{\"text\": \"grün\"}')");
        Result watched = result(watch);
        assertThat(watched.exitCode).as(watched.text).isZero();
        assertThat(watched.text).contains("grün");
    }

    @Test
    void anImportNamesTheTemporaryFolderThatTakesNothing() throws Exception {
        assertThat(run(directory, "schema", "migrate").exitCode).isZero();
        Path file = Files.writeString(directory.resolve("documents.json"), "{\"_id\": 1, \"text\": \"grün\"}\n{]\n");

        Result refused = run(READ_ONLY, "import-mongo", file.toString(), "--into", "other");
        assertThat(refused.exitCode).as(refused.text).isEqualTo(ExitCode.USAGE);
        assertThat(refused.text).contains("temporary file").contains("-Djava.io.tmpdir=DIR");

        Path rejects = directory.resolve("rejects.json");
        Result imported =
                run(directory, "import-mongo", file.toString(), "--into", "other", "--rejects", rejects.toString());
        assertThat(database.queryForString("SELECT data ->> 'text' FROM other"))
                .as(imported.text)
                .isEqualTo("grün");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(rejects)))
                .isEqualTo("rw-------");
    }

    private record Result(int exitCode, String text) {}

    private Result run(Path temporary, String... arguments) throws Exception {
        return result(start(temporary, arguments));
    }

    private Result result(Process process) throws InterruptedException, IOException {
        int exitCode = process.waitFor();
        return new Result(exitCode, Files.readString(output(process)));
    }

    private Path output(Process process) {
        return directory.resolve(process.pid() + ".out");
    }

    private Process start(Path temporary, String... arguments) throws IOException {
        // The shell's process becomes that of the JVM, so the file has its id.
        List<String> command = new ArrayList<>(List.of(
                "sh",
                "-c",
                "umask 077; exec \"$@\" > \"$0/$$.out\" 2>&1",
                directory.toString(),
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Duser.timezone=CTT",
                "-Duser.language=ar",
                "-Duser.country=EG",
                "-Dfile.encoding=ISO-8859-1",
                "-Duser.home=?",
                "-Duser.dir=/nowhere",
                "-Djava.io.tmpdir=" + temporary,
                "-cp",
                System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
                Main.class.getName()));
        command.addAll(List.of(arguments));
        ProcessBuilder builder = new ProcessBuilder(command);
        builder.environment().remove("HOME");
        builder.environment().put("HOSTNAME", "pod\u001b[2J\n7");
        builder.environment().put("LC_ALL", "C");
        builder.environment().putAll(Databases.environment(database));
        return builder.start();
    }
}

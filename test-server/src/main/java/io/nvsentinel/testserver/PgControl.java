// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.testserver;

import io.zonky.test.db.postgres.util.LinuxUtils;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The data directory, the log and the control program of one embedded server. */
final class PgControl {

    private static final String WORKING_DIRECTORY = "ot.epg.working-dir";
    private static final int CONTROL_WAIT_SECONDS = 60;
    private static final int LOG_LINES = 30;

    private final Path data;
    private final Path log;
    private final Postmaster postmaster;

    private PgControl(Path data, Path log) {
        this.data = data;
        this.log = log;
        this.postmaster = new Postmaster(data.resolve("postmaster.pid"));
    }

    /** Names a data directory that does not exist yet. */
    static PgControl create(@Nullable Path dataParent) {
        Path parent = workingDirectory();
        deleteStaleLogs(parent);
        String name = UUID.randomUUID().toString();
        Path data = (dataParent == null ? parent : dataParent).resolve(name);
        return new PgControl(data, data.resolveSibling(name + ".log"));
    }

    /**
     * The directory of binaries and data. There is one per user, because a user cannot write to the directory of
     * another; the library also removes files there that a killed JVM left behind.
     */
    private static Path workingDirectory() {
        String user = System.getProperty("user.name", "").replaceAll("[^A-Za-z0-9_-]", "_");
        Path preset = Path.of(System.getProperty("java.io.tmpdir"), "embedded-pg-" + user);
        Path directory = Path.of(System.getProperty(WORKING_DIRECTORY, preset.toString()));
        System.setProperty(WORKING_DIRECTORY, directory.toString());
        try {
            return Files.createDirectories(directory);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The library removes the data of killed JVMs, but does not know their logs. A log is younger than its data. */
    private static void deleteStaleLogs(Path parent) {
        try (Stream<Path> children = Files.list(parent)) {
            for (Path log :
                    children.filter(child -> child.toString().endsWith(".log")).toList()) {
                String name = log.getFileName().toString();
                if (!Files.exists(log.resolveSibling(name.substring(0, name.length() - ".log".length())))) {
                    Files.deleteIfExists(log);
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    Path data() {
        return data;
    }

    Path log() {
        return log;
    }

    /** Copies the data of a server that does not run. */
    void copyTo(PgControl other) {
        try (Stream<Path> tree = Files.walk(data)) {
            for (Path path : tree.toList()) {
                Files.copy(
                        path, other.data.resolve(data.relativize(path).toString()), StandardCopyOption.COPY_ATTRIBUTES);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Makes the next start one as a standby. */
    void becomeStandby() {
        try {
            Files.writeString(data.resolve("standby.signal"), "");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Makes the next start one as a standby that streams from another server, which knows it by a name. */
    void becomeStandbyOf(Access primary, String name) {
        becomeStandby();
        try {
            Files.writeString(
                    data.resolve("postgresql.auto.conf"),
                    "primary_conninfo = 'host=" + primary.host() + " port=" + primary.port() + " user=" + primary.user()
                            + " application_name=" + name + "'\n");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    void freeze() {
        postmaster.freeze();
    }

    void thaw() {
        postmaster.thaw();
    }

    /** Whether some version's binaries were unpacked before. */
    boolean hasBinaries() {
        try (Stream<Path> children = Files.list(workingDirectory())) {
            return children.anyMatch(child -> Files.exists(child.resolve(".exists")));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    boolean isRunning() {
        return postmaster.isAlive();
    }

    /** Runs pg_ctl and waits until the server has started or stopped. */
    void control(String... arguments) {
        List<String> command = new ArrayList<>();
        if (LinuxUtils.isUnshareAvailable()) {
            // PostgreSQL does not run as root; in its own user namespace it does not detect that it runs as root.
            command.addAll(List.of("unshare", "-U"));
        }
        command.add(binaries().resolve("pg_ctl").toString());
        command.addAll(List.of("-D", data.toString(), "-w", "-t", Integer.toString(CONTROL_WAIT_SECONDS)));
        command.addAll(List.of(arguments));
        int status = run(command);
        if (status != 0) {
            throw new IllegalStateException("pg_ctl " + String.join(" ", arguments) + " ended with status " + status
                    + "; the server's log ends with\n" + logTail());
        }
    }

    private int run(List<String> command) {
        try {
            Process process = new ProcessBuilder(command)
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()))
                    .start();
            if (!process.waitFor(2L * CONTROL_WAIT_SECONDS, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
            return process.waitFor();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("Interrupted while waiting for " + command, e);
        }
    }

    /** The server's own note of how it was started begins with the path of its program. */
    private Path binaries() {
        String started = read(data.resolve("postmaster.opts"));
        return Path.of(started.substring(0, started.indexOf(" \""))).resolveSibling("");
    }

    /** Ends the server's processes with SIGKILL and waits until they are gone. */
    void kill() {
        postmaster.kill();
    }

    String logTail() {
        if (!Files.exists(log)) {
            return "(no log)";
        }
        List<String> lines = read(log).lines().toList();
        return String.join("\n", lines.subList(Math.max(0, lines.size() - LOG_LINES), lines.size()));
    }

    /** Deletes the data directory and the log. */
    void delete() {
        try {
            Files.deleteIfExists(log);
            if (Files.exists(data)) {
                try (Stream<Path> tree = Files.walk(data)) {
                    for (Path path : tree.sorted(Comparator.reverseOrder()).toList()) {
                        Files.deleteIfExists(path);
                    }
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}

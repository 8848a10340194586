// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.testserver;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** The main process of a server, as its pid file names it, and the processes that it started. */
record Postmaster(Path pidFile) {

    private static final Duration KILL_WAIT = Duration.ofSeconds(10);

    boolean isAlive() {
        return find().isPresent();
    }

    /** Ends all of them with SIGKILL and waits until they are gone. */
    void kill() {
        ProcessHandle postmaster =
                find().orElseThrow(() -> new IllegalStateException("The server does not run, it cannot be killed"));
        List<ProcessHandle> children = postmaster.descendants().toList();
        postmaster.destroyForcibly();
        children.forEach(ProcessHandle::destroyForcibly);
        Await.until(
                "the killed processes are gone",
                KILL_WAIT,
                () -> !isAlive(postmaster) && children.stream().noneMatch(Postmaster::isAlive));
        deletePidFile();
    }

    /** The next start would take a zombie of that process id for the running server. */
    private void deletePidFile() {
        try {
            Files.deleteIfExists(pidFile);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private Optional<ProcessHandle> find() {
        try {
            long pid = Long.parseLong(Files.readAllLines(pidFile).get(0));
            return ProcessHandle.of(pid).filter(Postmaster::isAlive).filter(Postmaster::isPostgres);
        } catch (NoSuchFileException e) {
            return Optional.empty();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The file of a server that died may name a process id that another program has by now. */
    private static boolean isPostgres(ProcessHandle process) {
        return process.info()
                .command()
                .map(command -> command.endsWith("postgres"))
                .orElse(true);
    }

    /** A killed process that its parent, process 1 of a container, never asks about stays as a zombie: that is dead. */
    static boolean isAlive(ProcessHandle process) {
        Path status = Path.of("/proc", Long.toString(process.pid()), "stat");
        try {
            return process.isAlive()
                    && !(Files.exists(status) && Files.readString(status).contains(") Z "));
        } catch (IOException e) {
            // The process ended between the two looks.
            return process.isAlive();
        }
    }
}

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
import java.util.function.Predicate;

/** The main process of a server, as its pid file names it, and the processes that it started. */
record Postmaster(Path pidFile, Predicate<ProcessHandle> isServer) {

    Postmaster(Path pidFile) {
        this(pidFile, Postmaster::isPostgres);
    }

    private static final Duration KILL_WAIT = Duration.ofSeconds(10);

    boolean isAlive() {
        return find().isPresent();
    }

    /**
     * Stops all of them with SIGSTOP: their connections stay open, the operating system acknowledges what arrives, and no process
     * answers.
     */
    void freeze() {
        ProcessHandle postmaster = running("frozen");
        signal("-STOP", List.of(postmaster));
        Await.until("the server's process has stopped", KILL_WAIT, () -> !isAlive(postmaster) || isStopped(postmaster));
        signal("-STOP", postmaster.descendants().toList());
    }

    /** Lets all of them continue; does nothing to those that are not stopped. */
    void thaw() {
        ProcessHandle postmaster = running("thawed");
        signal("-CONT", postmaster.descendants().toList());
        signal("-CONT", List.of(postmaster));
    }

    private ProcessHandle running(String participle) {
        return find().orElseThrow(
                        () -> new IllegalStateException("The server does not run, it cannot be " + participle));
    }

    /** A process that has ended meanwhile needs no signal. */
    private static void signal(String signal, List<ProcessHandle> processes) {
        for (ProcessHandle process : processes) {
            try {
                Process kill = new ProcessBuilder("kill", signal, Long.toString(process.pid()))
                        .redirectErrorStream(true)
                        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                        .start();
                if (kill.waitFor() != 0 && isAlive(process)) {
                    throw new IllegalStateException("Process " + process.pid() + " does not take signal " + signal);
                }
            } catch (IOException e) {
                throw new UncheckedIOException("There is no program kill on this machine", e);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IllegalStateException("Interrupted while a signal was sent", e);
            }
        }
    }

    /** Ends all of them with SIGKILL and waits until they are gone. */
    void kill() {
        ProcessHandle postmaster = running("killed");
        tryToStop(postmaster);
        List<ProcessHandle> children = postmaster.descendants().toList();
        postmaster.destroyForcibly();
        children.forEach(ProcessHandle::destroyForcibly);
        Await.until(
                "the killed processes are gone",
                KILL_WAIT,
                () -> !isAlive(postmaster) && children.stream().noneMatch(Postmaster::isAlive));
        deletePidFile();
    }

    /**
     * Suspends the process, so that it starts no child while its children are listed: a backend that is not killed
     * keeps the shared memory, and PostgreSQL 14 then does not start. If suspending is not possible, the list may be
     * incomplete.
     */
    private static void tryToStop(ProcessHandle process) {
        try {
            Process kill = new ProcessBuilder("kill", "-STOP", Long.toString(process.pid()))
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start();
            if (kill.waitFor() == 0 && Files.exists(status(process))) {
                Await.until(
                        "the server's process has stopped", KILL_WAIT, () -> !isAlive(process) || isStopped(process));
            }
        } catch (IOException e) {
            // There is no such program on this machine.
            return;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("Interrupted while the server was to be stopped", e);
        }
    }

    private static boolean isStopped(ProcessHandle process) {
        try {
            return Files.readString(status(process)).contains(") T ");
        } catch (IOException e) {
            return true;
        }
    }

    private static Path status(ProcessHandle process) {
        return Path.of("/proc", Long.toString(process.pid()), "stat");
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
            return ProcessHandle.of(pid).filter(Postmaster::isAlive).filter(isServer);
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
        Path status = status(process);
        try {
            return process.isAlive()
                    && !(Files.exists(status) && Files.readString(status).contains(") Z "));
        } catch (IOException e) {
            // The process ended between the two looks.
            return process.isAlive();
        }
    }
}

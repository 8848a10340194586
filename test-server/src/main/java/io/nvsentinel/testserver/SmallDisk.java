// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.testserver;

import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * A separate in-memory file system that a test can fill. Only available if this process can mount one: on Linux, as
 * root.
 */
public final class SmallDisk implements AutoCloseable {

    private static final int BLOCK = 4096;
    private static final long MOUNT_SECONDS = 30;

    private final Path directory;

    private SmallDisk(Path directory) {
        this.directory = directory;
    }

    /**
     * Mounts a file system.
     *
     * @param mebibytes its size
     * @return empty if this process is not allowed to mount it
     */
    public static Optional<SmallDisk> mount(int mebibytes) {
        try {
            Path directory = Files.createTempDirectory("small-disk");
            if (run("mount", "-t", "tmpfs", "-o", "mode=0700,size=" + mebibytes + "m", "none", directory.toString())) {
                return Optional.of(new SmallDisk(directory));
            }
            Files.delete(directory);
            return Optional.empty();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * The mount point.
     *
     * @return a directory
     */
    public Path directory() {
        return directory;
    }

    /** Writes a file that takes all the space that is left. */
    public void fill() {
        byte[] block = new byte[BLOCK];
        try (OutputStream out = Files.newOutputStream(filler())) {
            while (true) {
                out.write(block);
            }
        } catch (IOException e) {
            if (!String.valueOf(e.getMessage()).contains("No space left")) {
                throw new UncheckedIOException(e);
            }
        }
    }

    /** Removes that file. */
    public void free() {
        try {
            Files.deleteIfExists(filler());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private Path filler() {
        return directory.resolve("filler");
    }

    private static boolean run(String... command) throws IOException {
        try {
            Process process = new ProcessBuilder(command)
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start();
            if (!process.waitFor(MOUNT_SECONDS, TimeUnit.SECONDS)) {
                process.destroyForcibly();
                return false;
            }
            return process.exitValue() == 0;
        } catch (IOException e) {
            // There is no such program on this machine.
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    /** Unmounts it; nothing on it remains. */
    @Override
    public void close() {
        try {
            if (run("umount", directory.toString())) {
                Files.deleteIfExists(directory);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.testserver.pki;

import static java.nio.file.StandardCopyOption.ATOMIC_MOVE;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.Stream;

/**
 * A directory laid out as Kubernetes mounts a secret, with the atomic rotation that Kubernetes does.
 *
 * <p>The files are in a directory named after the time, as in {@code ..2026_11_23_04_05_06.123456789}. The link
 * {@code ..data} leads to that directory, and a link for each file, as {@code tls.crt}, leads through {@code ..data}.
 * Rotation replaces {@code ..data} in one step, so that a reader sees all files of one version, or all of the next, as
 * long as it resolves {@code ..data} once.
 *
 * <p>Files that end in {@code .key} have mode 0600, others 0644. For one writer at a time.
 */
public final class MountedSecret {

    private static final String DATA = "..data";
    private static final DateTimeFormatter VERSION =
            DateTimeFormatter.ofPattern("'..'yyyy_MM_dd_HH_mm_ss.", Locale.ROOT);

    private final Path directory;

    /**
     * Names the mount.
     *
     * @param directory created by the first write if it is missing
     */
    public MountedSecret(Path directory) {
        this.directory = directory;
    }

    /**
     * Replaces the content of the mount.
     *
     * @param files text by file name; files of the version before that are not among them disappear
     * @throws UncheckedIOException if a file cannot be written; the mount then keeps its version
     */
    public void write(Map<String, String> files) {
        try {
            Files.createDirectories(directory);
            List<Path> old = children();
            Path version = newVersion();
            for (Map.Entry<String, String> file : files.entrySet()) {
                writeFile(version.resolve(file.getKey()), file.getValue());
            }
            swap(version);
            link(files);
            remove(old, files);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private Path newVersion() throws IOException {
        String time = LocalDateTime.now(ZoneOffset.UTC).format(VERSION);
        return Files.createDirectory(
                directory.resolve(time + ThreadLocalRandom.current().nextInt(1_000_000_000)));
    }

    private static void writeFile(Path file, String text) throws IOException {
        Files.createFile(file, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        Files.writeString(file, text);
        if (!file.toString().endsWith(".key")) {
            Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r--r--"));
        }
    }

    private void swap(Path version) throws IOException {
        Path next = directory.resolve("..data_tmp");
        Files.deleteIfExists(next);
        Files.createSymbolicLink(next, version.getFileName());
        Files.move(next, directory.resolve(DATA), ATOMIC_MOVE);
    }

    private void link(Map<String, String> files) throws IOException {
        for (String name : files.keySet()) {
            Path link = directory.resolve(name);
            if (!Files.isSymbolicLink(link)) {
                Files.createSymbolicLink(link, Path.of(DATA, name));
            }
        }
    }

    /** Removes the versions and the links that the new version does not need. */
    private static void remove(List<Path> old, Map<String, String> files) throws IOException {
        for (Path path : old) {
            String name = path.getFileName().toString();
            if (!name.equals(DATA) && !files.containsKey(name)) {
                delete(path);
            }
        }
    }

    private static void delete(Path path) throws IOException {
        try (Stream<Path> tree = Files.walk(path)) {
            for (Path each : tree.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(each);
            }
        }
    }

    private List<Path> children() throws IOException {
        try (Stream<Path> children = Files.list(directory)) {
            return children.toList();
        }
    }
}

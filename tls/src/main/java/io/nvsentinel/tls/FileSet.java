// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.tls;

import io.nvsentinel.tls.TlsException.Reason;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Every configured file, read at one moment.
 *
 * <p>A mounted secret can be swapped between the reading of two of its files. Therefore all files are read twice, and only two
 * equal readings are a set; a swap in between makes them differ.
 */
final class FileSet {

    private static final int MOST_READINGS = 10;

    private final List<FileContent> files;

    private FileSet(List<FileContent> files) {
        this.files = files;
    }

    static FileSet read(TlsOptions options) {
        List<Path> paths = paths(options);
        @Nullable FileSet previous = null;
        @Nullable TlsException failure = null;
        for (int reading = 0; reading < MOST_READINGS; reading++) {
            try {
                FileSet current =
                        new FileSet(paths.stream().map(FileContent::read).toList());
                if (previous != null && previous.sameAs(current)) {
                    return current;
                }
                previous = current;
                failure = null;
            } catch (TlsException e) {
                // In the middle of a swap a file may be gone; it counts when it is gone twice in a row.
                if (failure != null) {
                    throw e;
                }
                failure = e;
                previous = null;
            }
        }
        throw TlsException.of(
                Reason.UNSTABLE, paths.get(0), "this file or a related file was changed repeatedly while it was read");
    }

    Optional<FileContent> find(@Nullable Path path) {
        return files.stream().filter(file -> file.path().equals(path)).findFirst();
    }

    /** Identifies the content of all files without keeping a key in memory. */
    byte[] digest() {
        try {
            MessageDigest sha256 = MessageDigest.getInstance("SHA-256");
            for (FileContent file : files) {
                sha256.update((file.path() + "\0" + file.bytes().length + "\0").getBytes(StandardCharsets.UTF_8));
                sha256.update(file.bytes());
            }
            return sha256.digest();
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JVM has SHA-256", e);
        }
    }

    private boolean sameAs(FileSet other) {
        return Arrays.equals(digest(), other.digest());
    }

    private static List<Path> paths(TlsOptions options) {
        List<Path> paths = new ArrayList<>();
        addIfSet(paths, options.certificate());
        addIfSet(paths, options.key());
        addIfSet(paths, options.keyPasswordFile());
        addIfSet(paths, options.rootCertificate());
        addIfSet(paths, options.revocationList());
        return paths;
    }

    private static void addIfSet(List<Path> paths, @Nullable Path path) {
        if (path != null) {
            paths.add(path);
        }
    }
}

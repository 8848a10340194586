// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.tls;

import io.nvsentinel.tls.TlsException.Reason;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Locale;

/**
 * The content of a file.
 *
 * @param path the file
 * @param bytes the content
 */
record FileContent(Path path, byte[] bytes) {

    /** Far above any chain; it only keeps a wrong path from filling the memory. */
    private static final int LARGEST = 1 << 20;

    private static final int GROUP_AND_OTHERS = 0077;
    private static final int ALL_BUT_GROUP_READ = 0037;

    static FileContent read(Path path) {
        try {
            checkRegular(path, Files.readAttributes(path, BasicFileAttributes.class));
            return new FileContent(path, readAll(path));
        } catch (NoSuchFileException e) {
            throw missing(path);
        } catch (AccessDeniedException e) {
            throw new TlsException(Reason.NOT_READABLE, path, "this process is not allowed to read it", e);
        } catch (IOException e) {
            throw new TlsException(
                    Reason.NOT_READABLE, path, "cannot be read: " + e.getClass().getSimpleName(), e);
        }
    }

    /** Asked before reading: a pipe or a device would block the read forever. */
    private static void checkRegular(Path path, BasicFileAttributes attributes) {
        if (!attributes.isRegularFile()) {
            String found = attributes.isDirectory() ? "directory" : "device or pipe";
            throw TlsException.of(Reason.UNREADABLE_CONTENT, path, "found a " + found + "; accepted is a file");
        }
    }

    private static byte[] readAll(Path path) throws IOException {
        try (InputStream in = Files.newInputStream(path)) {
            byte[] bytes = in.readNBytes(LARGEST + 1);
            if (bytes.length > LARGEST) {
                throw TlsException.of(Reason.UNREADABLE_CONTENT, path, "found more than " + LARGEST + " bytes");
            }
            return bytes;
        }
    }

    /** What it looks like, for an error message; never what it says. */
    String kind() {
        if (bytes.length == 0) {
            return "an empty file";
        }
        boolean binary = false;
        for (byte b : bytes) {
            binary |= b == 0 || b < 0;
        }
        if (!binary) {
            return "a text file without a PEM block";
        }
        return bytes[0] == Der.SEQUENCE ? "binary data (DER or a PKCS#12 key store)" : "binary data";
    }

    /** The content as a password: UTF-8, without one line end. */
    String asPassword() {
        String text = new String(bytes, StandardCharsets.UTF_8);
        if (text.endsWith("\n")) {
            text = text.substring(0, text.length() - (text.endsWith("\r\n") ? 2 : 1));
        }
        return text;
    }

    /**
     * Refuses a private key that others may read, by the rule of libpq ({@code initialize_SSL} in fe-secure-openssl.c). Follows
     * symbolic links, as a mounted secret has them. Does nothing where files have no such permissions.
     */
    void checkKeyPermissions() {
        if (!FileSystems.getDefault().supportedFileAttributeViews().contains("unix")
                || path.getFileSystem() != FileSystems.getDefault()) {
            return;
        }
        int owner;
        int mode;
        try {
            owner = (Integer) Files.getAttribute(path, "unix:uid");
            mode = (Integer) Files.getAttribute(path, "unix:mode");
        } catch (IOException e) {
            throw new TlsException(Reason.NOT_READABLE, path, "its permissions cannot be read", e);
        }
        checkKeyPermissions(path, owner, mode);
    }

    static void checkKeyPermissions(Path key, int owner, int mode) {
        int refused = owner == 0 ? ALL_BUT_GROUP_READ : GROUP_AND_OTHERS;
        if ((mode & refused) != 0) {
            throw TlsException.of(
                    Reason.KEY_PERMISSIONS,
                    key,
                    String.format(
                            Locale.ROOT,
                            "found permissions %04o, owner %d; accepted are 0600 or less, or 0640 or "
                                    + "less if root owns it (for a mounted secret: defaultMode 0400)",
                            mode & 0777,
                            owner));
        }
    }

    private static TlsException missing(Path path) {
        Path directory = path.toAbsolutePath().getParent();
        if (directory != null && !Files.exists(directory)) {
            return TlsException.of(
                    Reason.MISSING, path, "no such file; the directory " + directory + " is missing too");
        }
        return TlsException.of(Reason.MISSING, path, "no such file");
    }
}

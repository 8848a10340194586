// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.tls;

import java.nio.file.Path;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Certificates, keys or options cannot be used. The message is one line: the path, what was found and what is accepted. It
 * never holds the content of a file or a password, and neither does a cause.
 */
public class TlsException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    /** The reasons, for callers that handle them. */
    public enum Reason {
        /** An option has a value that is not accepted, or two options contradict each other. */
        INVALID_OPTION,
        /** A file or the mount directory does not exist. */
        MISSING,
        /** A file or directory may not be read by this process. */
        NOT_READABLE,
        /** The private key may be read by others than its owner. */
        KEY_PERMISSIONS,
        /** The content is not what is accepted there, or is cut short. */
        UNREADABLE_CONTENT,
        /** The private key is encrypted and no password, or a wrong one, was given. */
        KEY_PASSWORD,
        /** The private key does not belong to the certificate. */
        KEY_MISMATCH,
        /** The key of a certificate is shorter than OpenSSL accepts. */
        WEAK_KEY,
        /** A certificate is not valid yet. */
        NOT_YET_VALID,
        /** A certificate has expired. */
        EXPIRED,
        /** The client certificate names a different user than the connection. */
        USER_MISMATCH,
        /** The files kept changing while they were read. */
        UNSTABLE
    }

    /** Absolute or below this directory, or a file with an extension. */
    private static final Pattern PATH = Pattern.compile("(?!.*(?:://|-----BEGIN))"
            + "(?:(?:\\.{0,2}/|[A-Za-z]:).*|(?:[A-Za-z_-]{1,30}/){0,5}[^/]{0,100}\\.[a-z0-9]{2,5})");

    /** The reason. */
    private final Reason reason;

    /** The file or directory, as text because a path is not serializable. */
    private final @Nullable String path;

    TlsException(Reason reason, @Nullable Path path, String what, @Nullable Throwable cause) {
        super(path == null ? what : shown(path.toString()) + ": " + what, cause);
        this.reason = reason;
        this.path = path == null ? null : path.toString();
    }

    /** A password or a key that was given in place of its file is not shown. */
    private static String shown(String path) {
        return PATH.matcher(path).matches() ? path : "<hidden: not a path>";
    }

    static TlsException of(Reason reason, Path path, String what) {
        return new TlsException(reason, path, what, null);
    }

    static TlsException invalidOption(String what) {
        return new TlsException(Reason.INVALID_OPTION, null, what, null);
    }

    /**
     * Returns the reason.
     *
     * @return the reason
     */
    public Reason reason() {
        return reason;
    }

    /**
     * The file or directory that is wrong.
     *
     * @return the path, or empty if an option is wrong and not a file
     */
    public Optional<Path> path() {
        return Optional.ofNullable(path).map(Path::of);
    }
}

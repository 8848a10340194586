// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.tls;

import java.nio.file.Path;
import java.time.Duration;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Which certificate files a connection uses, and how strict it is. Immutable; nothing is read from disk here.
 *
 * <pre>{@code
 * TlsOptions options = TlsOptions.builder()
 *         .mount(Path.of("/etc/ssl/client-certs")) // tls.crt, tls.key, ca.crt
 *         .user("nvsentinel")
 *         .build(); // verify-full, because there is a ca.crt
 * }</pre>
 */
public final class TlsOptions {

    private static final Duration SHORTEST_RELOAD = Duration.ofMillis(10);
    private static final Duration LONGEST_RELOAD = Duration.ofDays(1);

    private final Builder values;
    private final SslMode mode;

    private TlsOptions(Builder values) {
        this.values = values;
        this.mode = values.effectiveMode();
    }

    /**
     * Starts with nothing configured: no files, mode derived from them.
     *
     * @return a new builder
     */
    public static Builder builder() {
        return new Builder();
    }

    /**
     * The effective mode: the mode that was set, or else {@link SslMode#VERIFY_FULL} if there is a root certificate and
     * {@link SslMode#REQUIRE} if not. {@link SslMode#PREFER} with any certificate file is {@link SslMode#REQUIRE}.
     *
     * @return the effective mode
     */
    public SslMode mode() {
        return mode;
    }

    boolean preferWasAsked() {
        return values.mode == SslMode.PREFER;
    }

    @Nullable
    Path certificate() {
        return values.certificate;
    }

    @Nullable
    Path key() {
        return values.key;
    }

    @Nullable
    Path rootCertificate() {
        return values.rootCertificate;
    }

    @Nullable
    Path revocationList() {
        return values.revocationList;
    }

    @Nullable
    Path keyPasswordFile() {
        return values.keyPasswordFile;
    }

    @Nullable
    Supplier<String> keyPassword() {
        return values.keyPassword;
    }

    @Nullable
    String user() {
        return values.user;
    }

    boolean hasFiles() {
        return certificate() != null || rootCertificate() != null || revocationList() != null;
    }

    TlsVersion minimumVersion() {
        return values.minimumVersion;
    }

    Duration reloadInterval() {
        return values.reloadInterval;
    }

    @Override
    public String toString() {
        return "TlsOptions[mode=" + mode.libpqName() + ", certificate=" + certificate() + ", key=" + key()
                + ", rootCertificate=" + rootCertificate() + ", revocationList=" + revocationList()
                + ", keyPassword=" + (keyPassword() != null || keyPasswordFile() != null ? "***" : "none")
                + ", user=" + user() + ", minimumVersion=" + minimumVersion() + ", reloadInterval=" + reloadInterval()
                + "]";
    }

    /** Collects options; {@link #build()} checks that they fit together. Not thread-safe. */
    public static final class Builder {

        private @Nullable SslMode mode;
        private @Nullable Path certificate;
        private @Nullable Path key;
        private @Nullable Path rootCertificate;
        private @Nullable Path mount;
        private @Nullable Path revocationList;
        private @Nullable Path keyPasswordFile;
        private @Nullable Supplier<String> keyPassword;
        private @Nullable String user;
        private TlsVersion minimumVersion = TlsVersion.TLS_1_2;
        private Duration reloadInterval = Duration.ofSeconds(10);

        private Builder() {}

        private Builder(Builder other) {
            mode = other.mode;
            certificate = other.certificate;
            key = other.key;
            rootCertificate = other.rootCertificate;
            mount = other.mount;
            revocationList = other.revocationList;
            keyPasswordFile = other.keyPasswordFile;
            keyPassword = other.keyPassword;
            user = other.user;
            minimumVersion = other.minimumVersion;
            reloadInterval = other.reloadInterval;
        }

        /**
         * How strict to be. Default: {@link SslMode#VERIFY_FULL} if there is a root certificate, else {@link
         * SslMode#REQUIRE}.
         *
         * @param value the mode
         * @return this builder
         */
        public Builder mode(SslMode value) {
            this.mode = value;
            return this;
        }

        /**
         * The client's certificate chain as PEM, its own certificate first ({@code sslcert}). Default: none, and then no
         * client certificate is ever sent, not even one from {@code ~/.postgresql}.
         *
         * @param file a PEM file; needs {@link #key(Path)}
         * @return this builder
         */
        public Builder certificate(Path file) {
            this.certificate = file;
            return this;
        }

        /**
         * The client's private key as PEM ({@code sslkey}): PKCS#8, PKCS#1 or SEC1, plain or encrypted; RSA, EC or
         * Ed25519. As libpq wants it, no other user may read it: 0600 or less, or 0640 or less if root owns it.
         *
         * @param file a PEM file; needs {@link #certificate(Path)}
         * @return this builder
         */
        public Builder key(Path file) {
            this.key = file;
            return this;
        }

        /**
         * The certificate authorities that may have issued the server's certificate, as PEM ({@code sslrootcert}); several
         * are accepted, for a rotation with overlap. Default: none.
         *
         * @param file a PEM file
         * @return this builder
         */
        public Builder rootCertificate(Path file) {
            this.rootCertificate = file;
            return this;
        }

        /**
         * A mounted Kubernetes secret: {@code tls.crt}, {@code tls.key} and {@code ca.crt} in this directory are used, each
         * unless its own option names another file. All three must exist.
         *
         * @param directory the mount directory
         * @return this builder
         */
        public Builder mount(Path directory) {
            this.mount = directory;
            return this;
        }

        /**
         * Certificate revocation lists as PEM ({@code sslcrl}). Every certificate of the server's chain must then be covered
         * by a current list, as with libpq. Default: none, revocation is not checked. Nothing is ever fetched from a network.
         *
         * @param file a PEM file; needs a mode that verifies the chain
         * @return this builder
         */
        public Builder revocationList(Path file) {
            this.revocationList = file;
            return this;
        }

        /**
         * A file with the password of an encrypted key. One line end after the password is not part of it. The file is
         * read again at each reload.
         *
         * @param file a UTF-8 file; excludes {@link #keyPassword(Supplier)}
         * @return this builder
         */
        public Builder keyPasswordFile(Path file) {
            this.keyPasswordFile = file;
            return this;
        }

        /**
         * The password of an encrypted key. Asked at {@link TlsContext#open(TlsOptions)} and at each reload of an encrypted
         * key, on the thread that reads the files; it may block.
         *
         * @param supplier gives the password; excludes {@link #keyPasswordFile(Path)}
         * @return this builder
         */
        public Builder keyPassword(Supplier<String> supplier) {
            this.keyPassword = supplier;
            return this;
        }

        /**
         * The database user that the client certificate logs in, which must then be the certificate's common name. Leave it
         * out when the server maps names ({@code pg_ident.conf}) or asks for a password: then the name does not matter.
         * Default: not checked.
         *
         * @param name the database user
         * @return this builder
         */
        public Builder user(String name) {
            this.user = name;
            return this;
        }

        /**
         * The oldest TLS version to accept. Default: {@link TlsVersion#TLS_1_2}.
         *
         * @param version the oldest version
         * @return this builder
         */
        public Builder minimumVersion(TlsVersion version) {
            this.minimumVersion = version;
            return this;
        }

        /**
         * How often the files are compared with what is in use, by content. Default: 10 seconds. Zero reads them once and
         * never again; else 10 milliseconds to 1 day.
         *
         * @param interval the time from the end of one comparison to the next
         * @return this builder
         */
        public Builder reloadInterval(Duration interval) {
            this.reloadInterval = interval;
            return this;
        }

        /**
         * Checks the options against each other. Reads no file.
         *
         * @return the options
         * @throws TlsException if they do not fit together ({@link TlsException.Reason#INVALID_OPTION})
         */
        public TlsOptions build() {
            Builder resolved = new Builder(this).resolveMount();
            resolved.checkFiles();
            resolved.checkVerification();
            resolved.checkReloadInterval();
            return new TlsOptions(resolved);
        }

        private Builder resolveMount() {
            if (mount != null) {
                certificate = certificate != null ? certificate : mount.resolve("tls.crt");
                key = key != null ? key : mount.resolve("tls.key");
                rootCertificate = rootCertificate != null ? rootCertificate : mount.resolve("ca.crt");
            }
            return this;
        }

        private void checkFiles() {
            if (certificate != null && key == null) {
                throw TlsException.invalidOption("certificate " + certificate + " is set without a key; set both");
            }
            if (key != null && certificate == null) {
                throw TlsException.invalidOption("key " + key + " is set without a certificate; set both");
            }
            if (keyPassword != null && keyPasswordFile != null) {
                throw TlsException.invalidOption("keyPassword and keyPasswordFile are both set; set one");
            }
            if (key == null && (keyPassword != null || keyPasswordFile != null)) {
                throw TlsException.invalidOption("a key password is set without a key");
            }
        }

        private void checkVerification() {
            SslMode effective = effectiveMode();
            if (effective == SslMode.VERIFY_CA && rootCertificate == null) {
                throw TlsException.invalidOption(
                        "sslmode verify-ca requires a root certificate: with public authorities and "
                                + "no host name check, any public certificate would be accepted; set "
                                + "rootCertificate or verify-full");
            }
            if (revocationList != null && effective == SslMode.REQUIRE && rootCertificate == null) {
                throw TlsException.invalidOption("revocation list " + revocationList
                        + " is set, but nothing is verified; set rootCertificate or verify-full");
            }
        }

        private void checkReloadInterval() {
            boolean once = reloadInterval.isZero();
            if (!once
                    && (reloadInterval.compareTo(SHORTEST_RELOAD) < 0
                            || reloadInterval.compareTo(LONGEST_RELOAD) > 0)) {
                throw TlsException.invalidOption(
                        "reloadInterval " + reloadInterval + " is not accepted; accepted are zero"
                                + " (never reload) and " + SHORTEST_RELOAD + " to " + LONGEST_RELOAD);
            }
        }

        private SslMode effectiveMode() {
            if (mode == null) {
                return rootCertificate != null ? SslMode.VERIFY_FULL : SslMode.REQUIRE;
            }
            boolean hasFiles = certificate != null || rootCertificate != null || revocationList != null;
            return mode == SslMode.PREFER && hasFiles ? SslMode.REQUIRE : mode;
        }
    }
}

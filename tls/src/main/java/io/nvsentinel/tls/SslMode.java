// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.tls;

import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * How strict a connection is about encryption and about the server's identity, with the meaning that libpq gives it.
 *
 * <p>If the drivers differ from libpq, the behavior of libpq applies: {@link #REQUIRE} with a root certificate verifies
 * the chain, and {@link #VERIFY_CA} never checks the host name.
 */
public enum SslMode {
    /** Plain text; configured certificates are not read. */
    DISABLE("disable"),

    /**
     * TLS if the server offers it, plain text otherwise. Accepted for compatibility and warned about: an attacker
     * between client and server can disable encryption. As soon as a certificate file is configured it is treated as
     * {@link #REQUIRE}, so that certificates never travel with a silent downgrade.
     */
    PREFER("prefer"),

    /** TLS always. With a root certificate the server's chain is verified as in {@link #VERIFY_CA}; without one it is not. */
    REQUIRE("require"),

    /** TLS always, and the server's chain must lead to the configured root certificate. The host name is not checked. */
    VERIFY_CA("verify-ca"),

    /**
     * As {@link #VERIFY_CA}, and the server's certificate must name the host (or IP address) that was connected to. Without
     * a root certificate the certificate authorities of the JVM are trusted, as managed databases need it.
     */
    VERIFY_FULL("verify-full");

    private final String libpqName;

    SslMode(String libpqName) {
        this.libpqName = libpqName;
    }

    /**
     * Reads a mode in libpq's spelling, for example {@code verify-full}. Upper case and {@code _} for {@code -} are accepted.
     *
     * @param value what was configured
     * @return the mode
     * @throws TlsException if there is no such mode ({@link TlsException.Reason#INVALID_OPTION}); the message lists the modes
     */
    public static SslMode parse(String value) {
        String wanted = value.strip().toLowerCase(Locale.ROOT).replace('_', '-');
        for (SslMode mode : values()) {
            if (mode.libpqName.equals(wanted)) {
                return mode;
            }
        }
        throw TlsException.invalidOption("sslmode \"" + value + "\" is not known; accepted are " + names());
    }

    /**
     * The mode as libpq and {@code DATASTORE_SSLMODE} spell it.
     *
     * @return for example {@code verify-full}
     */
    public String libpqName() {
        return libpqName;
    }

    private static String names() {
        return Arrays.stream(values()).map(SslMode::libpqName).collect(Collectors.joining(", "));
    }
}

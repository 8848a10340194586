// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.tls;

import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;

/** The TLS versions a connection may be limited to. Older versions are not offered. */
public enum TlsVersion {
    /** TLS 1.2. */
    TLS_1_2("TLSv1.2"),

    /** TLS 1.3. */
    TLS_1_3("TLSv1.3");

    private final String protocol;

    TlsVersion(String protocol) {
        this.protocol = protocol;
    }

    /**
     * Reads a version in libpq's spelling, for example {@code TLSv1.3}.
     *
     * @param value what was configured; upper and lower case are the same
     * @return the version
     * @throws TlsException if there is no such version ({@link TlsException.Reason#INVALID_OPTION})
     */
    public static TlsVersion parse(String value) {
        for (TlsVersion version : values()) {
            if (version.protocol.equalsIgnoreCase(value.strip())) {
                return version;
            }
        }
        String accepted = Arrays.stream(values()).map(TlsVersion::toString).collect(Collectors.joining(", "));
        throw TlsException.invalidOption("TLS version \"" + value + "\" is not known; accepted are " + accepted);
    }

    /** This version and all newer ones, newest first, in the JDK's spelling. */
    List<String> orNewer() {
        return this == TLS_1_3 ? List.of(TLS_1_3.protocol) : List.of(TLS_1_3.protocol, TLS_1_2.protocol);
    }

    /**
     * The version as libpq and the JDK spell it.
     *
     * @return for example {@code TLSv1.3}
     */
    @Override
    public String toString() {
        return protocol;
    }
}

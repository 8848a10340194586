// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.tls;

import java.math.BigInteger;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * What a {@link TlsContext} uses at one moment, for operators and metrics. Holds no secrets.
 *
 * @param mode the mode in force
 * @param generation 1 for the files read at {@link TlsContext#open(TlsOptions)}, one more for each reload; 0 if no files are
 *     configured
 * @param loadedAt when the files in use were read
 * @param certificates the client's chain, its own certificate first, then the authorities of the root certificate file; the
 *     JVM's authorities are left out
 * @param lastFailure why the files on disk are not in use, or empty if they are
 */
public record TlsStatus(
        SslMode mode,
        long generation,
        Instant loadedAt,
        List<Certificate> certificates,
        Optional<Failure> lastFailure) {

    /** What a certificate is for. */
    public enum Role {
        /** The client's own certificate. */
        CLIENT,
        /** Another certificate of the client's chain. */
        CLIENT_CHAIN,
        /** An authority that may have issued the server's certificate. */
        AUTHORITY
    }

    /**
     * One certificate in use.
     *
     * @param role what it is for
     * @param subject whom it names, for example {@code CN=app}
     * @param issuer who issued it
     * @param serial its serial number, as {@code pg_stat_ssl} shows it
     * @param notBefore from when it is valid
     * @param notAfter until when it is valid
     * @param daysLeft whole days from the moment of this status to {@code notAfter}; negative once it has expired
     */
    public record Certificate(
            Role role,
            String subject,
            String issuer,
            BigInteger serial,
            Instant notBefore,
            Instant notAfter,
            long daysLeft) {}

    /**
     * Why new files were not taken.
     *
     * @param at when it was first seen
     * @param reason what kind of trouble
     * @param message one line with the path
     */
    public record Failure(Instant at, TlsException.Reason reason, String message) {}
}

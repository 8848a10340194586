// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.tls;

import java.math.BigInteger;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * What a {@link TlsContext} uses at one moment, for operators and metrics. Holds no secrets.
 *
 * <p>Any metrics library takes its gauges and counters from {@link TlsContext#status()}, which reads no file. With Micrometer:
 *
 * <pre>{@code
 * Gauge.builder("tls.client.days.left", tls, t -> t.status().daysLeft(Role.CLIENT).orElse(0)).register(registry);
 * FunctionCounter.builder("tls.reloads", tls, t -> t.status().generation() - 1).register(registry);
 * FunctionCounter.builder("tls.reload.failures", tls, t -> t.status().failures()).register(registry);
 * }</pre>
 *
 * @param mode the mode in force
 * @param generation 1 for the files read at {@link TlsContext#open(TlsOptions)}, one more for each reload; 0 if no files are
 *     configured
 * @param loadedAt when the files in use were read: the last reload
 * @param certificates the client's chain, its own certificate first, then the authorities of the root certificate file; the
 *     JVM's authorities are left out
 * @param failures how often files could not be used since {@link TlsContext#open(TlsOptions)}; the same trouble seen again and
 *     again counts once
 * @param lastFailure why the files on disk are not in use, or empty if they are
 */
public record TlsStatus(
        SslMode mode,
        long generation,
        Instant loadedAt,
        List<Certificate> certificates,
        long failures,
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
     * Returns when a certificate must be renewed.
     *
     * @param role which certificates
     * @return the smallest number of days left of the certificates in that role; empty if there is none
     */
    public OptionalLong daysLeft(Role role) {
        return certificates.stream()
                .filter(certificate -> certificate.role() == role)
                .mapToLong(Certificate::daysLeft)
                .min();
    }

    /**
     * One certificate in use.
     *
     * @param role its purpose
     * @param subject its subject, for example {@code CN=app}
     * @param issuer its issuer
     * @param serial its serial number, as {@code pg_stat_ssl} shows it
     * @param notBefore the start of its validity
     * @param notAfter the end of its validity
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

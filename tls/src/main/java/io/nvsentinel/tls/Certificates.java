// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.tls;

import io.nvsentinel.tls.PemFile.Block;
import io.nvsentinel.tls.TlsException.Reason;
import java.io.ByteArrayInputStream;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509CRL;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import javax.naming.NamingException;
import javax.naming.directory.Attribute;
import javax.naming.ldap.LdapName;
import javax.naming.ldap.Rdn;

/** Reads certificates and revocation lists from PEM, and what certificates say. */
final class Certificates {

    private static final String CERTIFICATES = "a PEM file with one or more X.509 certificates";
    private static final String LISTS = "a PEM file with one or more X.509 revocation lists";

    private static final long SECONDS_PER_DAY = 86_400;

    private Certificates() {}

    /** All certificates of a file, in its order; at least one. */
    static List<X509Certificate> certificates(FileContent file) {
        List<X509Certificate> certificates = new ArrayList<>();
        PemFile pem = PemFile.parse(file, CERTIFICATES);
        for (Block block : pem.blocks()) {
            if (block.label().equals("CERTIFICATE") || block.label().equals("X509 CERTIFICATE")) {
                certificates.add(certificate(file, block, certificates.size() + 1));
            }
        }
        return notEmpty(pem, certificates, CERTIFICATES);
    }

    /** All revocation lists of a file; at least one. */
    static List<X509CRL> revocationLists(FileContent file) {
        List<X509CRL> lists = new ArrayList<>();
        PemFile pem = PemFile.parse(file, LISTS);
        for (Block block : pem.blocks()) {
            if (block.label().equals("X509 CRL")) {
                lists.add(revocationList(file, block));
            }
        }
        return notEmpty(pem, lists, LISTS);
    }

    static boolean expired(X509Certificate certificate, Instant now) {
        return now.isAfter(certificate.getNotAfter().toInstant());
    }

    static boolean outOfDate(X509CRL list, Instant now) {
        return now.isBefore(list.getThisUpdate().toInstant())
                || (list.getNextUpdate() != null
                        && now.isAfter(list.getNextUpdate().toInstant()));
    }

    static boolean isValid(X509Certificate certificate, Instant now) {
        return !expired(certificate, now)
                && !now.isBefore(certificate.getNotBefore().toInstant());
    }

    /** When each is valid, for an error message. */
    static String validities(List<X509Certificate> certificates) {
        return certificates.stream()
                .map(certificate -> CertificateName.of(certificate.getSubjectX500Principal()) + " from "
                        + certificate.getNotBefore().toInstant() + " until "
                        + certificate.getNotAfter().toInstant())
                .collect(Collectors.joining(", "));
    }

    static TlsStatus.Certificate status(TlsStatus.Role role, X509Certificate certificate, Instant now) {
        Instant end = certificate.getNotAfter().toInstant();
        return new TlsStatus.Certificate(
                role,
                CertificateName.of(certificate.getSubjectX500Principal()),
                CertificateName.of(certificate.getIssuerX500Principal()),
                certificate.getSerialNumber(),
                certificate.getNotBefore().toInstant(),
                end,
                Math.floorDiv(Duration.between(now, end).toSeconds(), SECONDS_PER_DAY));
    }

    /** Refuses a certificate that is not valid now. */
    static void checkValidity(X509Certificate certificate, Path file, Instant now) {
        if (now.isBefore(certificate.getNotBefore().toInstant())) {
            throw TlsException.of(
                    Reason.NOT_YET_VALID,
                    file,
                    CertificateName.of(certificate.getSubjectX500Principal()) + " is not valid before "
                            + certificate.getNotBefore().toInstant() + "; it is " + now);
        }
        if (expired(certificate, now)) {
            throw TlsException.of(
                    Reason.EXPIRED,
                    file,
                    CertificateName.of(certificate.getSubjectX500Principal()) + " expired on "
                            + certificate.getNotAfter().toInstant() + "; it is " + now);
        }
    }

    /** The first common name of the subject, which PostgreSQL and libpq use. */
    static Optional<String> commonName(X509Certificate certificate) {
        try {
            for (Rdn rdn : new LdapName(certificate.getSubjectX500Principal().getName()).getRdns()) {
                Attribute name = rdn.toAttributes().get("CN");
                if (name != null) {
                    return Optional.of(String.valueOf(name.get()));
                }
            }
            return Optional.empty();
        } catch (NamingException e) {
            throw new IllegalArgumentException("an X500Principal writes a name that LdapName does not read", e);
        }
    }

    private static X509Certificate certificate(FileContent file, Block block, int number) {
        try {
            return (X509Certificate) x509().generateCertificate(new ByteArrayInputStream(block.content()));
        } catch (GeneralSecurityException e) {
            // Without the cause: its message may quote what stands in the file.
            throw TlsException.of(
                    Reason.UNREADABLE_CONTENT, file.path(), "certificate " + number + " of the file is damaged");
        }
    }

    private static X509CRL revocationList(FileContent file, Block block) {
        try {
            return (X509CRL) x509().generateCRL(new ByteArrayInputStream(block.content()));
        } catch (GeneralSecurityException e) {
            throw TlsException.of(Reason.UNREADABLE_CONTENT, file.path(), "a revocation list in the file is damaged");
        }
    }

    private static CertificateFactory x509() throws GeneralSecurityException {
        return CertificateFactory.getInstance("X.509");
    }

    private static <T> List<T> notEmpty(PemFile pem, List<T> values, String accepted) {
        if (values.isEmpty()) {
            throw TlsException.of(
                    Reason.UNREADABLE_CONTENT, pem.path(), "found " + pem.found() + "; accepted is " + accepted);
        }
        return List.copyOf(values);
    }
}

// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.tls;

import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.PublicKey;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509CRL;
import java.security.cert.X509Certificate;
import java.security.interfaces.DSAKey;
import java.security.interfaces.ECKey;
import java.security.interfaces.RSAKey;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What OpenSSL, and so libpq, demands of a server's chain and the JDK does not: validity, size and purpose of every
 * certificate in it, the authority included. The sizes of OpenSSL's security level 2, the default of Debian, Ubuntu and
 * Red Hat.
 *
 * @param trusted the authorities of the root certificate file, valid or not
 * @param lists the revocation lists that are valid; null if revocation is not checked
 * @param origin names the file in messages
 * @param now the moment
 */
record ChainRules(List<X509Certificate> trusted, @Nullable List<X509CRL> lists, String origin, Instant now) {

    private static final int LEAST_RSA_BITS = 2048;
    private static final int LEAST_EC_BITS = 224;
    private static final int LONGEST = 10;
    private static final int KEY_CERT_SIGN = 5;

    /** {@code serverAuth}, and the two forms of "server gated cryptography" that OpenSSL takes for it. */
    private static final Set<String> SERVER =
            Set.of("1.3.6.1.5.5.7.3.1", "2.16.840.1.113730.4.1", "1.3.6.1.4.1.311.10.3.3");

    private static final List<String> WEAK_DIGESTS = List.of("MD2", "MD5", "SHA1");

    /**
     * Returns why a chain is rejected.
     *
     * @param chain the chain that the server presents, its own certificate first
     * @return one line that names the certificate; null if the chain is valid on at least one path, or leads to no
     * authority
     */
    @Nullable
    String complaint(X509Certificate[] chain) {
        return complaint(chain[0], List.of(), List.of(chain)).text();
    }

    /** The problem of a path; none if there is no text. A path that ends at no authority is for the JDK to refuse. */
    private record Verdict(
            boolean leadsToAuthority, @Nullable String text) {}

    private Verdict complaint(
            X509Certificate certificate, List<X509Certificate> below, List<X509Certificate> presented) {
        boolean anchor = trusted.contains(certificate);
        String problem = problem(certificate, below.isEmpty(), anchor);
        if (anchor) {
            return new Verdict(true, problem);
        }
        List<X509Certificate> path = new ArrayList<>(below);
        path.add(certificate);
        Verdict found = new Verdict(false, null);
        for (X509Certificate issuer : issuers(certificate, presented)) {
            Verdict above = path.contains(issuer) || path.size() >= LONGEST
                    ? new Verdict(false, null)
                    : complaint(issuer, path, presented);
            if (above.leadsToAuthority()) {
                found = new Verdict(true, problem != null ? problem : above.text());
                if (found.text() == null) {
                    return found;
                }
            }
        }
        return found;
    }

    private List<X509Certificate> issuers(X509Certificate certificate, List<X509Certificate> presented) {
        List<X509Certificate> candidates = new ArrayList<>(trusted);
        candidates.addAll(presented);
        return candidates.stream()
                .filter(issuer -> issuer.getSubjectX500Principal().equals(certificate.getIssuerX500Principal()))
                .filter(issuer -> isSigned(certificate, issuer.getPublicKey()))
                .distinct()
                .toList();
    }

    private static boolean isSigned(X509Certificate certificate, PublicKey key) {
        try {
            certificate.verify(key);
            return true;
        } catch (GeneralSecurityException e) {
            return false;
        }
    }

    private @Nullable String problem(X509Certificate certificate, boolean leaf, boolean anchor) {
        String what = null;
        if (now.isBefore(certificate.getNotBefore().toInstant())) {
            what = "is not valid before " + certificate.getNotBefore().toInstant();
        } else if (Certificates.expired(certificate, now)) {
            what = "has expired on " + certificate.getNotAfter().toInstant();
        } else if (isWeak(certificate.getPublicKey())) {
            what = "has a key that is too weak (accepted are RSA from " + LEAST_RSA_BITS + " bits and EC from "
                    + LEAST_EC_BITS + ")";
        } else if (!anchor && isWeaklySigned(certificate)) {
            what = "is signed with " + certificate.getSigAlgName() + ", which is too weak";
        } else if (!leaf && !mayIssue(certificate)) {
            what = "is not a certificate authority and must not issue certificates (basic constraints, key usage)";
        } else if (!isForServers(certificate)) {
            what = "is not a server certificate: its extended key usage does not contain serverAuth";
        } else if (leaf && anchor && lists != null) {
            what = revocation(certificate, lists);
        }
        return what == null ? null : name(certificate, leaf, anchor) + " " + what;
    }

    private String name(X509Certificate certificate, boolean leaf, boolean anchor) {
        String subject = CertificateName.of(certificate.getSubjectX500Principal());
        if (leaf) {
            return "the server's certificate " + subject + ", issued by "
                    + CertificateName.of(certificate.getIssuerX500Principal()) + ",";
        }
        return (anchor
                ? "the authority " + subject + " of " + origin
                : "the issuer " + subject + " in the server's chain");
    }

    private static boolean isWeak(PublicKey key) {
        if (key instanceof RSAKey rsa) {
            return rsa.getModulus().bitLength() < LEAST_RSA_BITS;
        }
        if (key instanceof ECKey ec) {
            return ec.getParams().getCurve().getField().getFieldSize() < LEAST_EC_BITS;
        }
        BigInteger prime = key instanceof DSAKey dsa ? dsa.getParams().getP() : null;
        return prime != null && prime.bitLength() < LEAST_RSA_BITS;
    }

    private static boolean isWeaklySigned(X509Certificate certificate) {
        String algorithm = certificate.getSigAlgName().toUpperCase(Locale.ROOT).replace("-", "");
        return WEAK_DIGESTS.stream().anyMatch(algorithm::startsWith);
    }

    /** A self-signed certificate of version 1 cannot say so, and counts as an authority. */
    private static boolean mayIssue(X509Certificate certificate) {
        boolean[] usage = certificate.getKeyUsage();
        if (usage != null && !usage[KEY_CERT_SIGN]) {
            return false;
        }
        return certificate.getBasicConstraints() >= 0
                || (certificate.getVersion() == 1
                        && certificate.getSubjectX500Principal().equals(certificate.getIssuerX500Principal()));
    }

    private static boolean isForServers(X509Certificate certificate) {
        try {
            List<String> purposes = certificate.getExtendedKeyUsage();
            return purposes == null || purposes.stream().anyMatch(SERVER::contains);
        } catch (CertificateParsingException e) {
            return false;
        }
    }

    /** The JDK does not check revocation of a certificate that is itself trusted. */
    private static @Nullable String revocation(X509Certificate certificate, List<X509CRL> lists) {
        List<X509CRL> own = lists.stream()
                .filter(list -> list.getIssuerX500Principal().equals(certificate.getIssuerX500Principal()))
                .filter(list -> isSigned(list, certificate.getPublicKey()))
                .toList();
        if (own.isEmpty()) {
            return "is not covered by a current revocation list";
        }
        return own.stream().anyMatch(list -> list.isRevoked(certificate)) ? "has been revoked" : null;
    }

    private static boolean isSigned(X509CRL list, PublicKey key) {
        try {
            list.verify(key);
            return true;
        } catch (GeneralSecurityException e) {
            return false;
        }
    }

    /** Whether a key is below what this class accepts. */
    static boolean tooWeak(X509Certificate certificate) {
        return isWeak(certificate.getPublicKey());
    }
}

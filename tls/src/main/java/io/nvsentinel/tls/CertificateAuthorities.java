// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.tls;

import io.nvsentinel.tls.TlsException.Reason;
import java.io.IOException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.CertPathBuilder;
import java.security.cert.CertPathValidatorException;
import java.security.cert.CertPathValidatorException.BasicReason;
import java.security.cert.CertStore;
import java.security.cert.CertificateException;
import java.security.cert.CertificateExpiredException;
import java.security.cert.CollectionCertStoreParameters;
import java.security.cert.PKIXBuilderParameters;
import java.security.cert.PKIXRevocationChecker;
import java.security.cert.X509CRL;
import java.security.cert.X509CertSelector;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.time.Instant;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Date;
import java.util.EnumSet;
import java.util.List;
import java.util.stream.Stream;
import javax.net.ssl.CertPathTrustManagerParameters;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509ExtendedTrustManager;
import org.jspecify.annotations.Nullable;

/**
 * The authorities that may have issued the server's certificate: the authorities of a root certificate file, or of the
 * JVM.
 *
 * <p>The JDK trusts an authority from a file without limit, and a revocation list 15 minutes too long; OpenSSL, and so
 * libpq, neither of them. Here both are left out from the moment they expire.
 */
final class CertificateAuthorities {

    private final @Nullable Path file;
    private final List<X509Certificate> authorities;
    private final List<X509CRL> revocationLists;
    private final Clock clock;
    private volatile Verifier verifier;

    /** What was good when this was made. */
    private record Verifier(
            List<X509Certificate> trusted, List<X509CRL> lists, Instant until, X509ExtendedTrustManager manager) {

        boolean isGood(Instant now) {
            return now.isBefore(until)
                    && trusted.stream().noneMatch(authority -> Certificates.expired(authority, now))
                    && lists.stream().noneMatch(list -> Certificates.outOfDate(list, now));
        }
    }

    private CertificateAuthorities(
            @Nullable Path file, List<X509Certificate> authorities, List<X509CRL> revocationLists, Clock clock) {
        this.file = file;
        this.authorities = authorities;
        this.revocationLists = revocationLists;
        this.clock = clock;
        this.verifier = verifier(clock.instant());
    }

    /** Takes the authorities of a root certificate file; at least one must be valid now. */
    static CertificateAuthorities fromFile(
            Path file, List<X509Certificate> authorities, List<X509CRL> lists, Clock clock) {
        Instant now = clock.instant();
        if (authorities.stream().noneMatch(authority -> Certificates.isValid(authority, now))) {
            Certificates.checkValidity(authorities.get(authorities.size() - 1), file, now);
        }
        return new CertificateAuthorities(file, authorities, lists, clock);
    }

    /** Takes the authorities that the JVM trusts, for servers with a public certificate. */
    static CertificateAuthorities fromJvm(List<X509CRL> lists, Clock clock) {
        try {
            TrustManagerFactory factory = pkix();
            factory.init((KeyStore) null);
            List<X509Certificate> authorities = List.of(manager(factory).getAcceptedIssuers());
            if (authorities.isEmpty()) {
                throw TlsException.invalidOption("the JVM trusts no certificate authority; set rootCertificate");
            }
            return new CertificateAuthorities(null, authorities, lists, clock);
        } catch (GeneralSecurityException e) {
            throw new TlsException(
                    Reason.UNREADABLE_CONTENT, null, "the JVM's certificate authorities cannot be read", e);
        }
    }

    /** What verifies a chain at this moment. */
    X509ExtendedTrustManager current() throws CertificateException {
        Instant now = clock.instant();
        Verifier current = verifier;
        if (!current.isGood(now)) {
            current = verifier(now);
            verifier = current;
        }
        if (current.trusted().isEmpty()) {
            throw new CertificateExpiredException("no certificate authority of " + file + " is currently valid: "
                    + Certificates.validities(authorities));
        }
        return current.manager();
    }

    List<X509Certificate> all() {
        return authorities;
    }

    /** The authorities that an operator has to renew; not the JVM's. */
    List<X509Certificate> ofFile() {
        return file == null ? List.of() : authorities;
    }

    String describe() {
        return file == null ? "the authorities of the JVM" : "the authorities of " + file;
    }

    /**
     * What the JDK accepts and OpenSSL does not.
     *
     * @return one line that names the certificate, or null
     */
    @Nullable
    String complaint(X509Certificate[] chain) {
        Instant now = clock.instant();
        List<X509CRL> lists = revocationLists.stream()
                .filter(list -> !Certificates.outOfDate(list, now))
                .toList();
        String origin = file == null ? "the JVM" : file.toString();
        return new ChainRules(authorities, revocationLists.isEmpty() ? null : lists, origin, now).complaint(chain);
    }

    /** Says in one line why a chain was refused. */
    String explain(X509Certificate[] chain, CertificateException refusal) {
        X509Certificate failed = failed(chain, refusal);
        String what = (failed.equals(chain[0]) ? "the server's certificate " : "the issuer ")
                + CertificateName.of(failed.getSubjectX500Principal()) + ", issued by "
                + CertificateName.of(failed.getIssuerX500Principal()) + ",";
        BasicReason reason = reason(refusal);
        if (reason == BasicReason.REVOKED) {
            return what + " has been revoked";
        }
        if (reason == BasicReason.UNDETERMINED_REVOCATION_STATUS) {
            return what + " is not covered by a current revocation list";
        }
        String complaint = complaint(chain);
        return complaint != null
                ? complaint
                : what + " cannot be verified with " + describe() + ": " + refusal.getMessage();
    }

    /** The certificate that the JDK names, or the server's own. */
    private static X509Certificate failed(X509Certificate[] chain, Throwable refusal) {
        for (Throwable cause = refusal; cause != null; cause = cause.getCause()) {
            if (cause instanceof CertPathValidatorException e
                    && e.getCertPath() != null
                    && e.getIndex() >= 0
                    && e.getCertPath().getCertificates().get(e.getIndex()) instanceof X509Certificate found) {
                return found;
            }
        }
        return chain[0];
    }

    private static @Nullable BasicReason reason(Throwable refusal) {
        for (Throwable cause = refusal; cause != null; cause = cause.getCause()) {
            if (cause instanceof CertPathValidatorException e && e.getReason() instanceof BasicReason reason) {
                return reason;
            }
        }
        return null;
    }

    private Verifier verifier(Instant now) {
        List<X509Certificate> trusted = authorities.stream()
                .filter(authority -> Certificates.isValid(authority, now))
                .toList();
        List<X509CRL> lists = revocationLists.stream()
                .filter(list -> !Certificates.outOfDate(list, now))
                .toList();
        try {
            KeyStore store = store(trusted);
            TrustManagerFactory factory = pkix();
            if (revocationLists.isEmpty() || trusted.isEmpty()) {
                factory.init(store);
            } else {
                factory.init(new CertPathTrustManagerParameters(withRevocation(store, lists)));
            }
            return new Verifier(trusted, lists, nextBeginning(now), manager(factory));
        } catch (GeneralSecurityException e) {
            throw new TlsException(
                    Reason.UNREADABLE_CONTENT, file, "its certificates cannot be used as authorities", e);
        }
    }

    /** When the next authority or list becomes valid that is not valid yet. */
    private Instant nextBeginning(Instant now) {
        return Stream.concat(
                        authorities.stream().map(X509Certificate::getNotBefore),
                        revocationLists.stream().map(X509CRL::getThisUpdate))
                .map(Date::toInstant)
                .filter(now::isBefore)
                .min(Comparator.naturalOrder())
                .orElse(Instant.MAX);
    }

    private static PKIXBuilderParameters withRevocation(KeyStore store, List<X509CRL> lists)
            throws GeneralSecurityException {
        PKIXRevocationChecker checker =
                (PKIXRevocationChecker) CertPathBuilder.getInstance("PKIX").getRevocationChecker();
        checker.setOptions(
                EnumSet.of(PKIXRevocationChecker.Option.PREFER_CRLS, PKIXRevocationChecker.Option.NO_FALLBACK));
        PKIXBuilderParameters parameters = new PKIXBuilderParameters(store, new X509CertSelector());
        parameters.setRevocationEnabled(true);
        parameters.addCertStore(CertStore.getInstance("Collection", new CollectionCertStoreParameters(lists)));
        parameters.addCertPathChecker(checker);
        return parameters;
    }

    private static KeyStore store(List<X509Certificate> trusted) throws GeneralSecurityException {
        KeyStore store = KeyStore.getInstance("PKCS12");
        try {
            store.load(null, null);
        } catch (IOException e) {
            throw new IllegalStateException("an empty key store in memory cannot fail to load", e);
        }
        for (int i = 0; i < trusted.size(); i++) {
            store.setCertificateEntry("authority-" + i, trusted.get(i));
        }
        return store;
    }

    private static TrustManagerFactory pkix() throws GeneralSecurityException {
        return TrustManagerFactory.getInstance("PKIX");
    }

    private static X509ExtendedTrustManager manager(TrustManagerFactory factory) {
        return Arrays.stream(factory.getTrustManagers())
                .filter(X509ExtendedTrustManager.class::isInstance)
                .map(X509ExtendedTrustManager.class::cast)
                .findFirst()
                .orElseThrow(() -> new IllegalStateException("the JVM has no X.509 trust manager"));
    }
}

// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.tls;

import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import io.nvsentinel.tls.TlsStatus.Role;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.security.cert.X509CRL;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;
import org.jspecify.annotations.Nullable;

/**
 * One consistent, verified set of everything a handshake needs. Immutable: a connection takes the set once and keeps it, so a
 * reload in the middle of a handshake cannot mix an old certificate with a new key.
 */
final class TlsMaterial {

    private final byte[] digest;
    private final Instant loadedAt;
    private final @Nullable ClientIdentity identity;
    private final @Nullable CertificateAuthorities authorities;
    private final IdentityKeyManager keyManager;
    private final TrustManager trustManager;
    private final List<String> protocols;
    private final SSLContext sslContext;

    private TlsMaterial(
            FileSet files,
            TlsOptions options,
            Instant loadedAt,
            @Nullable ClientIdentity identity,
            @Nullable CertificateAuthorities authorities) {
        this.digest = files.digest();
        this.loadedAt = loadedAt;
        this.identity = identity;
        this.authorities = authorities;
        this.keyManager = new IdentityKeyManager(identity);
        this.trustManager = new ServerTrustManager(authorities, options.mode() == SslMode.VERIFY_FULL);
        this.protocols = options.minimumVersion().orNewer();
        this.sslContext = newSslContext();
    }

    /** Parses and verifies the files. */
    static TlsMaterial of(FileSet files, TlsOptions options, Clock clock) {
        Instant now = clock.instant();
        return new TlsMaterial(files, options, now, identity(files, options, now), authorities(files, options, clock));
    }

    byte[] digest() {
        return digest.clone();
    }

    Instant loadedAt() {
        return loadedAt;
    }

    /** The certificates that an operator has to renew: the certificates from files. */
    List<TlsStatus.Certificate> certificates(Instant now) {
        List<TlsStatus.Certificate> certificates = new ArrayList<>();
        for (X509Certificate certificate : identity == null ? List.<X509Certificate>of() : identity.chain()) {
            Role role = certificates.isEmpty() ? Role.CLIENT : Role.CLIENT_CHAIN;
            certificates.add(Certificates.status(role, certificate, now));
        }
        for (X509Certificate certificate : authorities == null ? List.<X509Certificate>of() : authorities.ofFile()) {
            certificates.add(Certificates.status(Role.AUTHORITY, certificate, now));
        }
        return List.copyOf(certificates);
    }

    /** The expired certificates, by subject. */
    List<String> expired(Instant now) {
        return certificates(now).stream()
                .filter(certificate -> now.isAfter(certificate.notAfter()))
                .map(TlsStatus.Certificate::subject)
                .toList();
    }

    /** One line for the log. */
    String describe() {
        String client = identity == null
                ? "no client certificate"
                : "client certificate "
                        + CertificateName.of(identity.certificate().getSubjectX500Principal()) + " until "
                        + identity.certificate().getNotAfter().toInstant();
        return client + ", " + (authorities == null ? "server not verified" : authorities.describe());
    }

    /** For the R2DBC driver, once per connection, on its event loop: reads no file and parses nothing. */
    SslContextBuilder nettyBuilder() {
        return SslContextBuilder.forClient()
                .sslProvider(SslProvider.JDK)
                .keyManager(keyManager)
                .trustManager(trustManager)
                .protocols(protocols)
                // Netty 4.2 checks the host name by default; here the trust manager does it, if the mode requires it.
                .endpointIdentificationAlgorithm(null);
    }

    /** Why the server may refuse the client's certificates, as the last handshake shows; or null. */
    @Nullable
    String clientDoubt() {
        return keyManager.doubt();
    }

    /** For JDBC. It belongs to this set alone, so no session of an old identity is ever resumed with a new one. */
    SSLContext sslContext() {
        return sslContext;
    }

    List<String> protocols() {
        return protocols;
    }

    private static @Nullable ClientIdentity identity(FileSet files, TlsOptions options, Instant now) {
        FileContent certificate = files.find(options.certificate()).orElse(null);
        FileContent key = files.find(options.key()).orElse(null);
        if (certificate == null || key == null) {
            return null;
        }
        key.checkKeyPermissions();
        var chain = Certificates.certificates(certificate);
        var privateKey = PrivateKeyReader.read(
                key, password(files, options), chain.get(0).getPublicKey());
        ClientIdentity identity = new ClientIdentity(privateKey, chain);
        identity.checkPair(key.path(), certificate.path());
        Certificates.checkValidity(identity.certificate(), certificate.path(), now);
        if (ChainRules.tooWeak(identity.certificate())) {
            throw TlsException.of(
                    TlsException.Reason.WEAK_KEY,
                    certificate.path(),
                    CertificateName.of(identity.certificate().getSubjectX500Principal())
                            + " has a key that is too weak; accepted are RSA from 2048 bits and EC from 224");
        }
        if (options.user() != null) {
            identity.checkUser(certificate.path(), options.user());
        }
        return identity;
    }

    private static @Nullable Supplier<String> password(FileSet files, TlsOptions options) {
        return files.find(options.keyPasswordFile())
                .<Supplier<String>>map(file -> file::asPassword)
                .orElse(options.keyPassword());
    }

    private static @Nullable CertificateAuthorities authorities(FileSet files, TlsOptions options, Clock clock) {
        List<X509CRL> lists = files.find(options.revocationList())
                .map(Certificates::revocationLists)
                .orElse(List.of());
        FileContent root = files.find(options.rootCertificate()).orElse(null);
        if (root != null) {
            return CertificateAuthorities.fromFile(root.path(), Certificates.certificates(root), lists, clock);
        }
        return options.mode() == SslMode.VERIFY_FULL ? CertificateAuthorities.fromJvm(lists, clock) : null;
    }

    private SSLContext newSslContext() {
        try {
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(new KeyManager[] {keyManager}, new TrustManager[] {trustManager}, new SecureRandom());
            return context;
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every JVM has TLS", e);
        }
    }
}

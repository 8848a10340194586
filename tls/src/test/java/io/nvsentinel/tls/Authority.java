// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.tls;

import java.math.BigInteger;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import java.util.concurrent.atomic.AtomicLong;
import javax.security.auth.x500.X500Principal;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.CRLReason;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509v2CRLBuilder;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.operator.ContentSigner;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;

/**
 * A certificate authority with the oddities that the test server's own has no need of: expired roots, odd key types and names,
 * revocation.
 */
record Authority(Issued self) {

    private static final AtomicLong SERIAL = new AtomicLong(1);

    record Issued(X509Certificate certificate, KeyPair keys) {

        String certificatePem() {
            try {
                return Pem.of("CERTIFICATE", certificate.getEncoded());
            } catch (Exception e) {
                throw new IllegalStateException(e);
            }
        }

        String keyPem() {
            return Pem.of("PRIVATE KEY", keys.getPrivate().getEncoded());
        }

        Instant notBefore() {
            return certificate.getNotBefore().toInstant();
        }

        Instant notAfter() {
            return certificate.getNotAfter().toInstant();
        }
    }

    static Authority named(String name) {
        return until(name, Instant.now().plus(Duration.ofDays(30)));
    }

    static Authority until(String name, Instant end) {
        KeyPair keys = keys("secp256r1");
        X500Principal subject = new X500Principal("CN=" + name);
        try {
            var builder = builder(subject, end, subject, keys)
                    .addExtension(Extension.basicConstraints, true, new BasicConstraints(true));
            return new Authority(new Issued(sign(builder, keys.getPrivate()), keys));
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    Issued client(String subject) {
        return issue(subject, keys("secp256r1"), null);
    }

    Issued issue(String subject, KeyPair keys, GeneralNames names) {
        try {
            var builder = builder(
                    self.certificate.getSubjectX500Principal(),
                    Instant.now().plus(Duration.ofDays(10)),
                    new X500Principal(subject),
                    keys);
            if (names != null) {
                builder.addExtension(Extension.subjectAlternativeName, false, names);
            }
            return new Issued(sign(builder, self.keys.getPrivate()), keys);
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    /** A revocation list in PEM, good for a day. */
    String revocationList(X509Certificate... revoked) {
        return revocationListUntil(Instant.now().plus(Duration.ofDays(1)), revoked);
    }

    String revocationListUntil(Instant nextUpdate, X509Certificate... revoked) {
        try {
            Instant now = Instant.now();
            var builder = new JcaX509v2CRLBuilder(
                    self.certificate.getSubjectX500Principal(), Date.from(now.minusSeconds(60)));
            builder.setNextUpdate(Date.from(nextUpdate));
            for (X509Certificate certificate : revoked) {
                builder.addCRLEntry(certificate.getSerialNumber(), Date.from(now), CRLReason.keyCompromise);
            }
            return Pem.of(
                    "X509 CRL", builder.build(signer(self.keys.getPrivate())).getEncoded());
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    String pem() {
        return self.certificatePem();
    }

    /** A key pair of a curve, by its name, or of an algorithm. */
    static KeyPair keys(String type) {
        try {
            boolean curve = type.startsWith("sec");
            KeyPairGenerator generator = KeyPairGenerator.getInstance(curve ? "EC" : type);
            if (curve) {
                generator.initialize(new ECGenParameterSpec(type));
            } else if (type.startsWith("RSA")) {
                generator.initialize(2048);
            }
            return generator.generateKeyPair();
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    private static JcaX509v3CertificateBuilder builder(
            X500Principal issuer, Instant end, X500Principal subject, KeyPair keys) {
        Date begin = Date.from(end.minus(Duration.ofDays(60)));
        return new JcaX509v3CertificateBuilder(
                issuer, BigInteger.valueOf(SERIAL.getAndIncrement()), begin, Date.from(end), subject, keys.getPublic());
    }

    private static X509Certificate sign(org.bouncycastle.cert.X509v3CertificateBuilder builder, PrivateKey key)
            throws Exception {
        return new JcaX509CertificateConverter().getCertificate(builder.build(signer(key)));
    }

    private static ContentSigner signer(PrivateKey key) throws Exception {
        return new JcaContentSignerBuilder("SHA256withECDSA").build(key);
    }
}

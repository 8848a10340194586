// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.testserver.pki;

import java.io.IOException;
import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import java.util.List;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.ExtendedKeyUsage;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.cert.X509v3CertificateBuilder;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509ExtensionUtils;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;

/** The name and key that certificates are signed with. */
record Signer(X500Name name, KeyPair key, KeyType type) {

    private static final Duration AUTHORITY_LIFE = Duration.ofDays(3650);
    private static final int SERIAL_BITS = 120;
    private static final SecureRandom RANDOM = new SecureRandom();

    /** What a certificate for a server or a client says besides its key. */
    record Leaf(
            X500Name subject, List<GeneralName> alternativeNames, KeyPurposeId purpose, Instant from, Instant until) {}

    static KeyPair newKey(KeyType type) {
        try {
            KeyPairGenerator generator = KeyPairGenerator.getInstance(type.algorithm());
            generator.initialize(type.size());
            return generator.generateKeyPair();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("Cannot make a key of type " + type, e);
        }
    }

    X509Certificate authority(X500Name subject, PublicKey subjectKey) {
        Instant now = Instant.now();
        try {
            X509v3CertificateBuilder builder =
                    builder(subject, subjectKey, now.minus(AUTHORITY_LIFE), now.plus(AUTHORITY_LIFE));
            builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(true));
            builder.addExtension(Extension.keyUsage, true, new KeyUsage(KeyUsage.keyCertSign | KeyUsage.cRLSign));
            return sign(builder);
        } catch (IOException | GeneralSecurityException | OperatorCreationException e) {
            throw cannotIssue(subject, e);
        }
    }

    X509Certificate leaf(Leaf leaf, PublicKey subjectKey) {
        try {
            X509v3CertificateBuilder builder = builder(leaf.subject(), subjectKey, leaf.from(), leaf.until());
            builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(false));
            builder.addExtension(Extension.keyUsage, true, new KeyUsage(KeyUsage.digitalSignature));
            builder.addExtension(Extension.extendedKeyUsage, false, new ExtendedKeyUsage(leaf.purpose()));
            if (!leaf.alternativeNames().isEmpty()) {
                GeneralName[] names = leaf.alternativeNames().toArray(GeneralName[]::new);
                builder.addExtension(Extension.subjectAlternativeName, false, new GeneralNames(names));
            }
            return sign(builder);
        } catch (IOException | GeneralSecurityException | OperatorCreationException e) {
            throw cannotIssue(leaf.subject(), e);
        }
    }

    private X509v3CertificateBuilder builder(X500Name subject, PublicKey subjectKey, Instant from, Instant until)
            throws IOException, GeneralSecurityException {
        JcaX509ExtensionUtils identifiers = new JcaX509ExtensionUtils();
        return new JcaX509v3CertificateBuilder(
                        name,
                        new BigInteger(SERIAL_BITS, RANDOM),
                        Date.from(from),
                        Date.from(until),
                        subject,
                        subjectKey)
                .addExtension(Extension.subjectKeyIdentifier, false, identifiers.createSubjectKeyIdentifier(subjectKey))
                .addExtension(
                        Extension.authorityKeyIdentifier,
                        false,
                        identifiers.createAuthorityKeyIdentifier(key.getPublic()));
    }

    private X509Certificate sign(X509v3CertificateBuilder builder)
            throws GeneralSecurityException, OperatorCreationException {
        return new JcaX509CertificateConverter()
                .getCertificate(builder.build(new JcaContentSignerBuilder(type.signature()).build(key.getPrivate())));
    }

    private static IllegalStateException cannotIssue(X500Name subject, Exception cause) {
        return new IllegalStateException("Cannot issue a certificate for " + subject, cause);
    }

    @Override
    public String toString() {
        return name.toString();
    }
}

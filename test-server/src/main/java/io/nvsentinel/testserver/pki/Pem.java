// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.testserver.pki;

import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.security.interfaces.ECPrivateKey;
import java.security.interfaces.RSAPrivateKey;
import java.util.HexFormat;
import java.util.List;
import org.bouncycastle.asn1.ASN1Encodable;
import org.bouncycastle.asn1.pkcs.PrivateKeyInfo;
import org.bouncycastle.asn1.x509.SubjectPublicKeyInfo;
import org.bouncycastle.jce.provider.BouncyCastleProvider;
import org.bouncycastle.openssl.PEMEncryptor;
import org.bouncycastle.openssl.PKCS8Generator;
import org.bouncycastle.openssl.jcajce.JcaPKCS8Generator;
import org.bouncycastle.openssl.jcajce.JceOpenSSLPKCS8EncryptorBuilder;
import org.bouncycastle.openssl.jcajce.JcePEMEncryptorBuilder;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.util.io.pem.PemHeader;
import org.bouncycastle.util.io.pem.PemObject;
import org.bouncycastle.util.io.pem.PemObjectGenerator;
import org.bouncycastle.util.io.pem.PemWriter;

/** Writes certificates and keys as PEM text, in every form that certificate tools produce. */
final class Pem {

    private Pem() {}

    static String certificates(List<X509Certificate> certificates) {
        StringBuilder text = new StringBuilder();
        for (X509Certificate certificate : certificates) {
            try {
                text.append(write(new PemObject("CERTIFICATE", certificate.getEncoded())));
            } catch (GeneralSecurityException e) {
                throw new IllegalStateException("Cannot encode a certificate", e);
            }
        }
        return text.toString();
    }

    static String pkcs8(PrivateKey key) {
        return write(new PemObject("PRIVATE KEY", key.getEncoded()));
    }

    static String encryptedPkcs8(PrivateKey key, char[] password) {
        try {
            JceOpenSSLPKCS8EncryptorBuilder encryption = new JceOpenSSLPKCS8EncryptorBuilder(PKCS8Generator.AES_256_CBC)
                    .setProvider(unregistered())
                    .setPassword(password);
            return write(new JcaPKCS8Generator(key, encryption.build()));
        } catch (IOException | OperatorCreationException e) {
            throw new IllegalStateException("Cannot encrypt a key", e);
        }
    }

    /** Registered with the JVM, the provider would change what every other test can read. */
    private static BouncyCastleProvider unregistered() {
        return new BouncyCastleProvider();
    }

    /** PKCS#1 of an RSA key, or SEC1 of an EC key, as OpenSSL wrote before it preferred PKCS#8. */
    static String traditional(KeyPair key) {
        return write(traditionalObject(key));
    }

    /** The same, encrypted with AES-256, as the lines Proc-Type and DEK-Info state. */
    static String encryptedTraditional(KeyPair key, char[] password) {
        PEMEncryptor encryption = new JcePEMEncryptorBuilder("AES-256-CBC")
                .setProvider(unregistered())
                .build(password);
        PemObject plain = traditionalObject(key);
        try {
            byte[] encrypted = encryption.encrypt(plain.getContent());
            String iv = HexFormat.of().withUpperCase().formatHex(encryption.getIV());
            List<PemHeader> headers = List.of(
                    new PemHeader("Proc-Type", "4,ENCRYPTED"),
                    new PemHeader("DEK-Info", encryption.getAlgorithm() + "," + iv));
            return write(new PemObject(plain.getType(), headers, encrypted));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static PemObject traditionalObject(KeyPair key) {
        PrivateKeyInfo info = PrivateKeyInfo.getInstance(key.getPrivate().getEncoded());
        try {
            if (key.getPrivate() instanceof ECPrivateKey ec) {
                // With curve and public key, which PKCS#8 keeps elsewhere and which OpenSSL's readers want here.
                ASN1Encodable curve = info.getPrivateKeyAlgorithm().getParameters();
                var publicKey = SubjectPublicKeyInfo.getInstance(key.getPublic().getEncoded())
                        .getPublicKeyData();
                int bits = ec.getParams().getOrder().bitLength();
                return new PemObject(
                        "EC PRIVATE KEY",
                        new org.bouncycastle.asn1.sec.ECPrivateKey(bits, ec.getS(), publicKey, curve).getEncoded());
            }
            if (key.getPrivate() instanceof RSAPrivateKey) {
                return new PemObject(
                        "RSA PRIVATE KEY",
                        info.parsePrivateKey().toASN1Primitive().getEncoded());
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        throw new IllegalStateException("Only RSA and EC keys have a traditional form, not "
                + key.getPrivate().getAlgorithm());
    }

    private static String write(PemObjectGenerator object) {
        StringWriter text = new StringWriter();
        try (PemWriter writer = new PemWriter(text)) {
            writer.writeObject(object);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return text.toString();
    }
}

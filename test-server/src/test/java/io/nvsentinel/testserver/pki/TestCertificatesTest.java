// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.testserver.pki;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.StringReader;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.Security;
import java.security.Signature;
import java.security.cert.CertPathValidator;
import java.security.cert.CertPathValidatorException;
import java.security.cert.CertificateExpiredException;
import java.security.cert.CertificateFactory;
import java.security.cert.CertificateNotYetValidException;
import java.security.cert.PKIXParameters;
import java.security.cert.TrustAnchor;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.time.Instant;
import java.util.Base64;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import org.bouncycastle.jce.provider.BouncyCastleProvider;
import org.bouncycastle.openssl.PEMEncryptedKeyPair;
import org.bouncycastle.openssl.PEMKeyPair;
import org.bouncycastle.openssl.PEMParser;
import org.bouncycastle.openssl.jcajce.JcaPEMKeyConverter;
import org.bouncycastle.openssl.jcajce.JceOpenSSLPKCS8DecryptorProviderBuilder;
import org.bouncycastle.openssl.jcajce.JcePEMDecryptorProviderBuilder;
import org.bouncycastle.pkcs.PKCS8EncryptedPrivateKeyInfo;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class TestCertificatesTest {

    private final TestCertificates authority = TestCertificates.create();

    private static List<X509Certificate> parse(String pem) throws GeneralSecurityException {
        Collection<? extends java.security.cert.Certificate> all = CertificateFactory.getInstance("X.509")
                .generateCertificates(new ByteArrayInputStream(pem.getBytes(StandardCharsets.US_ASCII)));
        return all.stream().map(X509Certificate.class::cast).toList();
    }

    /** The JDK's verification of the chain that a certificate's owner presents. */
    private static void validate(TestCertificate certificate, TestCertificates trusted)
            throws GeneralSecurityException {
        X509Certificate root = parse(trusted.authorityPem()).get(0);
        PKIXParameters parameters = new PKIXParameters(Set.of(new TrustAnchor(root, null)));
        parameters.setRevocationEnabled(false);
        CertPathValidator.getInstance("PKIX")
                .validate(
                        CertificateFactory.getInstance("X.509").generateCertPath(parse(certificate.certificatesPem())),
                        parameters);
    }

    @ParameterizedTest
    @EnumSource
    void everyKindOfAuthorityIssuesEveryKindOfCertificate(KeyType type) throws GeneralSecurityException {
        for (KeyType leaf : KeyType.values()) {
            TestCertificates issuer = TestCertificates.create(type);
            validate(issuer.client("app").keyType(leaf).issue(), issuer);
        }
    }

    @Test
    void namesAddressesAndPurposesAreInTheCertificate() throws GeneralSecurityException {
        X509Certificate server =
                authority.server("db.example", "127.0.0.1", "::1").issue().certificate();
        assertThat(server.getSubjectAlternativeNames())
                .containsExactlyInAnyOrder(
                        List.of(2, "db.example"), List.of(7, "127.0.0.1"), List.of(7, "0:0:0:0:0:0:0:1"));
        assertThat(server.getSubjectX500Principal().getName()).isEqualTo("CN=db.example");
        assertThat(server.getExtendedKeyUsage()).containsExactly("1.3.6.1.5.5.7.3.1");
        X509Certificate client = authority.client("a, \"b\" = c").issue().certificate();
        assertThat(client.getSubjectX500Principal().getName()).isEqualTo("CN=a\\, \\\"b\\\" \\= c");
        assertThat(client.getSubjectAlternativeNames()).isNull();
        assertThat(client.getExtendedKeyUsage()).containsExactly("1.3.6.1.5.5.7.3.2");
        assertThat(authority.server().issue().certificate().getSubjectAlternativeNames())
                .isNull();
    }

    @Test
    void anotherAuthorityDoesNotVouch() {
        TestCertificates other = TestCertificates.create();
        assertThatThrownBy(() -> validate(authority.client("app").issue(), other))
                .isInstanceOf(CertPathValidatorException.class);
    }

    @Test
    void validityIsAsAskedFor() throws GeneralSecurityException {
        validate(authority.client("app").issue(), authority);
        assertThatThrownBy(() -> validate(authority.client("app").expired().issue(), authority))
                .hasCauseInstanceOf(CertificateExpiredException.class);
        assertThatThrownBy(() -> validate(authority.client("app").notYetValid().issue(), authority))
                .hasCauseInstanceOf(CertificateNotYetValidException.class);
        Instant from = Instant.parse("2020-01-01T00:00:00Z");
        Instant until = Instant.parse("2020-01-02T00:00:00Z");
        X509Certificate exact =
                authority.client("app").validity(from, until).issue().certificate();
        assertThat(exact.getNotBefore()).isEqualTo(from);
        assertThat(exact.getNotAfter()).isEqualTo(until);
        assertThatThrownBy(() -> authority.client("app").validity(until, from))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void anIntermediateAuthorityIsPartOfTheChainAndTheRootIsNot() throws GeneralSecurityException {
        TestCertificates second = authority.intermediate().intermediate();
        TestCertificate leaf = second.client("app").issue();
        assertThat(leaf.chain()).hasSize(3).isEqualTo(parse(leaf.certificatesPem()));
        assertThat(leaf.chain().get(0)).isEqualTo(leaf.certificate());
        assertThat(leaf.authorityPem()).isEqualTo(authority.authorityPem()).isEqualTo(second.authorityPem());
        validate(leaf, authority);
    }

    @Test
    void eachCertificateHasItsOwnKeyAndSerial() {
        CertificateRequest request = authority.client("app");
        TestCertificate one = request.issue();
        TestCertificate two = request.issue();
        assertThat(one.privateKey()).isNotEqualTo(two.privateKey());
        assertThat(one.certificate().getSerialNumber())
                .isNotEqualTo(two.certificate().getSerialNumber());
    }

    @ParameterizedTest
    @EnumSource
    void theUsualKeyIsPkcs8(KeyType type) throws Exception {
        TestCertificate certificate = authority.client("app").keyType(type).issue();
        String[] lines = certificate.keyPem().split("\n", 2);
        assertThat(lines[0]).isEqualTo("-----BEGIN PRIVATE KEY-----");
        byte[] der = Base64.getMimeDecoder().decode(lines[1].substring(0, lines[1].indexOf("-----END")));
        PrivateKey read = KeyFactory.getInstance(type.algorithm()).generatePrivate(new PKCS8EncodedKeySpec(der));
        assertThat(read).isEqualTo(certificate.privateKey());
    }

    @ParameterizedTest
    @EnumSource
    void anEncryptedKeyNeedsItsPassword(KeyType type) throws Exception {
        TestCertificate certificate = authority.client("app").keyType(type).issue();
        String pem = certificate.encryptedKeyPem("right");
        assertThat(pem).startsWith("-----BEGIN ENCRYPTED PRIVATE KEY-----");
        assertThat(decrypt(pem, "right").getEncoded())
                .isEqualTo(certificate.privateKey().getEncoded());
        assertThatThrownBy(() -> decrypt(pem, "wrong")).isNotNull();
    }

    private static PrivateKey decrypt(String pem, String password) throws Exception {
        PKCS8EncryptedPrivateKeyInfo info = (PKCS8EncryptedPrivateKeyInfo) read(pem);
        return new JcaPEMKeyConverter()
                .getPrivateKey(info.decryptPrivateKeyInfo(new JceOpenSSLPKCS8DecryptorProviderBuilder()
                        .setProvider(new BouncyCastleProvider())
                        .build(password.toCharArray())));
    }

    private static Object read(String pem) throws Exception {
        try (PEMParser parser = new PEMParser(new StringReader(pem))) {
            return parser.readObject();
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"RSA", "EC"})
    void theTraditionalFormHoldsTheSameKeyPlainOrEncrypted(KeyType type) throws Exception {
        TestCertificate certificate = authority.client("app").keyType(type).issue();
        String header = "-----BEGIN " + type + " PRIVATE KEY-----";
        assertThat(certificate.traditionalKeyPem()).startsWith(header);
        assertSameKey((PEMKeyPair) read(certificate.traditionalKeyPem()), certificate);

        String encrypted = certificate.encryptedTraditionalKeyPem("right");
        assertThat(encrypted)
                .startsWith(header)
                .contains("Proc-Type: 4,ENCRYPTED\n")
                .containsPattern("DEK-Info: AES-256-CBC,[0-9A-F]{32}\n");
        PEMEncryptedKeyPair pair = (PEMEncryptedKeyPair) read(encrypted);
        assertSameKey(
                pair.decryptKeyPair(new JcePEMDecryptorProviderBuilder()
                        .setProvider(new BouncyCastleProvider())
                        .build("right".toCharArray())),
                certificate);
    }

    private static void assertSameKey(PEMKeyPair read, TestCertificate certificate) throws Exception {
        var pair = new JcaPEMKeyConverter().getKeyPair(read);
        assertThat(pair.getPublic()).isEqualTo(certificate.certificate().getPublicKey());
        String algorithm = "SHA256with" + (pair.getPrivate().getAlgorithm().equals("RSA") ? "RSA" : "ECDSA");
        Signature signing = Signature.getInstance(algorithm);
        signing.initSign(pair.getPrivate());
        byte[] signature = signing.sign();
        Signature checking = Signature.getInstance(algorithm);
        checking.initVerify(certificate.certificate());
        assertThat(checking.verify(signature)).isTrue();
    }

    @Test
    void edwardsKeysHaveNoTraditionalForm() {
        TestCertificate certificate =
                authority.client("app").keyType(KeyType.ED25519).issue();
        assertThatThrownBy(certificate::traditionalKeyPem).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> certificate.encryptedTraditionalKeyPem("x")).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void noProviderIsRegisteredForTheWholeJvm() {
        authority.client("app").issue().encryptedKeyPem("x");
        assertThat(Security.getProvider("BC")).isNull();
    }
}

// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.tls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nvsentinel.tls.TlsException.Reason;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Stream;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.pkcs.PKCSObjectIdentifiers;
import org.bouncycastle.asn1.pkcs.PrivateKeyInfo;
import org.bouncycastle.asn1.sec.ECPrivateKey;
import org.bouncycastle.asn1.x509.AlgorithmIdentifier;
import org.bouncycastle.asn1.x9.X9ObjectIdentifiers;
import org.bouncycastle.crypto.util.PrivateKeyFactory;
import org.bouncycastle.crypto.util.PrivateKeyInfoFactory;
import org.bouncycastle.jce.provider.BouncyCastleProvider;
import org.bouncycastle.openssl.PKCS8Generator;
import org.bouncycastle.openssl.jcajce.JcaPKCS8Generator;
import org.bouncycastle.openssl.jcajce.JceOpenSSLPKCS8EncryptorBuilder;
import org.bouncycastle.openssl.jcajce.JcePEMEncryptorBuilder;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Every key here is written by BouncyCastle, so that reader and writer cannot share a mistake. */
@Tag("essential")
class PrivateKeyReaderTest {

    private static final Path FILE = Path.of("tls.key");
    static final String PASSWORD = "pässword ü";
    private static final KeyPair RSA = Authority.keys("RSA");
    private static final KeyPair EC = Authority.keys("secp256r1");
    private static final KeyPair EC384 = Authority.keys("secp384r1");
    private static final KeyPair EC521 = Authority.keys("secp521r1");
    private static final KeyPair ED25519 = Authority.keys("Ed25519");

    static Stream<Arguments> plainKeys() throws Exception {
        return Stream.of(
                Arguments.of("PKCS#8 RSA", RSA, pkcs8(RSA)),
                Arguments.of("PKCS#8 EC", EC, pkcs8(EC)),
                Arguments.of("PKCS#8 Ed25519", ED25519, pkcs8(ED25519)),
                Arguments.of("PKCS#8 Ed25519 with public key", ED25519, pkcs8WithPublicKey()),
                Arguments.of("PKCS#1", RSA, pkcs1(RSA)),
                Arguments.of("SEC1 P-256", EC, sec1(EC)),
                Arguments.of("SEC1 P-384", EC384, sec1(EC384)),
                Arguments.of("SEC1 P-521", EC521, sec1(EC521)),
                Arguments.of("SEC1 without curve", EC, sec1WithoutCurve(EC)),
                Arguments.of("SEC1 behind its parameters", EC, ecParameters() + sec1(EC)));
    }

    static Stream<Arguments> encryptedKeys() throws Exception {
        return Stream.of(
                Arguments.of(
                        "PBES2 AES-128",
                        pbes2(new ASN1ObjectIdentifier(JceOpenSSLPKCS8EncryptorBuilder.AES_128_CBC), null)),
                Arguments.of(
                        "PBES2 AES-192",
                        pbes2(new ASN1ObjectIdentifier(JceOpenSSLPKCS8EncryptorBuilder.AES_192_CBC), null)),
                Arguments.of(
                        "PBES2 AES-256",
                        pbes2(new ASN1ObjectIdentifier(JceOpenSSLPKCS8EncryptorBuilder.AES_256_CBC), null)),
                Arguments.of(
                        "PBES2 3DES", pbes2(new ASN1ObjectIdentifier(JceOpenSSLPKCS8EncryptorBuilder.DES3_CBC), null)),
                Arguments.of(
                        "PBES2 SHA-256",
                        pbes2(
                                new ASN1ObjectIdentifier(JceOpenSSLPKCS8EncryptorBuilder.AES_256_CBC),
                                PKCSObjectIdentifiers.id_hmacWithSHA256)),
                Arguments.of(
                        "PBES2 SHA-512",
                        pbes2(
                                new ASN1ObjectIdentifier(JceOpenSSLPKCS8EncryptorBuilder.AES_256_CBC),
                                PKCSObjectIdentifiers.id_hmacWithSHA512)),
                Arguments.of("old AES-128", oldStyle("AES-128-CBC")),
                Arguments.of("old AES-256", oldStyle("AES-256-CBC")),
                Arguments.of("old 3DES", oldStyle("DES-EDE3-CBC")));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("plainKeys")
    void readsPlainKeys(String name, KeyPair keys, String pem) {
        assertThat(secret(read(pem, keys))).isEqualTo(secret(keys.getPrivate()));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("plainKeys")
    void readsKeysThatOtherProgramsTouched(String name, KeyPair keys, String pem) {
        for (Function<String, String> touch : touches()) {
            assertThat(secret(read(touch.apply(pem), keys))).isEqualTo(secret(keys.getPrivate()));
        }
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("encryptedKeys")
    void readsEncryptedKeys(String name, String pem) {
        assertThat(PrivateKeyReader.read(file(pem), () -> PASSWORD, RSA.getPublic()))
                .isEqualTo(RSA.getPrivate());
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("encryptedKeys")
    void refusesEncryptedKeysWithoutTheirPassword(String name, String pem) {
        assertThatThrownBy(() -> PrivateKeyReader.read(file(pem), null, RSA.getPublic()))
                .hasMessage("tls.key: the key is encrypted; set keyPassword or keyPasswordFile")
                .extracting("reason")
                .isEqualTo(Reason.KEY_PASSWORD);
        assertThatThrownBy(() -> PrivateKeyReader.read(file(pem), () -> "other", RSA.getPublic()))
                .hasMessage("tls.key: the key cannot be decrypted with the password given")
                .extracting("reason")
                .isEqualTo(Reason.KEY_PASSWORD);
    }

    @Test
    void readsTheSameKeyWithPbes1() throws Exception {
        // The JDK's PBES1 takes ASCII only; what else would be lost here is not worth a second implementation.
        String pem = pkcs8Encrypted(PKCS8Generator.PBE_SHA1_3DES, null, "password");
        assertThat(PrivateKeyReader.read(file(pem), () -> "password", RSA.getPublic()))
                .isEqualTo(RSA.getPrivate());
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("plainKeys")
    void saysWhatIsWrongWithAKeyCutAnywhere(String name, KeyPair keys, String pem) {
        String label =
                pem.lines().filter(line -> line.contains("PRIVATE")).findFirst().orElseThrow();
        int begin = pem.indexOf(label);
        int end = pem.lastIndexOf("-----END");
        for (int cut = begin + 1; cut < end; cut += 7) {
            String part = pem.substring(begin, cut);
            assertThatThrownBy(() -> read(part, keys))
                    .isInstanceOf(TlsException.class)
                    .hasMessageStartingWith("tls.key: found ")
                    .hasNoCause()
                    .extracting("reason")
                    .isEqualTo(Reason.UNREADABLE_CONTENT);
        }
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("plainKeys")
    void neverFailsOtherwiseOnADamagedKey(String name, KeyPair keys, String pem) {
        String secret =
                pem.lines().filter(line -> !line.startsWith("--")).findFirst().orElseThrow();
        byte[] damaged = pem.getBytes(StandardCharsets.US_ASCII);
        for (int i = pem.indexOf(secret); i < pem.lastIndexOf("-----END"); i++) {
            byte before = damaged[i];
            damaged[i] = before == 'A' ? (byte) 'B' : (byte) 'A';
            try {
                read(new String(damaged, StandardCharsets.US_ASCII), keys);
            } catch (TlsException e) {
                assertThat(e).hasNoCause().hasMessageStartingWith("tls.key: found ");
                assertThat(e.getMessage()).doesNotContain(secret);
            }
            damaged[i] = before;
        }
    }

    @Test
    void saysWhatItFound() throws Exception {
        refused("", "found an empty file");
        refused("hello", "found a text file without a PEM block");
        refused("\0\1\2", "found binary data;");
        refused(new String(RSA.getPrivate().getEncoded(), StandardCharsets.ISO_8859_1), "found binary data (DER");
        refused(Authority.named("ca").pem(), "found CERTIFICATE;");
        refused(pkcs8(RSA) + pkcs8(RSA), "found 2 private keys");
        refused(Pem.of("OPENSSH PRIVATE KEY", new byte[10]), "found OPENSSH PRIVATE KEY");
        refused(Pem.of("PRIVATE KEY", new byte[] {1, 2, 3}), "found PRIVATE KEY whose content is damaged");
        refused("-----BEGIN PRIVATE KEY-----\n!!\n-----END PRIVATE KEY-----\n", "that is not base64");
        refused("-----BEGIN PRIVATE", "truncated PEM BEGIN line");
        refused(pkcs8(RSA).replaceFirst("-----\n", "").replace("\n", ""), "with a label that is unknown or damaged");
        KeyPair x25519 = KeyPairGenerator.getInstance("X25519").generateKeyPair();
        refused(pkcs8(x25519), "found a key of algorithm 1.3.101.110");
    }

    private static void refused(String content, String found) {
        assertThatThrownBy(() -> PrivateKeyReader.read(
                        new FileContent(FILE, content.getBytes(StandardCharsets.ISO_8859_1)), null, RSA.getPublic()))
                .isInstanceOf(TlsException.class)
                .hasMessageStartingWith("tls.key: ")
                .hasMessageContaining(found)
                .hasNoCause()
                .extracting("reason")
                .isEqualTo(Reason.UNREADABLE_CONTENT);
    }

    private static List<Function<String, String>> touches() {
        return List.of(
                pem -> pem.replace("\n", "\r\n"),
                pem -> pem.replace("\n", "  \t\n"),
                pem -> "  " + pem.replace("\n", "\n  "),
                pem -> "Bag Attributes\n    friendlyName: ü\nKey Attributes: <No Attributes>\n" + pem,
                pem -> "\uFEFF" + pem + "\ntrailing text\n",
                String::stripTrailing);
    }

    private static PrivateKey read(String pem, KeyPair keys) {
        return PrivateKeyReader.read(file(pem), null, keys.getPublic());
    }

    /** EC keys with and without the public key inside are the same key in two encodings. */
    private static Object secret(PrivateKey key) {
        return key instanceof java.security.interfaces.ECPrivateKey ec ? ec.getS() : key;
    }

    private static FileContent file(String pem) {
        return new FileContent(FILE, pem.getBytes(StandardCharsets.UTF_8));
    }

    private static String pkcs8(KeyPair keys) {
        return Pem.of("PRIVATE KEY", keys.getPrivate().getEncoded());
    }

    private static String pkcs8WithPublicKey() throws Exception {
        byte[] version2 = PrivateKeyInfoFactory.createPrivateKeyInfo(
                        PrivateKeyFactory.createKey(ED25519.getPrivate().getEncoded()))
                .getEncoded();
        assertThat(PrivateKeyInfo.getInstance(version2).hasPublicKey()).isTrue();
        return Pem.of("PRIVATE KEY", version2);
    }

    private static String pkcs1(KeyPair keys) throws Exception {
        return Pem.of("RSA PRIVATE KEY", inner(keys));
    }

    private static String sec1(KeyPair keys) throws Exception {
        PrivateKeyInfo info = PrivateKeyInfo.getInstance(keys.getPrivate().getEncoded());
        ECPrivateKey bare = ECPrivateKey.getInstance(info.parsePrivateKey());
        ASN1ObjectIdentifier curve =
                ASN1ObjectIdentifier.getInstance(info.getPrivateKeyAlgorithm().getParameters());
        int bits = curve.equals(new ASN1ObjectIdentifier("1.3.132.0.35"))
                ? 521
                : curve.equals(new ASN1ObjectIdentifier("1.3.132.0.34")) ? 384 : 256;
        return Pem.of("EC PRIVATE KEY", new ECPrivateKey(bits, bare.getKey(), curve).getEncoded());
    }

    private static String sec1WithoutCurve(KeyPair keys) throws Exception {
        ECPrivateKey bare = ECPrivateKey.getInstance(
                PrivateKeyInfo.getInstance(keys.getPrivate().getEncoded()).parsePrivateKey());
        return Pem.of("EC PRIVATE KEY", new ECPrivateKey(256, bare.getKey()).getEncoded());
    }

    private static String ecParameters() throws Exception {
        return Pem.of("EC PARAMETERS", X9ObjectIdentifiers.prime256v1.getEncoded());
    }

    private static byte[] inner(KeyPair keys) throws Exception {
        return PrivateKeyInfo.getInstance(keys.getPrivate().getEncoded())
                .parsePrivateKey()
                .toASN1Primitive()
                .getEncoded();
    }

    private static String pbes2(ASN1ObjectIdentifier cipher, ASN1ObjectIdentifier prf) throws Exception {
        return pkcs8Encrypted(cipher, prf, PASSWORD);
    }

    private static String pkcs8Encrypted(ASN1ObjectIdentifier cipher, ASN1ObjectIdentifier prf, String password)
            throws Exception {
        var builder = new JceOpenSSLPKCS8EncryptorBuilder(cipher)
                .setProvider(new BouncyCastleProvider())
                .setPassword(prf == null ? octets(password) : password.toCharArray());
        if (prf != null) {
            builder.setPRF(new AlgorithmIdentifier(prf));
        }
        var pem = new JcaPKCS8Generator(RSA.getPrivate(), builder.build()).generate();
        return Pem.of(pem.getType(), pem.getContent());
    }

    /** As {@code openssl rsa -traditional} writes it. */
    private static String oldStyle(String cipher) throws Exception {
        var encryptor = new JcePEMEncryptorBuilder(cipher)
                .setProvider(new BouncyCastleProvider())
                .build(PASSWORD.toCharArray());
        String body = Pem.of("RSA PRIVATE KEY", encryptor.encrypt(inner(RSA)));
        List<String> lines = new ArrayList<>(body.lines().toList());
        StringBuilder iv = new StringBuilder();
        for (byte b : encryptor.getIV()) {
            iv.append("%02X".formatted(b));
        }
        lines.addAll(1, Arrays.asList("Proc-Type: 4,ENCRYPTED", "DEK-Info: " + cipher + "," + iv, ""));
        return String.join("\n", lines) + "\n";
    }

    /** For its default derivation BouncyCastle takes one octet of each character; OpenSSL takes UTF-8. */
    private static char[] octets(String password) {
        return new String(password.getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1).toCharArray();
    }
}

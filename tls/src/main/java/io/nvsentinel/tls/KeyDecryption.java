// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.tls;

import io.nvsentinel.tls.PemFile.Block;
import io.nvsentinel.tls.TlsException.Reason;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import javax.crypto.Cipher;
import javax.crypto.EncryptedPrivateKeyInfo;
import javax.crypto.SecretKeyFactory;
import javax.crypto.spec.IvParameterSpec;
import javax.crypto.spec.PBEKeySpec;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;

/**
 * Decrypts a private key with a password: PKCS#8 with PBES2 (what OpenSSL writes) or PBES1, and the old PEM style.
 *
 * <p>PBES2 is taken apart here because the JDK's own reading of it knows neither 192-bit AES nor triple DES, and refuses a
 * password that is not ASCII.
 */
final class KeyDecryption {

    private static final String PBES2 = "1.2.840.113549.1.5.13";
    private static final String PBKDF2 = "1.2.840.113549.1.5.12";
    private static final int MOST_ITERATIONS = 10_000_000;

    private static final Map<String, String> PRFS = Map.of(
            "1.2.840.113549.2.7", "PBKDF2WithHmacSHA1",
            "1.2.840.113549.2.8", "PBKDF2WithHmacSHA224",
            "1.2.840.113549.2.9", "PBKDF2WithHmacSHA256",
            "1.2.840.113549.2.10", "PBKDF2WithHmacSHA384",
            "1.2.840.113549.2.11", "PBKDF2WithHmacSHA512");

    private static final Map<String, CipherName> CIPHERS = Map.of(
            "2.16.840.1.101.3.4.1.2", new CipherName("AES", 16),
            "2.16.840.1.101.3.4.1.22", new CipherName("AES", 24),
            "2.16.840.1.101.3.4.1.42", new CipherName("AES", 32),
            "1.2.840.113549.3.7", new CipherName("DESede", 24),
            "AES-128-CBC", new CipherName("AES", 16),
            "AES-192-CBC", new CipherName("AES", 24),
            "AES-256-CBC", new CipherName("AES", 32),
            "DES-EDE3-CBC", new CipherName("DESede", 24));

    private record CipherName(String algorithm, int keyLength) {

        byte[] decrypt(byte[] key, byte[] iv, byte[] data) throws GeneralSecurityException {
            Cipher cipher = Cipher.getInstance(algorithm + "/CBC/PKCS5Padding");
            cipher.init(Cipher.DECRYPT_MODE, new SecretKeySpec(key, algorithm), new IvParameterSpec(iv));
            return cipher.doFinal(data);
        }
    }

    private final Path path;
    private final String password;

    KeyDecryption(Path path, String password) {
        this.path = path;
        this.password = password;
    }

    /** Decrypts a PKCS#8 EncryptedPrivateKeyInfo. */
    byte[] pkcs8(byte[] encrypted) {
        List<Der> parts = Der.read(encrypted).expect(Der.SEQUENCE).children();
        List<Der> algorithm = parts.get(0).expect(Der.SEQUENCE).children();
        byte[] data = parts.get(1).expect(Der.OCTET_STRING).content();
        try {
            byte[] plain = algorithm.get(0).objectIdentifier().equals(PBES2)
                    ? pbes2(algorithm.get(1), data)
                    : pbes1(encrypted);
            // A wrong password passes the padding check once in 256 times, and leaves noise behind.
            Der.read(plain).expect(Der.SEQUENCE);
            return plain;
        } catch (GeneralSecurityException | IllegalArgumentException e) {
            throw wrongPassword();
        }
    }

    /** Decrypts a block that names its cipher in a DEK-Info header, as {@code openssl rsa -aes256 -traditional} writes it. */
    byte[] oldStyle(Block block) {
        String[] info = block.headers().getOrDefault("DEK-Info", "").split(",", 2);
        CipherName cipher = CIPHERS.get(info[0].strip().toUpperCase(Locale.ROOT));
        if (cipher == null || info.length < 2) {
            // What stands there is shown only if it looks like a cipher's name, as it may be anything.
            throw unknown(
                    info[0].matches("(AES|DES|CAMELLIA|ARIA|SEED|RC2|BF|IDEA)[A-Z0-9-]{0,12}")
                            ? info[0]
                            : "an unknown cipher");
        }
        try {
            byte[] iv = HexFormat.of().parseHex(info[1].strip());
            byte[] plain = cipher.decrypt(opensslKey(cipher.keyLength(), iv), iv, block.content());
            Der.read(plain).expect(Der.SEQUENCE);
            return plain;
        } catch (GeneralSecurityException | IllegalArgumentException e) {
            throw wrongPassword();
        }
    }

    private byte[] pbes2(Der parameters, byte[] data) throws GeneralSecurityException {
        List<Der> parts = parameters.expect(Der.SEQUENCE).children();
        List<Der> derivation = parts.get(0).expect(Der.SEQUENCE).children();
        List<Der> encryption = parts.get(1).expect(Der.SEQUENCE).children();
        String derivationName = derivation.get(0).objectIdentifier();
        if (!derivationName.equals(PBKDF2)) {
            throw unknown(derivationName);
        }
        String cipherName = encryption.get(0).objectIdentifier();
        CipherName cipher = CIPHERS.get(cipherName);
        if (cipher == null) {
            throw unknown(cipherName);
        }
        byte[] key = pbkdf2(derivation.get(1).expect(Der.SEQUENCE).children(), cipher.keyLength());
        return cipher.decrypt(key, encryption.get(1).expect(Der.OCTET_STRING).content(), data);
    }

    private byte[] pbkdf2(List<Der> parameters, int keyLength) throws GeneralSecurityException {
        byte[] salt = parameters.get(0).expect(Der.OCTET_STRING).content();
        int iterations = parameters.get(1).smallInteger();
        Der last = parameters.get(parameters.size() - 1);
        String prf = last.tag() == Der.SEQUENCE ? last.children().get(0).objectIdentifier() : "1.2.840.113549.2.7";
        String name = PRFS.get(prf);
        if (name == null || iterations < 1 || iterations > MOST_ITERATIONS) {
            throw unknown(prf + " with " + iterations + " iterations");
        }
        PBEKeySpec spec = new PBEKeySpec(password.toCharArray(), salt, iterations, keyLength * 8);
        return SecretKeyFactory.getInstance(name).generateSecret(spec).getEncoded();
    }

    private byte[] pbes1(byte[] encrypted) throws GeneralSecurityException {
        try {
            EncryptedPrivateKeyInfo info = new EncryptedPrivateKeyInfo(encrypted);
            SecretKeyFactory factory = factory(info.getAlgName());
            if (factory == null) {
                throw unknown(info.getAlgName());
            }
            Cipher cipher = Cipher.getInstance(info.getAlgName());
            cipher.init(
                    Cipher.DECRYPT_MODE,
                    factory.generateSecret(new PBEKeySpec(password.toCharArray())),
                    info.getAlgParameters());
            return cipher.doFinal(info.getEncryptedData());
        } catch (IOException e) {
            throw new IllegalArgumentException("damaged EncryptedPrivateKeyInfo");
        }
    }

    private static @Nullable SecretKeyFactory factory(String algorithm) {
        try {
            return SecretKeyFactory.getInstance(algorithm);
        } catch (GeneralSecurityException e) {
            return null;
        }
    }

    /** OpenSSL's EVP_BytesToKey with MD5 and one iteration: weak, and the only derivation that the old style knows. */
    private byte[] opensslKey(int length, byte[] iv) throws GeneralSecurityException {
        MessageDigest md5 = MessageDigest.getInstance("MD5");
        byte[] key = new byte[0];
        byte[] digest = new byte[0];
        while (key.length < length) {
            md5.update(digest);
            md5.update(password.getBytes(StandardCharsets.UTF_8));
            md5.update(iv, 0, Math.min(8, iv.length));
            digest = md5.digest();
            int filled = key.length;
            key = Arrays.copyOf(key, filled + digest.length);
            System.arraycopy(digest, 0, key, filled, digest.length);
        }
        return Arrays.copyOf(key, length);
    }

    private TlsException wrongPassword() {
        return TlsException.of(Reason.KEY_PASSWORD, path, "the key cannot be decrypted with the password given");
    }

    private TlsException unknown(String algorithm) {
        return TlsException.of(
                Reason.UNREADABLE_CONTENT,
                path,
                "found a key encrypted with " + algorithm
                        + "; accepted are PBES2 (PBKDF2, AES or triple DES), PBES1 and the old PEM style");
    }
}

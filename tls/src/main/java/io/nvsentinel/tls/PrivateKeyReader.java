// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.tls;

import io.nvsentinel.tls.PemFile.Block;
import io.nvsentinel.tls.TlsException.Reason;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Reads a private key from PEM. The JDK knows PKCS#8 only; PKCS#1 and SEC1 keys get the PKCS#8 wrapping that they lack.
 */
final class PrivateKeyReader {

    static final String ACCEPTED =
            "a PEM file with one private key: PKCS#8, PKCS#1 or SEC1, of RSA, EC or Ed25519, plain or encrypted";

    private static final byte[] VERSION_0 = {Der.INTEGER, 1, 0};
    private static final byte[] RSA = {
        Der.OBJECT_IDENTIFIER, 9, 0x2A, (byte) 0x86, 0x48, (byte) 0x86, (byte) 0xF7, 0x0D, 1, 1, 1
    };
    private static final byte[] EC = {Der.OBJECT_IDENTIFIER, 7, 0x2A, (byte) 0x86, 0x48, (byte) 0xCE, 0x3D, 2, 1};
    private static final byte[] DER_NULL = {Der.NULL, 0};

    private static final Map<String, String> ALGORITHMS = Map.of(
            "1.2.840.113549.1.1.1", "RSA",
            "1.2.840.113549.1.1.10", "RSASSA-PSS",
            "1.2.840.10045.2.1", "EC",
            "1.3.101.112", "Ed25519",
            "1.3.101.113", "Ed448");

    private final PemFile pem;
    private final @Nullable Supplier<String> password;

    private PrivateKeyReader(PemFile pem, @Nullable Supplier<String> password) {
        this.pem = pem;
        this.password = password;
    }

    /**
     * Reads the one private key of a file.
     *
     * @param file the PEM file
     * @param password asked only if the key is encrypted
     * @param certified the public key it should belong to; names the curve if a SEC1 key does not
     */
    static PrivateKey read(FileContent file, @Nullable Supplier<String> password, PublicKey certified) {
        return new PrivateKeyReader(PemFile.parse(file, ACCEPTED), password).read(certified);
    }

    private PrivateKey read(PublicKey certified) {
        Block block = onlyKey();
        try {
            return fromPkcs8(Der.read(pkcs8(block, certified)));
        } catch (IllegalArgumentException | ArithmeticException | IndexOutOfBoundsException e) {
            // Without the cause, here and below: its message might quote the key.
            throw unreadable("found " + block.label() + " whose content is damaged");
        }
    }

    private Block onlyKey() {
        List<Block> keys = pem.blocks().stream().filter(Block::isPrivateKey).toList();
        if (keys.isEmpty()) {
            throw unreadable("found " + pem.found());
        }
        if (keys.size() > 1) {
            throw unreadable("found " + keys.size() + " private keys");
        }
        return keys.get(0);
    }

    private byte[] pkcs8(Block block, PublicKey certified) {
        byte[] content = block.headers().getOrDefault("Proc-Type", "").endsWith("ENCRYPTED")
                ? decryption().oldStyle(block)
                : block.content();
        return switch (block.label()) {
            case "PRIVATE KEY" -> content;
            case "ENCRYPTED PRIVATE KEY" -> decryption().pkcs8(content);
            case "RSA PRIVATE KEY" -> wrap(Der.sequence(RSA, DER_NULL), content);
            case "EC PRIVATE KEY" -> wrap(ecAlgorithm(content, certified), content);
            default -> throw unreadable("found " + block.label());
        };
    }

    private KeyDecryption decryption() {
        if (password == null) {
            throw TlsException.of(
                    Reason.KEY_PASSWORD, pem.path(), "the key is encrypted; set keyPassword or keyPasswordFile");
        }
        return new KeyDecryption(pem.path(), askPassword(password));
    }

    private String askPassword(Supplier<String> supplier) {
        try {
            return Objects.requireNonNull(supplier.get());
        } catch (RuntimeException e) {
            throw new TlsException(Reason.KEY_PASSWORD, pem.path(), "the supplier of its password failed", e);
        }
    }

    /** SEC1 names the curve inside the key, mostly; PKCS#8 names it outside. */
    private static Der ecAlgorithm(byte[] sec1, PublicKey certified) {
        for (Der part : Der.read(sec1).expect(Der.SEQUENCE).children()) {
            if (part.tag() == Der.CONTEXT_0) {
                return Der.sequence(EC, part.content());
            }
        }
        return Der.read(certified.getEncoded()).children().get(0);
    }

    private static byte[] wrap(Der algorithm, byte[] key) {
        return Der.sequence(VERSION_0, algorithm.encoded(), new Der(Der.OCTET_STRING, key).encoded())
                .encoded();
    }

    private PrivateKey fromPkcs8(Der pkcs8) {
        List<Der> parts = pkcs8.expect(Der.SEQUENCE).children();
        String oid = parts.get(1).expect(Der.SEQUENCE).children().get(0).objectIdentifier();
        String algorithm = ALGORITHMS.get(oid);
        if (algorithm == null) {
            throw unreadable("found a key of algorithm " + oid);
        }
        // Rebuilt from its first three parts: RFC 5958 keys carry the public key behind them, which not every JDK
        // reads.
        byte[] plain = wrap(parts.get(1), parts.get(2).expect(Der.OCTET_STRING).content());
        try {
            return KeyFactory.getInstance(algorithm).generatePrivate(new PKCS8EncodedKeySpec(plain));
        } catch (GeneralSecurityException e) {
            throw unreadable("found a key of algorithm " + algorithm + " that this JVM cannot use");
        }
    }

    private TlsException unreadable(String found) {
        return TlsException.of(Reason.UNREADABLE_CONTENT, pem.path(), found + "; accepted is " + ACCEPTED);
    }
}

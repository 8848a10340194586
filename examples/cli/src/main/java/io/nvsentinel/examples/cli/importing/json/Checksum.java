// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.cli.importing.json;

import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.UUID;

/** Digests of bytes. */
public final class Checksum {

    private static final long MASK_OF_VERSION = 0xFFFF_FFFF_FFFF_0FFFL;
    private static final long VERSION_8 = 0x8000L;
    private static final long MASK_OF_VARIANT = 0x3FFF_FFFF_FFFF_FFFFL;
    private static final long VARIANT = 0x8000_0000_0000_0000L;

    private Checksum() {}

    /**
     * The MD5 as PostgreSQL's {@code md5(…)::uuid} has it: it guards against mistakes, not against forgers.
     *
     * @param bytes a document as it is stored
     * @return the sixteen bytes as a UUID
     */
    public static UUID md5(byte[] bytes) {
        return uuid(digest("MD5", bytes));
    }

    /** A UUID of version 8 that the bytes name, from their SHA-256. */
    static UUID name(byte[] bytes) {
        UUID start = uuid(digest("SHA-256", bytes));
        return new UUID(
                start.getMostSignificantBits() & MASK_OF_VERSION | VERSION_8,
                start.getLeastSignificantBits() & MASK_OF_VARIANT | VARIANT);
    }

    private static UUID uuid(byte[] digest) {
        ByteBuffer buffer = ByteBuffer.wrap(digest);
        return new UUID(buffer.getLong(), buffer.getLong());
    }

    private static byte[] digest(String algorithm, byte[] bytes) {
        try {
            return MessageDigest.getInstance(algorithm).digest(bytes);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("bug: every JDK has " + algorithm, e);
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.tls;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * One value in DER, and as much of DER as unwrapping and wrapping a private key needs.
 *
 * @param tag the identifier octet
 * @param content the content octets
 */
record Der(int tag, byte[] content) {

    static final int INTEGER = 0x02;
    static final int OCTET_STRING = 0x04;
    static final int NULL = 0x05;
    static final int OBJECT_IDENTIFIER = 0x06;
    static final int SEQUENCE = 0x30;
    static final int CONTEXT_0 = 0xA0;

    private static final int LONG_FORM = 0x80;
    private static final int LONGEST_IDENTIFIER = 12;

    /** Reads exactly one value. */
    static Der read(byte[] encoded) {
        ByteBuffer buffer = ByteBuffer.wrap(encoded);
        Der value = next(buffer);
        if (buffer.hasRemaining()) {
            throw new IllegalArgumentException("data after the DER value");
        }
        return value;
    }

    static Der sequence(byte[]... parts) {
        return new Der(SEQUENCE, concat(parts));
    }

    /** The values inside a constructed value. */
    List<Der> children() {
        ByteBuffer buffer = ByteBuffer.wrap(content);
        List<Der> children = new ArrayList<>();
        while (buffer.hasRemaining()) {
            children.add(next(buffer));
        }
        return children;
    }

    Der expect(int wanted) {
        if (tag != wanted) {
            throw new IllegalArgumentException("DER tag " + tag + " where " + wanted + " was expected");
        }
        return this;
    }

    byte[] encoded() {
        int length = content.length;
        if (length < LONG_FORM) {
            return concat(new byte[] {(byte) tag, (byte) length}, content);
        }
        int octets = (Integer.SIZE - Integer.numberOfLeadingZeros(length) + 7) / 8;
        byte[] header = new byte[2 + octets];
        header[0] = (byte) tag;
        header[1] = (byte) (LONG_FORM | octets);
        for (int i = 0; i < octets; i++) {
            header[2 + i] = (byte) (length >>> (8 * (octets - 1 - i)));
        }
        return concat(header, content);
    }

    /** An object identifier in dotted form. A longer one than algorithms have is damage, and might quote what follows. */
    String objectIdentifier() {
        expect(OBJECT_IDENTIFIER);
        if (content.length > LONGEST_IDENTIFIER) {
            throw new IllegalArgumentException("object identifier of " + content.length + " octets");
        }
        StringBuilder dotted = new StringBuilder();
        long arc = 0;
        for (byte octet : content) {
            arc = arc << 7 | octet & 0x7F;
            if (octet >= 0) {
                if (dotted.isEmpty()) {
                    long root = Math.min(arc / 40, 2);
                    dotted.append(root).append('.').append(arc - root * 40);
                } else {
                    dotted.append('.').append(arc);
                }
                arc = 0;
            }
        }
        return dotted.toString();
    }

    /** A small non-negative integer. */
    int smallInteger() {
        expect(INTEGER);
        int value = new java.math.BigInteger(content).intValueExact();
        if (value < 0) {
            throw new IllegalArgumentException("negative integer");
        }
        return value;
    }

    private static Der next(ByteBuffer buffer) {
        if (buffer.remaining() < 2) {
            throw new IllegalArgumentException("truncated DER value");
        }
        int tag = buffer.get() & 0xFF;
        int length = length(buffer);
        if (length < 0 || length > buffer.remaining()) {
            throw new IllegalArgumentException("truncated DER value");
        }
        byte[] content = new byte[length];
        buffer.get(content);
        return new Der(tag, content);
    }

    private static int length(ByteBuffer buffer) {
        int first = buffer.get() & 0xFF;
        if (first < LONG_FORM) {
            return first;
        }
        int octets = first & 0x7F;
        if (octets == 0 || octets > Integer.BYTES || octets > buffer.remaining()) {
            throw new IllegalArgumentException("DER length of " + octets + " octets");
        }
        int length = 0;
        for (int i = 0; i < octets; i++) {
            length = length << 8 | buffer.get() & 0xFF;
        }
        return length;
    }

    private static byte[] concat(byte[]... parts) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            out.writeBytes(part);
        }
        return out.toByteArray();
    }
}

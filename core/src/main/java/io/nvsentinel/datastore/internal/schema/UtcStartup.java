// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.internal.schema;

import java.io.ByteArrayOutputStream;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * What a JDBC connection sends, except that its startup message asks for the time zone UTC. The driver asks for the JVM's, has no
 * option for another one, and a server whose time zone files do not know that name refuses the connection: JDKs keep names such as
 * {@code Asia/Calcutta} that Linux distributions put into a package of their own.
 *
 * <p>Everything after the startup message, and everything from the first byte of a TLS handshake on, passes unchanged.
 */
final class UtcStartup extends FilterOutputStream {

    private static final int LENGTH_BYTES = 4;
    private static final int HEADER_BYTES = 8;

    /** The server's own limit for what comes before the login. */
    private static final int LONGEST = 10_000;

    private static final int PROTOCOL = 3;
    private static final String PARAMETER = "TimeZone";
    private static final String UTC = "UTC";

    private final ByteArrayOutputStream held = new ByteArrayOutputStream();
    private boolean started;

    /**
     * Wraps what a socket sends.
     *
     * @param out where it goes; closed with this
     */
    UtcStartup(OutputStream out) {
        super(out);
    }

    @Override
    public void write(int value) throws IOException {
        write(new byte[] {(byte) value}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
        if (started) {
            out.write(bytes, offset, length);
            return;
        }
        held.write(bytes, offset, length);
        byte[] rest = sendWhole(held.toByteArray());
        held.reset();
        if (started) {
            out.write(rest);
        } else {
            held.write(rest);
        }
    }

    /** Sends every whole message up to the startup message. Returns what comes after those. */
    private byte[] sendWhole(byte[] bytes) throws IOException {
        byte[] rest = bytes;
        while (!started && rest.length >= LENGTH_BYTES) {
            int length = ByteBuffer.wrap(rest).getInt();
            if (length < HEADER_BYTES || length > LONGEST) {
                // A TLS record, whose first byte makes this a length of hundreds of megabytes.
                started = true;
            } else if (rest.length < length) {
                return rest;
            } else {
                out.write(inUtc(Arrays.copyOf(rest, length)));
                rest = Arrays.copyOfRange(rest, length, rest.length);
            }
        }
        return rest;
    }

    private byte[] inUtc(byte[] message) {
        // Otherwise a request: to encrypt, after which the startup message follows, or to cancel.
        started = ByteBuffer.wrap(message).getShort(LENGTH_BYTES) == PROTOCOL;
        return started ? replaced(message) : message;
    }

    /** Names and values in turn, each ended by a zero byte, and one more of those at the end. */
    private static byte[] replaced(byte[] message) {
        ByteArrayOutputStream changed = new ByteArrayOutputStream();
        changed.write(message, 0, HEADER_BYTES);
        boolean isName = true;
        boolean isZone = false;
        int begin = HEADER_BYTES;
        for (int at = HEADER_BYTES; at < message.length; at++) {
            if (message[at] == 0) {
                String text = new String(message, begin, at - begin, StandardCharsets.UTF_8);
                byte[] bytes = !isName && isZone
                        ? UTC.getBytes(StandardCharsets.UTF_8)
                        : Arrays.copyOfRange(message, begin, at);
                changed.writeBytes(bytes);
                changed.write(0);
                isZone = isName && text.equalsIgnoreCase(PARAMETER);
                isName = !isName;
                begin = at + 1;
            }
        }
        byte[] result = changed.toByteArray();
        ByteBuffer.wrap(result).putInt(0, result.length);
        return result;
    }
}

// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.cli.importing.source;

import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;

/** Reads bytes one by one, counts lines, and allows bytes to be pushed back. */
final class ByteReader {

    static final int END = -1;

    private static final int BUFFER_BYTES = 64 << 10;

    private final InputStream in;
    private byte[] buffer = new byte[BUFFER_BYTES];
    private int position;
    private int limit;
    private long line = 1;

    ByteReader(InputStream in) {
        this.in = in;
    }

    /** The next byte, or {@link #END}. */
    int read() throws IOException {
        if (position == limit && !fill()) {
            return END;
        }
        int value = buffer[position++] & 0xFF;
        if (value == '\n') {
            line++;
        }
        return value;
    }

    private boolean fill() throws IOException {
        position = 0;
        limit = Math.max(0, in.read(buffer, 0, buffer.length));
        return limit > 0;
    }

    /** The line of the next byte, from 1. */
    long line() {
        return line;
    }

    /**
     * Pushes back the end of the last read bytes.
     *
     * @param bytes the bytes
     * @param from the start of the part to push back
     */
    void unread(byte[] bytes, int from) {
        int back = bytes.length - from;
        byte[] again = new byte[Math.max(BUFFER_BYTES, back + limit - position)];
        System.arraycopy(bytes, from, again, 0, back);
        System.arraycopy(buffer, position, again, back, limit - position);
        for (int i = from; i < bytes.length; i++) {
            if (bytes[i] == '\n') {
                line--;
            }
        }
        limit = back + limit - position;
        position = 0;
        buffer = again;
    }

    /**
     * The bytes that come next, without reading them: at least a whole line, if there is one within the limit.
     *
     * @param most the limit
     * @return a copy, fewer bytes only at the end of the input
     */
    byte[] peekLine(int most) throws IOException {
        while (limit < most && indexOf((byte) '\n') < 0) {
            if (limit == buffer.length) {
                buffer = Arrays.copyOf(buffer, 2 * buffer.length);
            }
            int count = in.read(buffer, limit, buffer.length - limit);
            if (count < 0) {
                break;
            }
            limit += count;
        }
        return Arrays.copyOfRange(buffer, position, limit);
    }

    private int indexOf(byte wanted) {
        for (int i = position; i < limit; i++) {
            if (buffer[i] == wanted) {
                return i;
            }
        }
        return -1;
    }
}

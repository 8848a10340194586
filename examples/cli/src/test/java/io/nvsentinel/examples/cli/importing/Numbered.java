// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.cli.importing;

import java.io.InputStream;
import java.nio.charset.StandardCharsets;

/** An export of numbered documents, a line each, which are made when they are read. */
final class Numbered extends InputStream {

    /** The shortest line's length. */
    static final int LEAST_BYTES = "{\"_id\":0,\"text\":\"some text\"}\n".length();

    private final long count;
    private byte[] line = new byte[0];
    private int position;
    private volatile long made;

    Numbered(long count) {
        this.count = count;
    }

    /** How many were begun. */
    long made() {
        return made;
    }

    @Override
    public int read() {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0];
    }

    @Override
    @SuppressWarnings("NonAtomicVolatileUpdate") // One thread reads.
    public int read(byte[] bytes, int from, int length) {
        int filled = 0;
        while (filled < length) {
            if (position == line.length) {
                if (made == count) {
                    return filled == 0 ? -1 : filled;
                }
                line = ("{\"_id\":" + made + ",\"text\":\"some text\"}\n").getBytes(StandardCharsets.US_ASCII);
                position = 0;
                made++;
            }
            int part = Math.min(length - filled, line.length - position);
            System.arraycopy(line, position, bytes, from + filled, part);
            position += part;
            filled += part;
        }
        return filled;
    }
}

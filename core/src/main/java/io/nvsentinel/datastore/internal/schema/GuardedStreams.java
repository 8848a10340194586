// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.internal.schema;

import io.nvsentinel.datastore.internal.connection.server.MessageGuard;
import io.nvsentinel.datastore.internal.error.LoginRefusedException;
import io.nvsentinel.datastore.internal.options.LoginRules;
import java.io.FilterInputStream;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Both directions of a socket of the JDBC driver: the startup message asks for UTC, and a guard sees the server's messages before
 * the driver does. Once the
 * server has agreed to TLS, what comes over this socket is none of them any more, and the socket above it has a guard of its own.
 */
final class GuardedStreams {

    private static final byte[] TLS_REQUEST =
            ByteBuffer.allocate(8).putInt(8).putInt(80877103).array();

    private final MessageGuard guard;
    private final byte[] begun = new byte[TLS_REQUEST.length];
    private int written;
    private boolean answered;
    private boolean encrypted;
    private @Nullable OutputStream out;

    GuardedStreams(LoginRules rules, boolean overTls) {
        this.guard = new MessageGuard(rules, () -> overTls);
    }

    InputStream reading(InputStream in) {
        return new FilterInputStream(in) {

            @Override
            public int read() throws IOException {
                byte[] one = new byte[1];
                return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
            }

            @Override
            public int read(byte[] target, int offset, int length) throws IOException {
                int count = in.read(target, offset, length);
                if (count > 0) {
                    check(target, offset, count);
                }
                return count;
            }

            /** What is skipped would not be seen. */
            @Override
            public long skip(long count) throws IOException {
                return read(new byte[(int) Math.min(count, 1 << 13)]);
            }

            @Override
            public boolean markSupported() {
                return false;
            }
        };
    }

    private void check(byte[] bytes, int offset, int count) throws LoginRefusedException {
        int from = offset;
        if (!answered && isTlsRequested()) {
            answered = true;
            encrypted = bytes[offset] == 'S';
            from = bytes[offset] == 'S' || bytes[offset] == 'N' ? offset + 1 : offset;
        }
        if (!encrypted) {
            guard.check(ByteBuffer.wrap(bytes, from, offset + count - from));
        }
    }

    private boolean isTlsRequested() {
        return Arrays.equals(begun, TLS_REQUEST);
    }

    /** Only its beginning matters. */
    synchronized OutputStream writing(OutputStream socket) {
        if (out == null) {
            out = recording(new UtcStartup(socket));
        }
        return out;
    }

    private OutputStream recording(OutputStream sent) {
        return new FilterOutputStream(sent) {

            @Override
            public void write(int one) throws IOException {
                write(new byte[] {(byte) one}, 0, 1);
            }

            @Override
            public void write(byte[] source, int offset, int length) throws IOException {
                int missing = Math.min(length, begun.length - written);
                System.arraycopy(source, offset, begun, written, missing);
                written += missing;
                out.write(source, offset, length);
            }
        };
    }
}

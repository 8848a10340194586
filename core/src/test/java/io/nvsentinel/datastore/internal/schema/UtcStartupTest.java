// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.internal.schema;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What a JDBC connection sends before the login. */
@Tag("essential")
class UtcStartupTest {

    private static final byte[] SSL_REQUEST = message(80_877_103, "");
    private static final byte[] CANCEL_REQUEST = message(80_877_102, "12345678");
    private static final byte[] LOCAL = startup("user", "u", "TimeZone", "Asia/Calcutta", "options", "-c a=TimeZone");
    private static final byte[] UTC = startup("user", "u", "TimeZone", "UTC", "options", "-c a=TimeZone");
    private static final byte[] PASSWORD = "p\0\0\0\u0012TimeZone\0Asia/Calcutta\0".getBytes(UTF_8);

    @Test
    void theStartupMessageAsksForUtcHoweverItIsWritten() throws IOException {
        byte[] sent = joined(SSL_REQUEST, LOCAL, PASSWORD);

        for (int piece = 1; piece <= sent.length; piece++) {
            assertThat(received(sent, piece))
                    .as("pieces of %d bytes", piece)
                    .isEqualTo(joined(SSL_REQUEST, UTC, PASSWORD));
        }
    }

    @Test
    void everythingElsePassesUnchanged() throws IOException {
        byte[] handshake = joined(new byte[] {0x16, 3, 1, 2, 0, 1}, LOCAL);
        for (byte[] sent : List.of(
                joined(SSL_REQUEST, handshake),
                handshake,
                CANCEL_REQUEST,
                joined(startup("user", "TimeZone", "application_name", "Asia/Calcutta"), LOCAL),
                joined(startup(), PASSWORD))) {
            for (int piece : new int[] {1, 3, sent.length}) {
                assertThat(received(sent, piece)).isEqualTo(sent);
            }
        }
    }

    @Test
    void theTlsSocketLeavesNothingToItsSuperclass() {
        // What a later JDK adds would act on a socket that is not connected.
        assertThat(Stream.of(Socket.class, SSLSocket.class)
                        .flatMap(type -> Arrays.stream(type.getDeclaredMethods()))
                        .filter(method -> Modifier.isPublic(method.getModifiers()))
                        .filter(method -> !Modifier.isStatic(method.getModifiers()))
                        .filter(method -> !isOverridden(method)))
                .isEmpty();
    }

    private static boolean isOverridden(Method method) {
        try {
            GuardedTlsSocket.class.getDeclaredMethod(method.getName(), method.getParameterTypes());
            return true;
        } catch (NoSuchMethodException e) {
            return false;
        }
    }

    private static byte[] received(byte[] sent, int piece) throws IOException {
        ByteArrayOutputStream server = new ByteArrayOutputStream();
        UtcStartup out = new UtcStartup(server);
        for (int at = 0; at < sent.length; at += piece) {
            if (piece == 1) {
                out.write(sent[at]);
            } else {
                out.write(sent, at, Math.min(piece, sent.length - at));
            }
            out.flush();
        }
        return server.toByteArray();
    }

    private static byte[] startup(String... parameters) {
        return message(3 << 16, Stream.of(parameters).map(text -> text + "\0").reduce("", String::concat) + "\0");
    }

    private static byte[] message(int code, String content) {
        byte[] bytes = content.getBytes(UTF_8);
        return ByteBuffer.allocate(8 + bytes.length)
                .putInt(8 + bytes.length)
                .putInt(code)
                .put(bytes)
                .array();
    }

    private static byte[] joined(byte[]... parts) {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        Stream.of(parts).forEach(all::writeBytes);
        return all.toByteArray();
    }
}

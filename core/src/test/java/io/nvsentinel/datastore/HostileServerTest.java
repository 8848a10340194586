// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore;

import static io.nvsentinel.datastore.Databases.SOON;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.nvsentinel.datastore.error.ConfigurationException;
import io.nvsentinel.testserver.PostgresDatabase;
import io.nvsentinel.tls.SslMode;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * A host that answers in place of a server cannot keep this process busy, and its answers result in the library's own
 * errors.
 */
class HostileServerTest {

    @RegisterExtension
    static final PostgresDatabase DATABASE = PostgresDatabase.from(Databases.MIGRATED);

    private static final int SASL = 10;
    private static final int SASL_CONTINUE = 11;

    @ParameterizedTest
    @ValueSource(strings = {"100001", "10000000", "2147483647", "99999999999999999999", "-1", "0", "1,i=2147483647"})
    void isRefusedWhenItAsksForTooManyIterations(String iterations) throws IOException {
        try (FakeServer server = new FakeServer(iterations)) {
            Throwable error = catchThrowable(() -> connect(server.port()).block(SOON));

            assertThat(error)
                    .isInstanceOf(ConfigurationException.class)
                    .hasMessageContaining("too many SCRAM iterations")
                    .hasMessageNotContaining("secret");
        }
    }

    /** As many attempts as there are event loops, and more: each would keep one of them for minutes. */
    @Test
    void otherConnectionsOfTheProcessAreMadeMeanwhile() throws IOException {
        try (FakeServer server = new FakeServer("2147483647")) {
            Flux.range(0, 4 * Runtime.getRuntime().availableProcessors())
                    .flatMap(number -> connect(server.port()).onErrorComplete())
                    .then()
                    .block(SOON);

            Databases.connect(DATABASE.get()).close().block(SOON);
        }
    }

    @Test
    void isRefusedWhenItAnnouncesAnEnormousMessage() throws IOException {
        try (FakeServer server = new FakeServer(null)) {
            assertThat(catchThrowable(() -> connect(server.port()).block(SOON)))
                    .isInstanceOf(ConfigurationException.class)
                    .hasMessageContaining("a message of 2147483647 bytes before the login");
        }
    }

    private static Mono<Datastore> connect(int port) {
        return Datastore.connect(DatastoreOptions.builder()
                .host("127.0.0.1")
                .port(port)
                .database("any")
                .username("any")
                .password("secret")
                .sslMode(SslMode.DISABLE)
                .schemaMode(SchemaMode.NONE)
                .connectTimeout(Duration.ofSeconds(20))
                .build());
    }

    /** Speaks the protocol as far as the challenge. */
    private static final class FakeServer implements AutoCloseable {

        private final ServerSocket listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        private final List<Socket> sockets = new CopyOnWriteArrayList<>();
        private final String iterations;

        FakeServer(String iterations) throws IOException {
            this.iterations = iterations;
            start(() -> {
                while (true) {
                    Socket socket = listener.accept();
                    sockets.add(socket);
                    start(() -> serve(socket));
                }
            });
        }

        private interface Work {

            void run() throws IOException;
        }

        private static void start(Work work) {
            Thread thread = new Thread(
                    () -> {
                        try {
                            work.run();
                        } catch (IOException e) {
                            // The other side, or the test, has closed the socket.
                            return;
                        }
                    },
                    "fake-server");
            thread.setDaemon(true);
            thread.start();
        }

        int port() {
            return listener.getLocalPort();
        }

        private void serve(Socket socket) throws IOException {
            DataInputStream in = new DataInputStream(socket.getInputStream());
            DataOutputStream out = new DataOutputStream(socket.getOutputStream());
            in.readNBytes(in.readInt() - Integer.BYTES);
            if (iterations == null) {
                out.writeByte('R');
                out.writeInt(Integer.MAX_VALUE);
                out.flush();
            } else {
                send(out, SASL, "SCRAM-SHA-256\0\0");
                String first = new String(message(in), StandardCharsets.US_ASCII);
                send(out, SASL_CONTINUE, "r=" + nonce(first) + "more,s=c2FsdA==,i=" + iterations);
            }
            in.read();
        }

        private static String nonce(String first) {
            return first.substring(first.indexOf("r=") + 2);
        }

        private static byte[] message(DataInputStream in) throws IOException {
            in.readByte();
            return in.readNBytes(in.readInt() - Integer.BYTES);
        }

        private static void send(DataOutputStream out, int code, String content) throws IOException {
            ByteArrayOutputStream bytes = new ByteArrayOutputStream();
            DataOutputStream message = new DataOutputStream(bytes);
            message.writeInt(code);
            message.write(content.getBytes(StandardCharsets.US_ASCII));
            out.writeByte('R');
            out.writeInt(Integer.BYTES + bytes.size());
            out.write(bytes.toByteArray());
            out.flush();
        }

        @Override
        public void close() {
            try {
                listener.close();
                for (Socket socket : sockets) {
                    socket.close();
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }
}

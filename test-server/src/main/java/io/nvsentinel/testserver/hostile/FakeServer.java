// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.testserver.hostile;

import io.nvsentinel.testserver.pki.TestCertificate;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;

/** Answers in place of a server, on the loopback interface, as a script says; each connection runs the script anew. */
public final class FakeServer implements AutoCloseable {

    private final ServerSocket listener;
    private final Script script;
    private final @Nullable SSLContext tls;
    private final List<Socket> sockets = new CopyOnWriteArrayList<>();
    private final List<String> passwords = new CopyOnWriteArrayList<>();

    /** What the server does with one connection. */
    @FunctionalInterface
    public interface Script {

        /**
         * Answers; the connection is closed when this returns.
         *
         * @param client the connection, from its first byte
         * @throws IOException if the client has closed it
         */
        void answer(FakeClient client) throws IOException;
    }

    private FakeServer(Script script, @Nullable SSLContext tls) throws IOException {
        this.listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        this.script = script;
        this.tls = tls;
        start(() -> {
            while (true) {
                Socket socket = listener.accept();
                sockets.add(socket);
                start(() -> serve(socket));
            }
        });
    }

    /**
     * Starts a server without TLS.
     *
     * @param script what it does
     * @return the server, which the caller closes
     * @throws IOException if no port can be opened
     */
    public static FakeServer of(Script script) throws IOException {
        return new FakeServer(script, null);
    }

    /**
     * Starts a server with TLS, which clients have to ask for.
     *
     * @param certificate its certificate
     * @param script what it does
     * @return the server, which the caller closes
     * @throws IOException if no port can be opened
     * @throws GeneralSecurityException if the certificate cannot be used
     */
    public static FakeServer of(TestCertificate certificate, Script script)
            throws IOException, GeneralSecurityException {
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        store.setKeyEntry(
                "own",
                certificate.privateKey(),
                new char[0],
                certificate.chain().toArray(X509Certificate[]::new));
        KeyManagerFactory factory = KeyManagerFactory.getInstance("PKIX");
        factory.init(store, new char[0]);
        SSLContext tls = SSLContext.getInstance("TLS");
        tls.init(factory.getKeyManagers(), null, null);
        return new FakeServer(script, tls);
    }

    /**
     * Where it listens.
     *
     * @return a port of the loopback interface
     */
    public int port() {
        return listener.getLocalPort();
    }

    /**
     * What clients have sent as their passwords, in clear text or hashed.
     *
     * @return in the order in which they came
     */
    public List<String> passwords() {
        return List.copyOf(passwords);
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
                        // The client, or the test, has closed the socket.
                        return;
                    }
                },
                "fake-server");
        thread.setDaemon(true);
        thread.start();
    }

    private void serve(Socket socket) throws IOException {
        try (socket) {
            script.answer(new FakeClient(socket, tls, passwords));
        }
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

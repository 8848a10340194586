// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.tls;

import io.nvsentinel.testserver.pki.TestCertificate;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;

/**
 * A man in the middle that terminates TLS with its own certificate and forwards the data over another TLS connection: a
 * client that does not verify certificates cannot detect it.
 */
final class Interceptor implements AutoCloseable {

    private static final byte[] SSL_REQUEST = {0, 0, 0, 8, 4, (byte) 0xD2, 0x16, 0x2F};

    private final ServerSocket listener;
    private final int server;
    private final SSLContext towardsClient;
    private final SSLContext towardsServer;
    private final List<Socket> open = new CopyOnWriteArrayList<>();
    private final ExecutorService threads = Executors.newCachedThreadPool();

    Interceptor(TestCertificate own, int serverPort) throws IOException, GeneralSecurityException {
        this.listener = new ServerSocket(0, 10, InetAddress.getByName("localhost"));
        this.server = serverPort;
        this.towardsClient = SSLContext.getInstance("TLS");
        towardsClient.init(keys(own), null, null);
        this.towardsServer = SSLContext.getInstance("TLS");
        towardsServer.init(null, new TrustManager[] {new ServerTrustManager(null, false)}, null);
        threads.submit(this::accept);
    }

    private static KeyManager[] keys(TestCertificate own) throws IOException, GeneralSecurityException {
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        store.setKeyEntry("own", own.privateKey(), new char[0], own.chain().toArray(X509Certificate[]::new));
        KeyManagerFactory factory = KeyManagerFactory.getInstance("PKIX");
        factory.init(store, new char[0]);
        return factory.getKeyManagers();
    }

    int port() {
        return listener.getLocalPort();
    }

    @Override
    public void close() throws IOException {
        listener.close();
        for (Socket socket : open) {
            socket.close();
        }
        threads.shutdownNow();
    }

    private Void accept() throws IOException {
        while (!listener.isClosed()) {
            Socket client = listener.accept();
            open.add(client);
            threads.submit(() -> join(client));
        }
        return null;
    }

    private Void join(Socket client) throws IOException {
        new DataInputStream(client.getInputStream()).readFully(new byte[SSL_REQUEST.length]);
        client.getOutputStream().write('S');
        SSLSocket in = (SSLSocket) towardsClient.getSocketFactory().createSocket(client, "client", 0, true);
        in.setUseClientMode(false);
        Socket plain = new Socket("localhost", server);
        open.add(plain);
        plain.getOutputStream().write(SSL_REQUEST);
        int answer = plain.getInputStream().read();
        if (answer != 'S') {
            throw new IOException("the server has no TLS");
        }
        SSLSocket out = (SSLSocket) towardsServer.getSocketFactory().createSocket(plain, "localhost", server, true);
        in.startHandshake();
        out.startHandshake();
        threads.submit(() -> copy(in, out));
        return copy(out, in);
    }

    private static Void copy(Socket from, Socket to) throws IOException {
        try (from;
                to) {
            InputStream in = from.getInputStream();
            in.transferTo(to.getOutputStream());
        }
        return null;
    }
}

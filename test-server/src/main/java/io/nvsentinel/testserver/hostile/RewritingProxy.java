// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.testserver.hostile;

import io.nvsentinel.testserver.TestDatabase;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * Stands before a real server, without TLS, and changes its messages: a server with a fault, or an attacker in between.
 * Until {@link #rewrite} is called it passes everything on.
 */
public final class RewritingProxy implements AutoCloseable {

    private final TestDatabase database;
    private final ServerSocket listener;
    private final List<Socket> sockets = new CopyOnWriteArrayList<>();
    private volatile Rewriter rewriter = (type, message) -> message;

    /** Changes messages. Called by several threads at once. */
    @FunctionalInterface
    public interface Rewriter {

        /**
         * One message.
         *
         * @param type its type
         * @param message all of it: the type, the length and what follows
         * @return what is sent instead; may be empty
         */
        byte[] apply(char type, byte[] message);
    }

    private RewritingProxy(TestDatabase database) throws IOException {
        this.database = database;
        this.listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    }

    /**
     * Starts a proxy on a free port of the loopback interface.
     *
     * @param database the database whose server it leads to
     * @return the proxy, which the caller closes
     * @throws IOException if no port can be opened
     */
    public static RewritingProxy before(TestDatabase database) throws IOException {
        RewritingProxy proxy = new RewritingProxy(database);
        start(() -> {
            while (true) {
                Socket client = proxy.listener.accept();
                proxy.join(client);
            }
        });
        return proxy;
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
     * Changes messages from now on, also on connections that are open.
     *
     * @param change what is sent instead of each message of the server
     */
    public void rewrite(Rewriter change) {
        rewriter = change;
    }

    /** Passes everything on again. */
    public void relent() {
        rewriter = (type, message) -> message;
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
                        // A side has closed its socket, and the other one is closed by it.
                        return;
                    }
                },
                "rewriting-proxy");
        thread.setDaemon(true);
        thread.start();
    }

    private void join(Socket client) throws IOException {
        Socket server = new Socket(database.host(), database.port());
        sockets.add(client);
        sockets.add(server);
        start(() -> {
            try (client;
                    server) {
                client.getInputStream().transferTo(server.getOutputStream());
            }
        });
        start(() -> {
            try (client;
                    server) {
                answers(server.getInputStream(), client.getOutputStream());
            }
        });
    }

    private void answers(InputStream from, OutputStream to) throws IOException {
        DataInputStream in = new DataInputStream(new BufferedInputStream(from));
        OutputStream out = new BufferedOutputStream(to);
        while (true) {
            byte type = in.readByte();
            int length = in.readInt();
            byte[] message =
                    ByteBuffer.allocate(1 + length).put(type).putInt(length).array();
            in.readFully(message, 1 + Integer.BYTES, length - Integer.BYTES);
            out.write(rewriter.apply((char) type, message));
            if (in.available() == 0) {
                out.flush();
            }
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

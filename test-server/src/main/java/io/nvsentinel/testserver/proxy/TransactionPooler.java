// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.testserver.proxy;

import io.nvsentinel.testserver.TestDatabase;
import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;

/**
 * A pooler in front of a real server, for machines without PgBouncer. Like PgBouncer in transaction mode without
 * {@code max_prepared_statements}, it assigns a client a server session for one transaction, the most recently used one
 * first, drops notifications that arrive between transactions, and passes the names of prepared statements on unchanged.
 */
public final class TransactionPooler implements AutoCloseable {

    private final TestDatabase database;
    private final ServerSocket listener;
    private final Deque<Session> free = new ArrayDeque<>();
    private final List<Socket> sockets = new CopyOnWriteArrayList<>();

    private TransactionPooler(TestDatabase database, ServerSocket listener) {
        this.database = database;
        this.listener = listener;
    }

    /**
     * Starts a pooler on a free port of the loopback interface.
     *
     * @param database the database whose server it connects to
     * @return the pooler, which the caller must close
     * @throws IOException if no port can be opened
     */
    public static TransactionPooler before(TestDatabase database) throws IOException {
        TransactionPooler pooler =
                new TransactionPooler(database, new ServerSocket(0, 50, InetAddress.getLoopbackAddress()));
        pooler.start("accept", () -> {
            while (true) {
                Socket client = pooler.listener.accept();
                pooler.sockets.add(client);
                pooler.start("client", () -> pooler.serve(client));
            }
        });
        return pooler;
    }

    /**
     * The port on which the pooler listens.
     *
     * @return a port of the loopback interface
     */
    public int port() {
        return listener.getLocalPort();
    }

    private interface Work {

        void run() throws IOException, InterruptedException;
    }

    private void start(String name, Work work) {
        Thread thread = new Thread(
                () -> {
                    try {
                        work.run();
                    } catch (IOException e) {
                        // One side has closed its socket; the thread that reads from the other side handles it.
                        return;
                    } catch (InterruptedException e) {
                        Thread.currentThread().interrupt();
                    }
                },
                "pooler-" + name);
        thread.setDaemon(true);
        thread.start();
    }

    /** Each client brings a session with it, in which it logs in; afterwards it takes any. */
    private void serve(Socket socket) throws IOException, InterruptedException {
        DataInputStream in = new DataInputStream(new BufferedInputStream(socket.getInputStream()));
        Client client = new Client(socket.getOutputStream());
        Socket server = new Socket(database.host(), database.port());
        sockets.add(server);
        Session session = new Session(server);
        server.getOutputStream().write(startup(in));
        lend(session, client);
        client.unanswered = 1;
        start("server", () -> answer(session));
        for (byte[] message = message(in); message[0] != 'X'; message = message(in)) {
            ask(client, message);
        }
        socket.close();
    }

    private static void lend(Session session, Client client) {
        session.client = client;
        client.session = session;
    }

    private synchronized void ask(Client client, byte[] message) throws IOException, InterruptedException {
        while (client.session == null) {
            if (free.isEmpty()) {
                wait();
            } else {
                lend(free.pop(), client);
            }
        }
        boolean ends = message[0] == 'Q' || message[0] == 'S';
        client.unanswered += ends ? 1 : 0;
        client.midway = !ends && message[0] != 'p';
        client.session.server.getOutputStream().write(message);
    }

    private void answer(Session session) throws IOException {
        DataInputStream in = new DataInputStream(new BufferedInputStream(session.server.getInputStream()));
        while (true) {
            answer(session, message(in));
        }
    }

    private synchronized void answer(Session session, byte[] message) throws IOException {
        Client client = session.client;
        if (client == null) {
            return;
        }
        client.out.write(message);
        if (message[0] == 'Z') {
            client.unanswered--;
            boolean idle = message[message.length - 1] == 'I';
            if (idle && client.unanswered == 0 && !client.midway) {
                client.session = null;
                session.client = null;
                free.push(session);
                notifyAll();
            }
        }
    }

    private static byte[] startup(DataInputStream in) throws IOException {
        int length = in.readInt();
        byte[] message = ByteBuffer.allocate(length).putInt(length).array();
        in.readFully(message, Integer.BYTES, length - Integer.BYTES);
        return message;
    }

    private static byte[] message(DataInputStream in) throws IOException {
        byte type = in.readByte();
        int length = in.readInt();
        byte[] message =
                ByteBuffer.allocate(1 + length).put(type).putInt(length).array();
        in.readFully(message, 1 + Integer.BYTES, length - Integer.BYTES);
        return message;
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

    /** One session of the server, and the client that has acquired it. */
    private static final class Session {

        private final Socket server;
        private @Nullable Client client;

        Session(Socket server) {
            this.server = server;
        }
    }

    /** The connected client, and how many of its requests are not answered yet. */
    private static final class Client {

        private final OutputStream out;
        private @Nullable Session session;
        private int unanswered;
        private boolean midway;

        Client(OutputStream out) {
            this.out = out;
        }
    }
}

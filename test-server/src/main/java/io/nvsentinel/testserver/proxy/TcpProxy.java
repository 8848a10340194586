// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.testserver.proxy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;

/**
 * A proxy on this machine, in front of a server, that makes the faults of a network. Safe for use by several threads.
 *
 * <p>{@link #blackHole}, {@link #delay} and {@link #refuse} last until {@link #heal}. {@link #blackHole} and {@link #delay}
 * apply to connections that are open and to later ones.
 */
public final class TcpProxy implements AutoCloseable {

    private static final int BACKLOG = 100;
    private static final int CONNECT_MILLIS = 10_000;

    private volatile InetSocketAddress target;
    private final InetSocketAddress address;
    private final List<ProxiedConnection> connections = new CopyOnWriteArrayList<>();
    private final Flow flow = new Flow();
    private @Nullable ServerSocket listener;
    private @Nullable Thread acceptor;
    private volatile boolean closed;

    private TcpProxy(InetSocketAddress target, ServerSocket listener) {
        this.target = target;
        this.address = new InetSocketAddress(listener.getInetAddress(), listener.getLocalPort());
    }

    /**
     * Starts a proxy on a free port.
     *
     * @param host the server's host
     * @param port the server's port
     * @return the running proxy, which the caller closes
     */
    public static TcpProxy to(String host, int port) {
        ServerSocket listener = listen(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
        TcpProxy proxy = new TcpProxy(new InetSocketAddress(host, port), listener);
        proxy.acceptFrom(listener);
        return proxy;
    }

    private static ServerSocket listen(InetSocketAddress address) {
        try {
            ServerSocket socket = new ServerSocket();
            socket.setReuseAddress(true);
            socket.bind(address, BACKLOG);
            return socket;
        } catch (IOException e) {
            throw new UncheckedIOException("The proxy cannot listen on " + address, e);
        }
    }

    static Thread startThread(String name, Runnable work) {
        Thread thread = new Thread(work, "tcp-proxy-" + name);
        thread.setDaemon(true);
        thread.start();
        return thread;
    }

    private synchronized void acceptFrom(ServerSocket socket) {
        listener = socket;
        acceptor = startThread("accept-" + address.getPort(), () -> {
            while (!socket.isClosed()) {
                try {
                    connect(socket.accept());
                } catch (IOException e) {
                    // Either the listener was closed, which ends the loop, or a client could not be connected and was
                    // reset, which is what it would see of the server itself.
                    continue;
                }
            }
        });
    }

    private void connect(Socket client) throws IOException {
        Socket server = new Socket();
        try {
            client.setTcpNoDelay(true);
            server.setTcpNoDelay(true);
            server.connect(target, CONNECT_MILLIS);
        } catch (IOException e) {
            ProxiedConnection.closeSocket(client, true);
            ProxiedConnection.closeSocket(server, true);
            throw e;
        }
        ProxiedConnection connection = new ProxiedConnection(client, server, flow, connections::remove);
        connections.add(connection);
        connection.start();
        if (closed) {
            connection.cut();
        }
    }

    /**
     * The address that clients connect to.
     *
     * @return an address of this machine
     */
    public String host() {
        return address.getAddress().getHostAddress();
    }

    /**
     * The port that clients connect to; the same for the proxy's life.
     *
     * @return a TCP port
     */
    public int port() {
        return address.getPort();
    }

    /**
     * The connections that are open now.
     *
     * @return a copy, oldest first
     */
    public List<ProxiedConnection> connections() {
        return List.copyOf(connections);
    }

    /**
     * Routes new connections to another server, like a DNS name that has changed. Open connections are not affected.
     *
     * @param host the server's host
     * @param port the server's port
     */
    public void leadTo(String host, int port) {
        target = new InetSocketAddress(host, port);
    }

    /** Resets the open connections, on both sides. New ones are accepted. */
    public void cut() {
        connections.forEach(ProxiedConnection::cut);
    }

    /**
     * Lets nothing through: connections stay open and new ones are accepted, but no byte and no end of a connection
     * arrives at the other side. What was sent meanwhile arrives after {@link #heal}.
     */
    public void blackHole() {
        flow.stop();
    }

    /**
     * Holds everything back for a while, in each direction.
     *
     * @param time how long what arrives from now on waits; zero or more
     * @throws IllegalArgumentException if the time is negative
     */
    public void delay(Duration time) {
        if (time.isNegative()) {
            throw new IllegalArgumentException("The delay must be 0 or more, is " + time);
        }
        flow.delay(time);
    }

    /** Refuses new connections, like a port without a listener. Open connections are not affected. */
    public synchronized void refuse() {
        closeListener();
    }

    /** Ends black hole, delay and refusal. Connections that were cut stay cut. */
    public synchronized void heal() {
        if (closed) {
            throw new IllegalStateException("The proxy is closed");
        }
        flow.heal();
        if (listener == null) {
            acceptFrom(listen(address));
        }
    }

    /** Resets all connections and stops listening. Closing again does nothing. */
    @Override
    public synchronized void close() {
        closed = true;
        closeListener();
        cut();
    }

    private synchronized void closeListener() {
        ServerSocket current = listener;
        Thread accepting = acceptor;
        if (current == null || accepting == null) {
            return;
        }
        listener = null;
        acceptor = null;
        try {
            current.close();
            // The system listens until the last call that waits in the socket has returned.
            accepting.join();
        } catch (IOException e) {
            throw new UncheckedIOException("Cannot stop listening on " + address, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("Interrupted while the proxy stops listening", e);
        }
    }

    @Override
    public String toString() {
        return "TcpProxy[" + address + " to " + target + ", " + connections + "]";
    }
}

// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.testserver.proxy;

import java.io.IOException;
import java.net.Socket;
import java.net.SocketException;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;

/** A connection through a {@link TcpProxy}. Safe for use by several threads. */
public final class ProxiedConnection {

    private static final int BUFFER_BYTES = 16 * 1024;

    private final Socket client;
    private final Socket server;
    private final Flow flow;
    private final Flow own = new Flow();
    private final Consumer<ProxiedConnection> onClosed;
    private final AtomicBoolean closed = new AtomicBoolean();
    private final AtomicLong bytesToServer = new AtomicLong();
    private final AtomicLong bytesToClient = new AtomicLong();

    ProxiedConnection(Socket client, Socket server, Flow flow, Consumer<ProxiedConnection> onClosed) {
        this.client = client;
        this.server = server;
        this.flow = flow;
        this.onClosed = onClosed;
    }

    void start() {
        TcpProxy.startThread("to-server-" + clientPort(), () -> pump(client, server, bytesToServer));
        TcpProxy.startThread("to-client-" + clientPort(), () -> pump(server, client, bytesToClient));
    }

    /** When either side ends, both do: no client of PostgreSQL keeps one direction open. */
    private void pump(Socket from, Socket to, AtomicLong count) {
        byte[] buffer = new byte[BUFFER_BYTES];
        try {
            int length = 0;
            while (length >= 0) {
                length = from.getInputStream().read(buffer);
                if (!own.pass(this::isOpen) || !flow.pass(this::isOpen)) {
                    return;
                }
                if (length > 0) {
                    // Counted before forwarding: an observer that sees the other side react also sees the bytes
                    // counted.
                    count.addAndGet(length);
                    to.getOutputStream().write(buffer, 0, length);
                }
            }
            close(false);
        } catch (IOException e) {
            // A reset by one side, or a cut: the other side sees a reset too.
            close(true);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            close(true);
        }
    }

    /** Resets the connection on both sides, as a firewall that forgot it would. Does nothing once it is closed. */
    public void cut() {
        close(true);
    }

    /**
     * Lets nothing through any more, for good, as a network that forgot the connection: both sides believe that it is
     * open. Other connections of the proxy are not affected.
     */
    public void blackHole() {
        own.stop();
    }

    /**
     * Holds everything on this connection back for a while, in each direction, besides what the proxy does.
     *
     * @param time how long what arrives from now on waits; zero or more
     */
    public void delay(Duration time) {
        own.delay(time);
    }

    private void close(boolean reset) {
        if (closed.getAndSet(true)) {
            return;
        }
        onClosed.accept(this);
        flow.wakeUp();
        own.wakeUp();
        closeSocket(client, reset);
        closeSocket(server, reset);
    }

    /** Closes a socket, with a reset instead of an orderly end if that is wanted. */
    static void closeSocket(Socket socket, boolean reset) {
        try (socket) {
            if (reset) {
                socket.setSoLinger(true, 0);
            }
        } catch (SocketException e) {
            // The socket is closed already, which is what was wanted.
            return;
        } catch (IOException e) {
            throw new IllegalStateException("Cannot close " + socket, e);
        }
    }

    /**
     * Whether the connection is open.
     *
     * @return false once either side closed it, or it was cut
     */
    public boolean isOpen() {
        return !closed.get();
    }

    /**
     * The client's end, which {@code pg_stat_activity} does not show: that shows the proxy's.
     *
     * @return the port that the client connected from
     */
    public int clientPort() {
        return client.getPort();
    }

    /**
     * The proxy's end towards the server.
     *
     * @return the port that {@code pg_stat_activity.client_port} shows
     */
    public int serverSidePort() {
        return server.getLocalPort();
    }

    /**
     * What went to the server.
     *
     * @return bytes so far
     */
    public long bytesToServer() {
        return bytesToServer.get();
    }

    /**
     * What went to the client.
     *
     * @return bytes so far
     */
    public long bytesToClient() {
        return bytesToClient.get();
    }

    @Override
    public String toString() {
        return "ProxiedConnection[from port " + clientPort() + ", to server " + bytesToServer + " bytes, to client "
                + bytesToClient + " bytes, " + (isOpen() ? "open" : "closed") + "]";
    }
}

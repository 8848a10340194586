// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.internal.schema;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketAddress;
import java.net.SocketOption;
import java.time.Duration;
import javax.net.SocketFactory;
import jdk.net.ExtendedSocketOptions;

/**
 * Sockets of the JDBC driver that connect to one address of a host, regardless of later changes of its name, and with
 * TCP keep-alive. The driver creates this class from its name and one string. Not for use by applications.
 */
public final class JdbcSockets extends SocketFactory {

    private final InetAddress address;
    private final int keepAliveSeconds;
    private final int keepAliveCount;

    /**
     * Reads the string.
     *
     * @param argument as {@link #argument} made it
     * @throws IOException never, since the string holds an address
     */
    public JdbcSockets(String argument) throws IOException {
        String[] parts = argument.split(" ", -1);
        this.address = InetAddress.getByName(parts[0]);
        this.keepAliveSeconds = Integer.parseInt(parts[1]);
        this.keepAliveCount = Integer.parseInt(parts[2]);
    }

    static String argument(InetAddress address, Duration keepAlive, Duration userTimeout) {
        long seconds = Math.max(1, keepAlive.toSeconds());
        long count = Math.min(Byte.MAX_VALUE, Math.max(1, userTimeout.toSeconds() / seconds));
        return address.getHostAddress() + " " + seconds + " " + count;
    }

    @Override
    public Socket createSocket() throws IOException {
        Socket socket = new Redirected();
        set(socket, ExtendedSocketOptions.TCP_KEEPIDLE, keepAliveSeconds);
        set(socket, ExtendedSocketOptions.TCP_KEEPINTERVAL, keepAliveSeconds);
        set(socket, ExtendedSocketOptions.TCP_KEEPCOUNT, keepAliveCount);
        return socket;
    }

    private static void set(Socket socket, SocketOption<Integer> option, int value) throws IOException {
        if (socket.supportedOptions().contains(option)) {
            socket.setOption(option, value);
        }
    }

    /** The driver knows the name, which certificates are checked against. */
    private final class Redirected extends Socket {

        @Override
        public void connect(SocketAddress endpoint, int timeout) throws IOException {
            super.connect(new InetSocketAddress(address, ((InetSocketAddress) endpoint).getPort()), timeout);
        }
    }

    @Override
    public Socket createSocket(String host, int port) throws IOException {
        return connected(port);
    }

    @Override
    public Socket createSocket(String host, int port, InetAddress localHost, int localPort) throws IOException {
        return connected(port);
    }

    @Override
    public Socket createSocket(InetAddress host, int port) throws IOException {
        return connected(port);
    }

    @Override
    public Socket createSocket(InetAddress host, int port, InetAddress localHost, int localPort) throws IOException {
        return connected(port);
    }

    private Socket connected(int port) throws IOException {
        Socket socket = createSocket();
        socket.connect(new InetSocketAddress(address, port));
        return socket;
    }
}

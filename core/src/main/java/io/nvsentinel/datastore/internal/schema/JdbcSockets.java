// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.internal.schema;

import io.nvsentinel.datastore.internal.options.LoginRules;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketAddress;
import java.net.SocketOption;
import java.time.Duration;
import javax.net.SocketFactory;
import jdk.net.ExtendedSocketOptions;
import org.jspecify.annotations.Nullable;

/**
 * Sockets of the JDBC driver that connect to one address of a host, regardless of what its name means by then, whose idle time the
 * operating system watches, whose startup message asks for UTC, and whose messages are looked at before the driver sees them. The
 * driver makes this of its name and of one string. Not for use by applications.
 */
public final class JdbcSockets extends SocketFactory {

    private final @Nullable InetAddress address;
    private final int keepAliveSeconds;
    private final int keepAliveCount;
    private final LoginRules rules;

    /**
     * Reads the string.
     *
     * @param argument as {@link #argument} made it
     * @throws IOException never, since the string holds an address
     */
    public JdbcSockets(String argument) throws IOException {
        String[] parts = argument.split(" ", -1);
        this.rules = LoginRules.decoded(parts[0]);
        this.keepAliveSeconds = Integer.parseInt(parts[1]);
        this.keepAliveCount = Integer.parseInt(parts[2]);
        this.address = parts.length > 3 ? InetAddress.getByName(parts[3]) : null;
    }

    static String argument(String rules, @Nullable InetAddress address, Duration keepAlive, Duration userTimeout) {
        long seconds = Math.max(1, keepAlive.toSeconds());
        long count = Math.min(Byte.MAX_VALUE, Math.max(1, userTimeout.toSeconds() / seconds));
        String first = rules + " " + seconds + " " + count;
        return address == null ? first : first + " " + address.getHostAddress();
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

        private final GuardedStreams streams = new GuardedStreams(rules, false);

        @Override
        public InputStream getInputStream() throws IOException {
            return streams.reading(super.getInputStream());
        }

        @Override
        public OutputStream getOutputStream() throws IOException {
            return streams.writing(super.getOutputStream());
        }

        @Override
        public void connect(SocketAddress endpoint, int timeout) throws IOException {
            super.connect(
                    address == null
                            ? endpoint
                            : new InetSocketAddress(address, ((InetSocketAddress) endpoint).getPort()),
                    timeout);
        }
    }

    @Override
    public Socket createSocket(String host, int port) throws IOException {
        return connected(InetAddress.getByName(host), port);
    }

    @Override
    public Socket createSocket(String host, int port, InetAddress localHost, int localPort) throws IOException {
        return connected(InetAddress.getByName(host), port);
    }

    @Override
    public Socket createSocket(InetAddress host, int port) throws IOException {
        return connected(host, port);
    }

    @Override
    public Socket createSocket(InetAddress host, int port, InetAddress localHost, int localPort) throws IOException {
        return connected(host, port);
    }

    private Socket connected(InetAddress host, int port) throws IOException {
        Socket socket = createSocket();
        socket.connect(new InetSocketAddress(host, port));
        return socket;
    }
}

// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.internal.schema;

import io.nvsentinel.datastore.internal.options.LoginRules;
import io.nvsentinel.tls.JdbcSslSocketFactory;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.SSLSocketFactory;

/**
 * TLS sockets of the JDBC driver whose messages are looked at before the driver sees them. The driver makes this of its name and
 * of one string. Not for use by applications.
 */
public final class JdbcTlsSockets extends SSLSocketFactory {

    private final SSLSocketFactory factory;
    private final LoginRules rules;

    /**
     * Reads the string.
     *
     * @param argument as {@link #argument} made it
     */
    public JdbcTlsSockets(String argument) {
        String[] parts = argument.split(" ", -1);
        this.rules = LoginRules.decoded(parts[0]);
        this.factory = new JdbcSslSocketFactory(parts[1]);
    }

    static String argument(String rules, String tls) {
        return rules + " " + tls;
    }

    private Socket guarded(Socket socket) {
        return new GuardedTlsSocket((SSLSocket) socket, new GuardedStreams(rules, true));
    }

    @Override
    public Socket createSocket(Socket socket, String host, int port, boolean autoClose) throws IOException {
        return guarded(factory.createSocket(socket, host, port, autoClose));
    }

    @Override
    public Socket createSocket() throws IOException {
        return guarded(factory.createSocket());
    }

    @Override
    public Socket createSocket(String host, int port) throws IOException {
        return guarded(factory.createSocket(host, port));
    }

    @Override
    public Socket createSocket(String host, int port, InetAddress localHost, int localPort) throws IOException {
        return guarded(factory.createSocket(host, port, localHost, localPort));
    }

    @Override
    public Socket createSocket(InetAddress host, int port) throws IOException {
        return guarded(factory.createSocket(host, port));
    }

    @Override
    public Socket createSocket(InetAddress address, int port, InetAddress localAddress, int localPort)
            throws IOException {
        return guarded(factory.createSocket(address, port, localAddress, localPort));
    }

    @Override
    public String[] getDefaultCipherSuites() {
        return factory.getDefaultCipherSuites();
    }

    @Override
    public String[] getSupportedCipherSuites() {
        return factory.getSupportedCipherSuites();
    }
}

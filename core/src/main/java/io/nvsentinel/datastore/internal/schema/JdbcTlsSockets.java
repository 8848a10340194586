// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.internal.schema;

import io.nvsentinel.tls.JdbcSslSocketFactory;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.SSLSocketFactory;

/**
 * TLS sockets of the JDBC driver as {@link JdbcSslSocketFactory} makes them, whose startup message asks for UTC. The driver makes
 * this of its name and of one string. Not for use by applications.
 */
public final class JdbcTlsSockets extends SSLSocketFactory {

    private final SSLSocketFactory sockets;

    /**
     * Finds the certificates.
     *
     * @param id as for {@link JdbcSslSocketFactory}
     */
    public JdbcTlsSockets(String id) {
        this.sockets = new JdbcSslSocketFactory(id);
    }

    @Override
    public Socket createSocket(Socket socket, String host, int port, boolean autoClose) throws IOException {
        return inUtc(sockets.createSocket(socket, host, port, autoClose));
    }

    @Override
    public Socket createSocket() throws IOException {
        return inUtc(sockets.createSocket());
    }

    @Override
    public Socket createSocket(String host, int port) throws IOException {
        return inUtc(sockets.createSocket(host, port));
    }

    @Override
    public Socket createSocket(String host, int port, InetAddress localHost, int localPort) throws IOException {
        return inUtc(sockets.createSocket(host, port, localHost, localPort));
    }

    @Override
    public Socket createSocket(InetAddress host, int port) throws IOException {
        return inUtc(sockets.createSocket(host, port));
    }

    @Override
    public Socket createSocket(InetAddress host, int port, InetAddress localHost, int localPort) throws IOException {
        return inUtc(sockets.createSocket(host, port, localHost, localPort));
    }

    @Override
    public String[] getDefaultCipherSuites() {
        return sockets.getDefaultCipherSuites();
    }

    @Override
    public String[] getSupportedCipherSuites() {
        return sockets.getSupportedCipherSuites();
    }

    private static Socket inUtc(Socket socket) {
        return new UtcSslSocket((SSLSocket) socket);
    }
}

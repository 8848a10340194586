// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.tls;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.SSLSocketFactory;

/**
 * What {@link TlsContext#jdbcProperties()} names as {@code sslfactory}: public because the JDBC driver creates it by name. Not
 * for direct use. Every connection takes the certificates in force at that moment.
 */
public final class JdbcSslSocketFactory extends SSLSocketFactory {

    /** How the driver, which knows classes and strings only, finds the material of an open context. */
    private static final Map<String, Supplier<TlsMaterial>> OPEN = new ConcurrentHashMap<>();

    private final TlsMaterial material;

    /**
     * Called by the JDBC driver, once per connection.
     *
     * @param id the {@code sslfactoryarg}, from {@link TlsContext#jdbcProperties()}
     * @throws TlsException if the context that gave the id is closed
     */
    public JdbcSslSocketFactory(String id) {
        this.material = find(id);
    }

    /** Registers the material of a context; returns the {@code sslfactoryarg} that finds it. */
    static String register(Supplier<TlsMaterial> material) {
        String id = UUID.randomUUID().toString();
        OPEN.put(id, material);
        return id;
    }

    static void unregister(String id) {
        OPEN.remove(id);
    }

    @Override
    public Socket createSocket(Socket socket, String host, int port, boolean autoClose) throws IOException {
        return limited(delegate().createSocket(socket, host, port, autoClose));
    }

    @Override
    public Socket createSocket() throws IOException {
        return limited(delegate().createSocket());
    }

    @Override
    public Socket createSocket(String host, int port) throws IOException {
        return limited(delegate().createSocket(host, port));
    }

    @Override
    public Socket createSocket(String host, int port, InetAddress localHost, int localPort) throws IOException {
        return limited(delegate().createSocket(host, port, localHost, localPort));
    }

    @Override
    public Socket createSocket(InetAddress host, int port) throws IOException {
        return limited(delegate().createSocket(host, port));
    }

    @Override
    public Socket createSocket(InetAddress address, int port, InetAddress localAddress, int localPort)
            throws IOException {
        return limited(delegate().createSocket(address, port, localAddress, localPort));
    }

    @Override
    public String[] getDefaultCipherSuites() {
        return delegate().getDefaultCipherSuites();
    }

    @Override
    public String[] getSupportedCipherSuites() {
        return delegate().getSupportedCipherSuites();
    }

    static TlsMaterial find(String id) {
        Supplier<TlsMaterial> material = OPEN.get(id);
        if (material == null) {
            throw TlsException.invalidOption("the TlsContext that these JDBC properties came from is closed");
        }
        return material.get();
    }

    private SSLSocketFactory delegate() {
        return material.sslContext().getSocketFactory();
    }

    private Socket limited(Socket socket) {
        ((SSLSocket) socket).setEnabledProtocols(material.protocols().toArray(String[]::new));
        return socket;
    }
}

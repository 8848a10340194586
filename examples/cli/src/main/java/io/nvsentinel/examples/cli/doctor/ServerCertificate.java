// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.cli.doctor;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509TrustManager;

/** The certificate that a server presents to every TLS client, without a login. */
final class ServerCertificate {

    private static final int REQUEST_BYTES = 8;
    private static final int TLS_REQUEST = 80877103;

    private ServerCertificate() {}

    /**
     * Reads the certificate of a server, and sends nothing else. Every certificate is accepted, because it is only
     * inspected, not trusted.
     *
     * @param server the server
     * @param millis how long each step may take
     * @return empty if the server does not support TLS
     * @throws IOException if the server cannot be reached or closes the connection
     * @throws GeneralSecurityException if this JVM cannot do TLS
     */
    static Optional<X509Certificate> of(InetSocketAddress server, int millis)
            throws IOException, GeneralSecurityException {
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress(server.getHostString(), server.getPort()), millis);
            socket.setSoTimeout(millis);
            DataOutputStream out = new DataOutputStream(socket.getOutputStream());
            out.writeInt(REQUEST_BYTES);
            out.writeInt(TLS_REQUEST);
            out.flush();
            if (new DataInputStream(socket.getInputStream()).readByte() != 'S') {
                return Optional.empty();
            }
            return Optional.of(shown(socket, server));
        }
    }

    private static X509Certificate shown(Socket socket, InetSocketAddress server)
            throws IOException, GeneralSecurityException {
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, new TrustManager[] {new Anybody()}, new SecureRandom());
        try (SSLSocket tls = (SSLSocket)
                context.getSocketFactory().createSocket(socket, server.getHostString(), server.getPort(), true)) {
            tls.startHandshake();
            return (X509Certificate) tls.getSession().getPeerCertificates()[0];
        }
    }

    /** The names and addresses that it is for. */
    static List<String> names(X509Certificate certificate) {
        try {
            Collection<List<?>> names = certificate.getSubjectAlternativeNames();
            return names == null
                    ? List.of()
                    : names.stream().map(name -> String.valueOf(name.get(1))).toList();
        } catch (CertificateParsingException e) {
            return List.of();
        }
    }

    /** Nothing is sent over this connection; the datastore's connections verify according to the mode. */
    private static final class Anybody implements X509TrustManager {

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type) {}

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type) {}

        @Override
        public X509Certificate[] getAcceptedIssuers() {
            return new X509Certificate[0];
        }
    }
}

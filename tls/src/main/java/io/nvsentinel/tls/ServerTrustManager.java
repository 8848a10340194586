// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.tls;

import java.net.Socket;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.X509ExtendedTrustManager;
import org.jspecify.annotations.Nullable;

/**
 * Verifies the server according to the mode: not at all, its chain, or its chain and its host name.
 *
 * <p>It must be an <em>extended</em> trust manager: a plain one does not receive the host, and the JDK wraps it with
 * its own checks.
 */
final class ServerTrustManager extends X509ExtendedTrustManager {

    private final @Nullable CertificateAuthorities authorities;
    private final boolean checkHost;

    /**
     * Creates a trust manager.
     *
     * @param authorities the authorities that may have issued the server's certificate, or null to accept every server
     * @param checkHost whether the certificate must name the host
     */
    ServerTrustManager(@Nullable CertificateAuthorities authorities, boolean checkHost) {
        this.authorities = authorities;
        this.checkHost = checkHost;
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String authType, @Nullable SSLEngine engine)
            throws CertificateException {
        checkChain(chain, manager -> manager.checkServerTrusted(chain, authType, engine));
        checkHost(chain, engine == null ? null : engine.getPeerHost());
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String authType, @Nullable Socket socket)
            throws CertificateException {
        checkChain(chain, manager -> manager.checkServerTrusted(chain, authType, socket));
        checkHost(
                chain,
                socket instanceof SSLSocket ssl ? ssl.getHandshakeSession().getPeerHost() : null);
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String authType) throws CertificateException {
        checkChain(chain, manager -> manager.checkServerTrusted(chain, authType));
        checkHost(chain, null);
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String authType, @Nullable SSLEngine engine)
            throws CertificateException {
        throw new CertificateException("this is a client, which does not verify client certificates");
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String authType, @Nullable Socket socket)
            throws CertificateException {
        throw new CertificateException("this is a client, which does not verify client certificates");
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String authType) throws CertificateException {
        throw new CertificateException("this is a client, which does not verify client certificates");
    }

    @Override
    public X509Certificate[] getAcceptedIssuers() {
        return authorities == null ? new X509Certificate[0] : authorities.all().toArray(X509Certificate[]::new);
    }

    /** The JDK's part of the work. */
    private interface Check {
        void with(X509ExtendedTrustManager manager) throws CertificateException;
    }

    private void checkChain(X509Certificate[] chain, Check check) throws CertificateException {
        if (authorities == null) {
            return;
        }
        X509ExtendedTrustManager manager = authorities.current();
        try {
            check.with(manager);
        } catch (CertificateException e) {
            // The JDK says "Path does not chain with any of the trust anchors"; an operator needs to know which
            // certificate.
            throw new CertificateException(authorities.explain(chain, e), e);
        }
        String complaint = authorities.complaint(chain);
        if (complaint != null) {
            throw new CertificateException(complaint);
        }
    }

    private void checkHost(X509Certificate[] chain, @Nullable String host) throws CertificateException {
        if (checkHost) {
            LibpqHostnameVerifier.check(host, chain[0]);
        }
    }
}

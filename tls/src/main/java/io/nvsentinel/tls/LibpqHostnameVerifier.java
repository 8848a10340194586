// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.tls;

import io.netty.util.NetUtil;
import java.security.cert.CertificateException;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import javax.net.ssl.HostnameVerifier;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLSession;
import org.jspecify.annotations.Nullable;

/**
 * Whether a server's certificate names the host that was connected to, by the rules of libpq. Public because the JDBC
 * driver creates it by name; {@link TlsContext} sets it for both drivers. Stateless.
 *
 * <p>The JDK's own check refuses host names with an underscore, which container networks have; the verifiers of the
 * drivers compare IPv6 addresses as strings, so that {@code ::1} is not {@code 0:0:0:0:0:0:0:1}.
 */
public final class LibpqHostnameVerifier implements HostnameVerifier {

    private static final int DNS = 2;
    private static final int ADDRESS = 7;

    /** Creates a verifier. */
    public LibpqHostnameVerifier() {}

    @Override
    public boolean verify(String hostname, SSLSession session) {
        try {
            check(hostname, (X509Certificate) session.getPeerCertificates()[0]);
            return true;
        } catch (CertificateException | SSLPeerUnverifiedException e) {
            return false;
        }
    }

    /** Fails with a message that says which names the certificate has. */
    static void check(@Nullable String host, X509Certificate certificate) throws CertificateException {
        if (host == null || host.isEmpty()) {
            throw new CertificateException("the host name for the check of the server's certificate is unknown");
        }
        List<String> named = names(certificate, isAddress(host));
        if (named.stream().noneMatch(name -> matches(name, host))) {
            throw new CertificateException(
                    "the server's certificate is not for \"" + host + "\"; it names " + String.join(", ", named));
        }
    }

    /** What the host may be compared with: the alternative names, and the common name if none is of the host's kind. */
    private static List<String> names(X509Certificate certificate, boolean address) throws CertificateParsingException {
        List<String> names = new ArrayList<>();
        boolean ofSameKind = false;
        Collection<List<?>> alternatives = certificate.getSubjectAlternativeNames();
        for (List<?> name : alternatives == null ? List.<List<?>>of() : alternatives) {
            int type = (Integer) name.get(0);
            if (type == DNS || type == ADDRESS) {
                names.add((String) name.get(1));
                ofSameKind |= (type == ADDRESS) == address;
            }
        }
        if (!ofSameKind) {
            Certificates.commonName(certificate).ifPresent(names::add);
        }
        return names;
    }

    private static boolean matches(String name, String host) {
        byte[] address = address(host);
        if (address != null) {
            return Arrays.equals(address, address(name)) || name.equals(host);
        }
        String lowerName = name.toLowerCase(Locale.ROOT);
        String lowerHost = host.toLowerCase(Locale.ROOT);
        return lowerName.equals(lowerHost) || lowerName.startsWith("*.") && matchesWildcard(lowerName, lowerHost);
    }

    /** The star stands for exactly one label, the leftmost. */
    private static boolean matchesWildcard(String name, String host) {
        int dot = host.indexOf('.');
        return dot > 0 && name.length() > 2 && host.substring(dot).equals(name.substring(1));
    }

    private static boolean isAddress(String host) {
        return address(host) != null;
    }

    private static byte @Nullable [] address(String text) {
        return NetUtil.createByteArrayFromIpAddressString(text);
    }
}

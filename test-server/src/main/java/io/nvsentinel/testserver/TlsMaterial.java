// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.testserver;

import io.nvsentinel.testserver.pki.TestCertificate;

/**
 * The TLS files of a server, in PEM format. The string form hides the key.
 *
 * @param certificates the server's certificate, then its intermediate authorities
 * @param key the certificate's private key, not encrypted
 * @param clientAuthorities the authorities whose client certificates the server accepts
 */
public record TlsMaterial(String certificates, String key, String clientAuthorities) {

    /**
     * The usual case: client certificates come from the authority that issued the server's.
     *
     * @param server a server's certificate
     * @return its material
     */
    public static TlsMaterial of(TestCertificate server) {
        return new TlsMaterial(server.certificatesPem(), server.keyPem(), server.authorityPem());
    }

    @Override
    public String toString() {
        return "TlsMaterial[key hidden]";
    }
}

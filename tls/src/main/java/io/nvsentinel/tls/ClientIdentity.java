// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.tls;

import io.nvsentinel.tls.TlsException.Reason;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.cert.X509Certificate;
import java.security.interfaces.RSAKey;
import java.security.spec.AlgorithmParameterSpec;
import java.security.spec.MGF1ParameterSpec;
import java.security.spec.PSSParameterSpec;
import java.util.List;

/**
 * The identity of the client: a private key and its certificates.
 *
 * @param key the private key
 * @param chain the client's own certificate, then its issuers
 */
record ClientIdentity(PrivateKey key, List<X509Certificate> chain) {

    X509Certificate certificate() {
        return chain.get(0);
    }

    /** Proves with a signature that the key belongs to the certificate: the one way that works for every algorithm. */
    void checkPair(Path keyFile, Path certificateFile) {
        for (int i = 0; i < chain.size(); i++) {
            if (belongTogether(chain.get(i).getPublicKey())) {
                if (i == 0) {
                    return;
                }
                throw TlsException.of(
                        Reason.KEY_MISMATCH,
                        certificateFile,
                        "the key " + keyFile + " belongs to certificate " + (i + 1)
                                + " of the file; the client's own certificate must come first");
            }
        }
        throw TlsException.of(
                Reason.KEY_MISMATCH,
                keyFile,
                "the key does not belong to the certificate in " + certificateFile + " ("
                        + CertificateName.of(certificate().getSubjectX500Principal()) + ")");
    }

    /** Checks that the certificate logs in a database user. */
    void checkUser(Path certificateFile, String user) {
        String found = Certificates.commonName(certificate()).orElse("");
        if (!found.equals(user)) {
            throw TlsException.of(
                    Reason.USER_MISMATCH,
                    certificateFile,
                    "its common name is \"" + found + "\", but the database user is \"" + user + "\"");
        }
    }

    private boolean belongTogether(PublicKey publicKey) {
        byte[] text = "nvsentinel".getBytes(StandardCharsets.US_ASCII);
        try {
            Signature signature = signature();
            signature.initSign(key);
            signature.update(text);
            byte[] signed = signature.sign();
            signature.initVerify(publicKey);
            signature.update(text);
            return signature.verify(signed);
        } catch (GeneralSecurityException e) {
            // Another algorithm, curve or length than that of the certificate.
            return false;
        }
    }

    private Signature signature() throws GeneralSecurityException {
        if (key.getAlgorithm().equals("RSASSA-PSS")) {
            Signature pss = Signature.getInstance("RSASSA-PSS");
            AlgorithmParameterSpec own = key instanceof RSAKey rsa ? rsa.getParams() : null;
            pss.setParameter(
                    own != null ? own : new PSSParameterSpec("SHA-256", "MGF1", MGF1ParameterSpec.SHA256, 32, 1));
            return pss;
        }
        return switch (key.getAlgorithm()) {
            case "RSA" -> Signature.getInstance("SHA256withRSA");
            case "EC" -> Signature.getInstance("SHA256withECDSA");
            default -> Signature.getInstance("EdDSA");
        };
    }
}

// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.testserver.pki;

import java.nio.file.Path;
import java.security.KeyPair;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.Map;

/**
 * An issued certificate with its key, in every form that a mounted file may have. Immutable; the text form hides the key.
 */
public final class TestCertificate {

    /** The leaf first, then intermediate authorities. */
    private final List<X509Certificate> chain;

    private final KeyPair key;
    private final String authorityPem;

    TestCertificate(List<X509Certificate> chain, KeyPair key, String authorityPem) {
        this.chain = chain;
        this.key = key;
        this.authorityPem = authorityPem;
    }

    /**
     * The certificate itself.
     *
     * @return the leaf of the chain
     */
    public X509Certificate certificate() {
        return chain.get(0);
    }

    /**
     * The certificate chain that the owner presents.
     *
     * @return the certificate, then its intermediate authorities, without the root
     */
    public List<X509Certificate> chain() {
        return chain;
    }

    /**
     * The private key.
     *
     * @return a key of the JDK's own providers
     */
    public PrivateKey privateKey() {
        return key.getPrivate();
    }

    /**
     * The certificate chain that the owner presents, as PEM.
     *
     * @return the certificate, then its intermediate authorities
     */
    public String certificatesPem() {
        return Pem.certificates(chain);
    }

    /**
     * The root authority's certificate.
     *
     * @return PEM of one certificate
     */
    public String authorityPem() {
        return authorityPem;
    }

    /**
     * The key as PKCS#8, the usual form.
     *
     * @return PEM of type {@code PRIVATE KEY}
     */
    public String keyPem() {
        return Pem.pkcs8(key.getPrivate());
    }

    /**
     * The key in the form of its algorithm, which many tools still write: PKCS#1 for RSA, SEC1 for EC.
     *
     * @return PEM of type {@code RSA PRIVATE KEY} or {@code EC PRIVATE KEY}
     * @throws IllegalStateException if the key is neither RSA nor EC
     */
    public String traditionalKeyPem() {
        return Pem.traditional(key);
    }

    /**
     * The key as PKCS#8, encrypted with AES-256 and PBKDF2.
     *
     * @param password the password to decrypt it with
     * @return PEM of type {@code ENCRYPTED PRIVATE KEY}
     */
    public String encryptedKeyPem(String password) {
        return Pem.encryptedPkcs8(key.getPrivate(), password.toCharArray());
    }

    /**
     * The key in the form of its algorithm, encrypted with AES-256, as its {@code DEK-Info} line states.
     *
     * @param password the password to decrypt it with
     * @return PEM of type {@code RSA PRIVATE KEY} or {@code EC PRIVATE KEY}
     * @throws IllegalStateException if the key is neither RSA nor EC
     */
    public String encryptedTraditionalKeyPem(String password) {
        return Pem.encryptedTraditional(key, password.toCharArray());
    }

    /**
     * Writes {@code tls.crt}, {@code tls.key} and {@code ca.crt} as Kubernetes mounts a secret; writing to the same
     * directory again rotates all three at once. See {@link MountedSecret} for other forms of the files.
     *
     * @param directory the mount; created if it is missing
     */
    public void writeSecret(Path directory) {
        new MountedSecret(directory)
                .write(Map.of("tls.crt", certificatesPem(), "tls.key", keyPem(), "ca.crt", authorityPem()));
    }

    @Override
    public String toString() {
        return "TestCertificate[" + certificate().getSubjectX500Principal() + ", key hidden]";
    }
}

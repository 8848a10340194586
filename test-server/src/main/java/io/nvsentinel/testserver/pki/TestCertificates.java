// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.testserver.pki;

import java.security.KeyPair;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.stream.Stream;
import org.bouncycastle.asn1.x500.X500Name;

/**
 * A certificate authority for tests, which lives in memory. Immutable; may be used by several threads.
 *
 * {@snippet :
 * TestCertificates authority = TestCertificates.create();
 * TestCertificate server = authority.server("localhost", "127.0.0.1").issue();
 * TestCertificate client = authority.client("app").issue();
 * }
 *
 * <p>A certificate of a foreign authority comes from another {@code create()}, one of the wrong host from another name.
 */
public final class TestCertificates {

    private final Signer signer;

    /** This authority first, its root last. */
    private final List<X509Certificate> chain;

    private TestCertificates(Signer signer, List<X509Certificate> chain) {
        this.signer = signer;
        this.chain = chain;
    }

    /**
     * Makes a root authority with an EC key.
     *
     * @return a new authority, which is not trusted yet
     */
    public static TestCertificates create() {
        return create(KeyType.EC);
    }

    /**
     * Makes a root authority.
     *
     * @param type the kind of its key
     * @return a new authority, which is not trusted yet
     */
    public static TestCertificates create(KeyType type) {
        KeyPair key = Signer.newKey(type);
        Signer root = new Signer(new X500Name("CN=Test Root CA"), key, type);
        return new TestCertificates(root, List.of(root.authority(root.name(), key.getPublic())));
    }

    /**
     * Makes an authority that this one vouches for. What it issues carries the chain up to the root, without the root.
     *
     * @return a new authority with an EC key
     */
    public TestCertificates intermediate() {
        KeyPair key = Signer.newKey(KeyType.EC);
        X500Name name = new X500Name("CN=Test Intermediate CA " + chain.size());
        X509Certificate certificate = signer.authority(name, key.getPublic());
        return new TestCertificates(
                new Signer(name, key, KeyType.EC),
                Stream.concat(Stream.of(certificate), chain.stream()).toList());
    }

    /**
     * Prepares a server's certificate.
     *
     * @param hosts the names and addresses it is for, as subject alternative names; the first name is its common name
     *     too. Without any it is for "localhost" by common name only.
     * @return a request to adjust and issue
     */
    public CertificateRequest server(String... hosts) {
        return CertificateRequest.forServer(this, List.of(hosts));
    }

    /**
     * Prepares a client's certificate.
     *
     * @param commonName the common name, which PostgreSQL compares with the role that logs in
     * @return a request to adjust and issue
     */
    public CertificateRequest client(String commonName) {
        return CertificateRequest.forClient(this, commonName);
    }

    /**
     * The certificate that others must trust to trust what is issued here.
     *
     * @return the root's certificate as PEM
     */
    public String authorityPem() {
        return Pem.certificates(chain.subList(chain.size() - 1, chain.size()));
    }

    Signer signer() {
        return signer;
    }

    /** This authority first, its root last. */
    List<X509Certificate> chain() {
        return chain;
    }
}

// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.testserver.pki;

import java.security.KeyPair;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x500.X500NameBuilder;
import org.bouncycastle.asn1.x500.style.BCStyle;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.util.IPAddress;

/** A certificate that is about to be issued: by default valid from an hour ago for 30 days, with an EC key. For one thread. */
public final class CertificateRequest {

    private static final Duration LIFE = Duration.ofDays(30);

    private final TestCertificates authority;
    private final X500Name subject;
    private final List<GeneralName> names;
    private final KeyPurposeId purpose;
    private KeyType keyType = KeyType.EC;
    private Instant from = Instant.now().minus(Duration.ofHours(1));
    private Instant until = from.plus(LIFE);

    private CertificateRequest(
            TestCertificates authority, String commonName, List<GeneralName> names, KeyPurposeId purpose) {
        this.authority = authority;
        // Not by parsing: the name may hold commas and quotes.
        this.subject = new X500NameBuilder().addRDN(BCStyle.CN, commonName).build();
        this.names = names;
        this.purpose = purpose;
    }

    static CertificateRequest forServer(TestCertificates authority, List<String> hosts) {
        List<GeneralName> names = new ArrayList<>();
        for (String host : hosts) {
            names.add(new GeneralName(IPAddress.isValid(host) ? GeneralName.iPAddress : GeneralName.dNSName, host));
        }
        String commonName = hosts.isEmpty() ? "localhost" : hosts.get(0);
        return new CertificateRequest(authority, commonName, names, KeyPurposeId.id_kp_serverAuth);
    }

    static CertificateRequest forClient(TestCertificates authority, String commonName) {
        return new CertificateRequest(authority, commonName, List.of(), KeyPurposeId.id_kp_clientAuth);
    }

    /**
     * Chooses the kind of key.
     *
     * @param type the default is {@link KeyType#EC}
     * @return this request
     */
    public CertificateRequest keyType(KeyType type) {
        keyType = type;
        return this;
    }

    /**
     * Chooses when the certificate is valid.
     *
     * @param first the first moment, which is cut to seconds
     * @param last the last moment, which is cut to seconds
     * @return this request
     * @throws IllegalArgumentException if the last moment is before the first
     */
    public CertificateRequest validity(Instant first, Instant last) {
        if (last.isBefore(first)) {
            throw new IllegalArgumentException("A certificate cannot be valid from " + first + " until " + last);
        }
        from = first;
        until = last;
        return this;
    }

    /**
     * Makes a certificate that ceased to be valid yesterday.
     *
     * @return this request
     */
    public CertificateRequest expired() {
        Instant yesterday = Instant.now().minus(Duration.ofDays(1));
        return validity(yesterday.minus(LIFE), yesterday);
    }

    /**
     * Makes a certificate that becomes valid tomorrow.
     *
     * @return this request
     */
    public CertificateRequest notYetValid() {
        Instant tomorrow = Instant.now().plus(Duration.ofDays(1));
        return validity(tomorrow, tomorrow.plus(LIFE));
    }

    /**
     * Makes a key and issues the certificate; each call makes another.
     *
     * @return the certificate and its key
     */
    public TestCertificate issue() {
        KeyPair key = Signer.newKey(keyType);
        X509Certificate certificate =
                authority.signer().leaf(new Signer.Leaf(subject, names, purpose, from, until), key.getPublic());
        List<X509Certificate> presented = new ArrayList<>(List.of(certificate));
        presented.addAll(authority.chain().subList(0, authority.chain().size() - 1));
        return new TestCertificate(List.copyOf(presented), key, authority.authorityPem());
    }
}

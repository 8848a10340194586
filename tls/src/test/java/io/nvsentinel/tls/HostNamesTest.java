// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.tls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.math.BigInteger;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.util.Arrays;
import java.util.Date;
import javax.security.auth.x500.X500Principal;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The table was compared with psql 15; see the comment on each row that surprises. */
class HostNamesTest {

    @ParameterizedTest
    @CsvSource({
        "db.example,      DNS:db.example,                    true",
        "DB.Example,      DNS:db.example,                    true",
        "db.example,      DNS:other.example,                 false",
        "db.example,      'DNS:other.example,DNS:db.example', true",
        "a.db.example,    DNS:*.db.example,                  true",
        "a.b.db.example,  DNS:*.db.example,                  false",
        "db.example,      DNS:*.db.example,                  false",
        ".db.example,     DNS:*.db.example,                  false",
        "ab.db.example,   DNS:a*.db.example,                 false",
        "my_db,           DNS:my_db,                         true",
        "127.0.0.1,       IP:127.0.0.1,                      true",
        "127.0.0.1,       DNS:localhost,                     false",
        "127.0.0.2,       IP:127.0.0.1,                      false",
        "::1,             IP:::1,                            true",
        "0:0:0:0:0:0:0:1, IP:::1,                            true",
        "localhost,       IP:127.0.0.1,                      false",
        // The common name counts only when no alternative name is of the host's kind.
        "cn.example,      '',                                true",
        "cn.example,      DNS:db.example,                    false",
        "cn.example,      IP:127.0.0.1,                      true",
        // libpq compares an address with DNS names too, as text.
        "127.0.0.1,       DNS:127.0.0.1,                     true"
    })
    void comparesAsLibpqDoes(String host, String names, boolean accepted) throws CertificateException {
        X509Certificate certificate = certificate("CN=cn.example", names);
        if (accepted) {
            HostNames.check(host, certificate);
        } else {
            assertThatThrownBy(() -> HostNames.check(host, certificate))
                    .isInstanceOf(CertificateException.class)
                    .hasMessageStartingWith("the server's certificate is not for \"" + host + "\"; it names ");
        }
    }

    @Test
    void refusesWhenTheHostIsNotKnown() {
        assertThatThrownBy(() -> HostNames.check(null, certificate("CN=x", "DNS:x")))
                .isInstanceOf(CertificateException.class);
    }

    @Test
    void findsTheFirstCommonName() {
        assertThat(Certificates.commonName(certificate("O=org,CN=second,CN=first", "")))
                .contains("first");
        assertThat(Certificates.commonName(certificate("O=org", ""))).isEmpty();
        assertThat(Certificates.commonName(certificate("CN=with\\, comma \\+ plus", "")))
                .contains("with, comma + plus");
    }

    /** With BouncyCastle: Netty's builder writes no wildcards and no underscores. */
    private static X509Certificate certificate(String subject, String names) {
        try {
            KeyPair keys = KeyPairGenerator.getInstance("EC").generateKeyPair();
            X500Principal name = new X500Principal(subject);
            Date now = new Date();
            var builder = new JcaX509v3CertificateBuilder(name, BigInteger.ONE, now, now, name, keys.getPublic());
            if (!names.isEmpty()) {
                GeneralName[] alternatives = Arrays.stream(names.split(","))
                        .map(HostNamesTest::alternative)
                        .toArray(GeneralName[]::new);
                builder.addExtension(Extension.subjectAlternativeName, false, new GeneralNames(alternatives));
            }
            return new JcaX509CertificateConverter()
                    .getCertificate(
                            builder.build(new JcaContentSignerBuilder("SHA256withECDSA").build(keys.getPrivate())));
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    private static GeneralName alternative(String name) {
        String value = name.substring(name.indexOf(':') + 1);
        return new GeneralName(name.startsWith("DNS:") ? GeneralName.dNSName : GeneralName.iPAddress, value);
    }
}

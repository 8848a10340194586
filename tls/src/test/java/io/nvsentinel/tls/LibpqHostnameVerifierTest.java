// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.tls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.util.Arrays;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The table was compared with psql 15; see the comment on each row that surprises. */
@Tag("essential")
class LibpqHostnameVerifierTest {

    private static final Authority CA = Authority.named("ca");

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
            LibpqHostnameVerifier.check(host, certificate);
        } else {
            assertThatThrownBy(() -> LibpqHostnameVerifier.check(host, certificate))
                    .isInstanceOf(CertificateException.class)
                    .hasMessageStartingWith("the server's certificate is not for \"" + host + "\"; it names ");
        }
    }

    @Test
    void refusesWhenTheHostIsNotKnown() {
        assertThatThrownBy(() -> LibpqHostnameVerifier.check(null, certificate("CN=x", "DNS:x")))
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

    private static X509Certificate certificate(String subject, String names) {
        GeneralNames alternatives = names.isEmpty()
                ? null
                : new GeneralNames(Arrays.stream(names.split(","))
                        .map(LibpqHostnameVerifierTest::alternative)
                        .toArray(GeneralName[]::new));
        return CA.issue(subject, Authority.keys("secp256r1"), alternatives).certificate();
    }

    private static GeneralName alternative(String name) {
        String value = name.substring(name.indexOf(':') + 1);
        return new GeneralName(name.startsWith("DNS:") ? GeneralName.dNSName : GeneralName.iPAddress, value);
    }
}

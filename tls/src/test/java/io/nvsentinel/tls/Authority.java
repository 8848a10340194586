// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.tls;

import io.netty.pkitesting.CertificateBuilder;
import io.netty.pkitesting.CertificateBuilder.Algorithm;
import io.netty.pkitesting.X509Bundle;
import java.security.KeyPair;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.function.UnaryOperator;

/** A certificate authority of a test, and what it issues. */
record Authority(X509Bundle bundle) {

    static Authority named(String name) {
        return named(name, builder -> builder);
    }

    static Authority named(String name, UnaryOperator<CertificateBuilder> changes) {
        try {
            CertificateBuilder builder = valid(new CertificateBuilder())
                    .subject("CN=" + name)
                    .setIsCertificateAuthority(true)
                    .setKeyUsage(true, CertificateBuilder.KeyUsage.keyCertSign, CertificateBuilder.KeyUsage.cRLSign);
            return new Authority(changes.apply(builder).buildSelfSigned());
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    X509Bundle client(String subject) {
        return issue(Algorithm.ecp256, builder -> builder.subject(subject));
    }

    X509Bundle issue(Algorithm algorithm, UnaryOperator<CertificateBuilder> changes) {
        try {
            return issue(algorithm.generateKeyPair(new SecureRandom()), changes);
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    X509Bundle issue(KeyPair keys, UnaryOperator<CertificateBuilder> changes) {
        try {
            CertificateBuilder builder = valid(new CertificateBuilder()).keyPair(keys);
            return changes.apply(builder).buildIssuedBy(bundle);
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    String pem() {
        return bundle.getCertificatePEM();
    }

    private static CertificateBuilder valid(CertificateBuilder builder) {
        Instant now = Instant.now();
        return builder.notBefore(now.minus(Duration.ofDays(1))).notAfter(now.plus(Duration.ofDays(30)));
    }
}

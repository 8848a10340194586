// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.tls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.IOException;
import java.math.BigInteger;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.cert.X509CRL;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Date;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import javax.security.auth.x500.X500Principal;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.ExtendedKeyUsage;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.cert.jcajce.JcaX509CRLConverter;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509v2CRLBuilder;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Chains for which the JDK and OpenSSL differ; if {@code openssl} is available, it is run as well. */
class ChainRulesTest {

    private static final Instant NOW = Instant.now();
    private static final Duration MONTH = Duration.ofDays(30);

    @TempDir
    private Path files;

    /** A certificate and its key. */
    private record Signed(X509Certificate certificate, KeyPair keys) {}

    /** How a certificate is made; by default valid, with a key and a signature that are good. */
    private static final class Maker {

        private final String name;
        private @Nullable Boolean authority;
        private Instant from = NOW.minus(MONTH);
        private Instant until = NOW.plus(MONTH);
        private String algorithm = "EC";
        private int size = 256;
        private String digest = "SHA256";
        private @Nullable Integer usage;
        private @Nullable KeyPurposeId purpose;

        Maker(String name, @Nullable Boolean authority) {
            this.name = name;
            this.authority = authority;
        }

        Maker from(Instant value) {
            from = value;
            return this;
        }

        Maker until(Instant value) {
            until = value;
            return this;
        }

        Maker rsa(int bits) {
            algorithm = "RSA";
            size = bits;
            return this;
        }

        Maker usage(int value) {
            usage = value;
            return this;
        }

        Maker purpose(KeyPurposeId value) {
            purpose = value;
            return this;
        }

        /** The issuer signs with this digest. */
        Maker signedWith(String value) {
            digest = value;
            return this;
        }

        Signed by(@Nullable Signed issuer) {
            try {
                KeyPairGenerator generator = KeyPairGenerator.getInstance(algorithm);
                generator.initialize(size);
                KeyPair keys = generator.generateKeyPair();
                KeyPair signing = issuer == null ? keys : issuer.keys();
                X500Principal subject = new X500Principal("CN=" + name);
                var builder = new JcaX509v3CertificateBuilder(
                        issuer == null ? subject : issuer.certificate().getSubjectX500Principal(),
                        BigInteger.valueOf(System.nanoTime()),
                        Date.from(from),
                        Date.from(until),
                        subject,
                        keys.getPublic());
                if (authority != null) {
                    builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(authority));
                }
                if (usage != null) {
                    builder.addExtension(Extension.keyUsage, true, new KeyUsage(usage));
                }
                if (purpose != null) {
                    builder.addExtension(Extension.extendedKeyUsage, false, new ExtendedKeyUsage(purpose));
                }
                String signature =
                        digest + "with" + (signing.getPrivate().getAlgorithm().equals("RSA") ? "RSA" : "ECDSA");
                return new Signed(
                        new JcaX509CertificateConverter()
                                .getCertificate(builder.build(
                                        new JcaContentSignerBuilder(signature).build(signing.getPrivate()))),
                        keys);
            } catch (Exception e) {
                throw new IllegalStateException(e);
            }
        }
    }

    private static Maker root() {
        return new Maker("root", true);
    }

    private static Maker middle() {
        return new Maker("middle", true);
    }

    private static Maker server() {
        return new Maker("localhost", false).purpose(KeyPurposeId.id_kp_serverAuth);
    }

    /**
     * One server.
     *
     * @param what says it in the test's name
     * @param chain what the server presents
     * @param root the root certificate file
     * @param list the revocation list, or null
     * @param message what the refusal says; null if the chain is accepted
     */
    private record Given(
            String what,
            List<X509Certificate> chain,
            X509Certificate root,
            @Nullable X509CRL list,
            @Nullable String message) {

        @Override
        public String toString() {
            return what;
        }
    }

    private static Given chain(String what, @Nullable String message, Signed root, Signed... presented) {
        return new Given(
                what, Stream.of(presented).map(Signed::certificate).toList(), root.certificate(), null, message);
    }

    static Stream<Given> chains() {
        List<Given> all = new ArrayList<>();
        Instant tomorrow = NOW.plus(Duration.ofDays(1));
        Instant yesterday = NOW.minus(Duration.ofDays(1));
        Signed root = root().by(null);
        Signed middle = middle().by(root);
        all.add(chain("a good chain", null, root, server().by(middle), middle));
        all.add(chain("a server's certificate without purposes", null, root, new Maker("localhost", null).by(root)));
        Signed rsa = root().rsa(2048).by(null);
        all.add(chain("RSA of 2048 bits", null, rsa, server().rsa(2048).by(rsa)));
        Signed self = new Maker("localhost", null).by(null);
        all.add(chain("a self-signed certificate that is the root file", null, self, self));

        all.add(chain(
                "a server's certificate of tomorrow",
                "the server's certificate CN=localhost, issued by CN=root, is not valid before",
                root,
                server().from(tomorrow).by(root)));
        Signed early = middle().from(tomorrow).by(root);
        all.add(chain(
                "an intermediate of tomorrow",
                "the issuer CN=middle in the server's chain is not valid before",
                root,
                server().by(early),
                early));
        Signed late = middle().until(yesterday).by(root);
        all.add(chain(
                "an expired intermediate",
                "the issuer CN=middle in the server's chain has expired on",
                root,
                server().by(late),
                late));
        Signed noAuthority = new Maker("root", false).by(null);
        all.add(chain(
                "a root that is no authority",
                "CN=root of the file is not a certificate authority",
                noAuthority,
                server().by(noAuthority)));
        Signed noSigner = root().usage(KeyUsage.digitalSignature).by(null);
        all.add(chain(
                "a root whose key must not sign",
                "CN=root of the file is not a certificate authority",
                noSigner,
                server().by(noSigner)));
        Signed weakRoot = root().rsa(1024).by(null);
        all.add(chain(
                "a root of RSA 1024",
                "CN=root of the file has a key that is too weak",
                weakRoot,
                server().by(weakRoot)));
        all.add(chain(
                "a server of RSA 1024",
                "the server's certificate CN=localhost, issued by CN=root, has a key that is too weak",
                root,
                server().rsa(1024).by(root)));
        all.add(chain(
                "a server signed with SHA-1",
                "is signed with SHA1withRSA, which is too weak",
                rsa,
                server().signedWith("SHA1").by(rsa)));
        all.add(chain(
                "a certificate for clients",
                "the server's certificate CN=localhost, issued by CN=root,",
                root,
                new Maker("localhost", false)
                        .purpose(KeyPurposeId.id_kp_clientAuth)
                        .by(root)));
        all.add(chain(
                "a certificate for anything",
                "the server's certificate CN=localhost, issued by CN=root, is not a server certificate",
                root,
                new Maker("localhost", false)
                        .purpose(KeyPurposeId.anyExtendedKeyUsage)
                        .by(root)));
        Signed clientsOnly = middle().purpose(KeyPurposeId.id_kp_clientAuth).by(root);
        all.add(chain(
                "an intermediate for clients",
                "the issuer CN=middle in the server's chain is not a server certificate",
                root,
                server().by(clientsOnly),
                clientsOnly));

        List<X509Certificate> alone = List.of(self.certificate());
        all.add(new Given(
                "a self-signed certificate that its list covers",
                alone,
                self.certificate(),
                list(self, NOW.minusSeconds(60)),
                null));
        all.add(new Given(
                "a self-signed certificate that its list revokes",
                alone,
                self.certificate(),
                list(self, NOW.minusSeconds(60), self),
                "has been revoked"));
        all.add(new Given(
                "a self-signed certificate that no list covers",
                alone,
                self.certificate(),
                list(root, NOW.minusSeconds(60)),
                "is not covered by a current revocation list"));
        Signed leaf = server().by(root);
        all.add(new Given(
                "a list of tomorrow",
                List.of(leaf.certificate()),
                root.certificate(),
                list(root, tomorrow),
                "is not covered by a current revocation list"));
        return all.stream();
    }

    @ParameterizedTest
    @MethodSource("chains")
    void judgesAsOpenSsl(Given given) throws Exception {
        Throwable refusal = catchThrowable(
                () -> manager(given).checkServerTrusted(given.chain().toArray(X509Certificate[]::new), "UNKNOWN"));

        if (given.message() == null) {
            assertThat(refusal).isNull();
        } else {
            assertThat(refusal).isNotNull();
            assertThat(refusal.getMessage().replace(files.resolve("root.crt").toString(), "the file"))
                    .contains(given.message());
        }
        assumeThat(openSslExists()).as("there is an openssl to compare with").isTrue();
        assertThat(openSslAccepts(given)).isEqualTo(refusal == null);
    }

    private ServerTrustManager manager(Given given) {
        List<X509CRL> lists = given.list() == null ? List.of() : List.of(given.list());
        return new ServerTrustManager(
                CertificateAuthorities.fromFile(
                        files.resolve("root.crt"), List.of(given.root()), lists, Clock.systemUTC()),
                false);
    }

    private static X509CRL list(Signed issuer, Instant from, Signed... revoked) {
        try {
            var builder = new JcaX509v2CRLBuilder(issuer.certificate().getSubjectX500Principal(), Date.from(from));
            builder.setNextUpdate(Date.from(from.plus(MONTH)));
            for (Signed one : revoked) {
                builder.addCRLEntry(one.certificate().getSerialNumber(), Date.from(from), 1);
            }
            return new JcaX509CRLConverter()
                    .getCRL(builder.build(new JcaContentSignerBuilder("SHA256withECDSA")
                            .build(issuer.keys().getPrivate())));
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    private static boolean openSslExists() {
        try {
            return new ProcessBuilder("openssl", "version").start().waitFor() == 0;
        } catch (IOException e) {
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    private boolean openSslAccepts(Given given) throws Exception {
        Path root = write("root.pem", List.of(given.root()));
        List<String> command = new ArrayList<>(List.of(
                "openssl",
                "verify",
                "-no-CApath",
                "-no-CAstore",
                "-purpose",
                "sslserver",
                "-auth_level",
                "2",
                "-CAfile",
                root.toString()));
        if (given.list() != null) {
            Path list = files.resolve("list.pem");
            Pem.write(list, Pem.of("X509 CRL", given.list().getEncoded()));
            command.addAll(List.of("-crl_check_all", "-CRLfile", list.toString()));
        }
        if (given.chain().size() > 1) {
            command.addAll(List.of(
                    "-untrusted",
                    write("chain.pem", given.chain().subList(1, given.chain().size()))
                            .toString()));
        }
        command.add(write("leaf.pem", given.chain().subList(0, 1)).toString());
        Process process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(files.resolve("openssl.log").toFile())
                .start();
        assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
        return process.exitValue() == 0;
    }

    private Path write(String name, List<X509Certificate> certificates) throws Exception {
        StringBuilder pem = new StringBuilder();
        for (X509Certificate certificate : certificates) {
            pem.append(Pem.of("CERTIFICATE", certificate.getEncoded()));
        }
        Path file = files.resolve(name);
        Pem.write(file, pem.toString());
        return file;
    }
}

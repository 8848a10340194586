// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.tls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.nvsentinel.testserver.EmbeddedServer;
import io.nvsentinel.testserver.PostgresServer;
import io.nvsentinel.testserver.pki.KeyType;
import io.nvsentinel.testserver.pki.TestCertificate;
import io.nvsentinel.testserver.pki.TestCertificates;
import io.nvsentinel.tls.Driver.Login;
import io.nvsentinel.tls.Driver.Session;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import java.util.stream.Stream;
import javax.net.ssl.SSLException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Logging in with every kind of key, in every form, at a server that asks for {@code cert clientcert=verify-full}. */
@Tag("netty")
@Tag("essential")
class CertificateLoginTest {

    private static final TestCertificates CA = TestCertificates.create();

    private static EmbeddedServer server;

    @TempDir
    Path mount;

    private record Form(String name, Function<TestCertificate, String> pem, boolean encrypted) {

        @Override
        public String toString() {
            return name;
        }
    }

    private static final List<Form> FORMS = List.of(
            new Form("PKCS#8", TestCertificate::keyPem, false),
            new Form("encrypted PKCS#8", key -> key.encryptedKeyPem("secret"), true),
            new Form("its own form", TestCertificate::traditionalKeyPem, false),
            new Form("its own form encrypted", key -> key.encryptedTraditionalKeyPem("secret"), true));

    @BeforeAll
    static void start() {
        server = PostgresServer.embedded()
                .tls(io.nvsentinel.testserver.TlsMaterial.of(
                        CA.server("localhost").issue()))
                .certificateUser("app")
                .start();
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    static Stream<Arguments> keys() {
        return Stream.of(KeyType.values())
                .flatMap(type -> FORMS.stream()
                        .filter(form -> type != KeyType.ED25519 || !form.name().startsWith("its own"))
                        .flatMap(form -> Stream.of(Driver.values()).map(driver -> Arguments.of(driver, type, form))));
    }

    @ParameterizedTest
    @EnumSource
    void explainsAChainWithoutItsIntermediateCertificate(Driver driver) throws Exception {
        TestCertificate client = CA.intermediate().client("app").issue();
        String whole = client.certificatesPem();
        Pem.write(mount.resolve("tls.crt"), whole.substring(0, whole.indexOf("-----END CERTIFICATE-----") + 26));
        Pem.writeKey(mount.resolve("tls.key"), client.keyPem());
        Pem.write(mount.resolve("ca.crt"), client.authorityPem());
        try (TlsContext tls =
                TlsContext.open(TlsOptions.builder().mount(mount).user("app").build())) {
            Throwable error =
                    catchThrowable(() -> driver.connect(tls, Login.admin(server).user("app", null)));

            assertThat(error).isNotNull();
            assertThat(tls.explain(error))
                    .isInstanceOf(SSLException.class)
                    .hasMessageContaining("the server accepts client certificates issued by CN=Test Root CA")
                    .hasMessageContaining("an intermediate certificate is missing in the file");
            assertThat(tls.explain(new TimeoutException())).isInstanceOf(TimeoutException.class);
        }
    }

    @ParameterizedTest(name = "{0}: {1} as {2}")
    @MethodSource("keys")
    void logsIn(Driver driver, KeyType type, Form form) throws Exception {
        // Issued by an authority in between, of which the server learns from the chain only.
        TestCertificate client = CA.intermediate().client("app").keyType(type).issue();
        Pem.write(mount.resolve("tls.crt"), client.certificatesPem());
        Pem.writeKey(mount.resolve("tls.key"), form.pem().apply(client));
        Pem.write(mount.resolve("ca.crt"), client.authorityPem());
        TlsOptions.Builder options = TlsOptions.builder().mount(mount).user("app");
        if (form.encrypted()) {
            options.keyPasswordFile(Pem.write(mount.resolve("password"), "secret\n"));
        }
        try (TlsContext tls = TlsContext.open(options.build())) {
            Session session = driver.connect(tls, Login.admin(server).user("app", null));
            assertThat(session.clientName()).isEqualTo("/CN=app");
            assertThat(session.clientSerial())
                    .isEqualTo(client.certificate().getSerialNumber().toString());
        }
    }
}

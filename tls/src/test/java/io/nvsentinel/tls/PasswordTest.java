// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.tls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.nvsentinel.testserver.EmbeddedServer;
import io.nvsentinel.testserver.PostgresServer;
import io.nvsentinel.testserver.pki.TestCertificates;
import io.nvsentinel.tls.Driver.Login;
import io.nvsentinel.tls.Driver.Session;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Logging in with a password ({@code hostssl … scram-sha-256}) and no client certificate, as managed databases have it. */
@Tag("netty")
class PasswordTest {

    private static final TestCertificates CA = TestCertificates.create();
    private static final String PASSWORD = "pässword '\"\\ %20";

    @TempDir
    static Path files;

    private static EmbeddedServer server;

    @BeforeAll
    static void start() {
        Pem.write(files.resolve("ca.crt"), CA.authorityPem());
        server = PostgresServer.embedded()
                .tls(io.nvsentinel.testserver.TlsMaterial.of(
                        CA.server("localhost").issue()))
                .passwordUser("app", PASSWORD)
                .start();
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    @ParameterizedTest
    @EnumSource
    void worksWithARootCertificateAndChannelBinding(Driver driver) throws Exception {
        try (TlsContext tls = open(TlsOptions.builder().rootCertificate(files.resolve("ca.crt")))) {
            loggedIn(driver.connect(tls, login()));
            loggedIn(driver.connect(tls, login().channelBinding("require")));
        }
    }

    @ParameterizedTest
    @EnumSource
    void worksWithoutARootCertificateAndChannelBinding(Driver driver) throws Exception {
        try (TlsContext tls = open(TlsOptions.builder())) {
            loggedIn(driver.connect(tls, login()));
            loggedIn(driver.connect(tls, login().channelBinding("require")));
        }
    }

    @ParameterizedTest
    @EnumSource
    void worksWithTheAuthoritiesOfTheJvm(Driver driver) throws Exception {
        try (TlsContext tls = open(TlsOptions.builder().mode(SslMode.VERIFY_FULL))) {
            assertThat(Failures.messages(catchThrowable(() -> driver.connect(tls, login()))))
                    .contains("cannot be verified with the authorities of the JVM");
        }
        System.setProperty("javax.net.ssl.trustStore", trustStore().toString());
        System.setProperty("javax.net.ssl.trustStorePassword", "changeit");
        try (TlsContext tls = open(TlsOptions.builder().mode(SslMode.VERIFY_FULL))) {
            loggedIn(driver.connect(tls, login().channelBinding("require")));
            assertThat(Failures.messages(catchThrowable(() -> driver.connect(tls, login().host("127.0.0.1")))))
                    .contains("the server's certificate is not for \"127.0.0.1\"");
        } finally {
            System.clearProperty("javax.net.ssl.trustStore");
            System.clearProperty("javax.net.ssl.trustStorePassword");
        }
    }

    @ParameterizedTest
    @EnumSource
    void channelBindingNoticesSomebodyInTheMiddle(Driver driver) throws Exception {
        try (TlsContext tls = open(TlsOptions.builder());
                Interceptor interceptor = new Interceptor(CA.server("localhost").issue(), server.port())) {
            Login intercepted = login().port(interceptor.port());
            // Nothing else would: the certificate is not verified, and the password never crosses the wire.
            loggedIn(driver.connect(tls, intercepted.channelBinding("disable")));
            assertThat(Failures.messages(catchThrowable(() -> driver.connect(tls, intercepted))))
                    .contains("SCRAM channel binding check failed");
        }
    }

    @ParameterizedTest
    @EnumSource
    void aWrongPasswordIsRefusedByTheServer(Driver driver) {
        try (TlsContext tls = open(TlsOptions.builder())) {
            assertThat(Failures.messages(catchThrowable(() -> driver.connect(tls, login().user("app", "other")))))
                    .contains("password authentication failed for user \"app\"");
        }
    }

    private static void loggedIn(Session session) {
        assertThat(session.tls()).isTrue();
        assertThat(session.clientName()).isNull();
    }

    private static TlsContext open(TlsOptions.Builder options) {
        return TlsContext.open(options.build());
    }

    private static Login login() {
        return Login.admin(server).user("app", PASSWORD);
    }

    private static Path trustStore() throws Exception {
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        FileContent ca = FileContent.read(files.resolve("ca.crt"));
        store.setCertificateEntry("ca", Certificates.certificates(ca).get(0));
        Path file = files.resolve("trust.p12");
        try (OutputStream out = Files.newOutputStream(file)) {
            store.store(out, "changeit".toCharArray());
        }
        return file;
    }
}

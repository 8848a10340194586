// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.tls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.nvsentinel.testserver.EmbeddedServer;
import io.nvsentinel.testserver.PostgresServer;
import io.nvsentinel.testserver.pki.TestCertificate;
import io.nvsentinel.testserver.pki.TestCertificates;
import io.nvsentinel.tls.Driver.Login;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The host name check on the wire; its rules are in {@link LibpqHostnameVerifierTest}. */
@Tag("netty")
class ServerHostTest {

    private static final TestCertificates CA = TestCertificates.create();

    @TempDir
    Path files;

    private static EmbeddedServer namedByAddress;
    private static EmbeddedServer namedByName;

    @BeforeAll
    static void start() {
        namedByAddress = start(CA.server("127.0.0.1").issue());
        namedByName = start(CA.server("localhost").issue());
    }

    @AfterAll
    static void stop() {
        namedByAddress.close();
        namedByName.close();
    }

    @ParameterizedTest
    @EnumSource
    void acceptsAnAddressThatTheCertificateNames(Driver driver) throws Exception {
        try (TlsContext tls = verifyFull()) {
            Login login = Login.admin(namedByAddress);
            assertThat(driver.connect(tls, login.host("127.0.0.1")).tls()).isTrue();
            assertRefused(driver, tls, login);
        }
    }

    @ParameterizedTest
    @EnumSource
    void refusesAnAddressOfWhichOnlyTheNameIsInTheCertificate(Driver driver) throws Exception {
        try (TlsContext tls = verifyFull()) {
            Login login = Login.admin(namedByName);
            assertThat(driver.connect(tls, login).tls()).isTrue();
            assertRefused(driver, tls, login.host("127.0.0.1"));
        }
    }

    private static void assertRefused(Driver driver, TlsContext tls, Login login) {
        Throwable failure = catchThrowable(() -> driver.connect(tls, login));
        assertThat(failure).isNotNull();
        assertThat(Failures.messages(failure)).contains("the server's certificate is not for \"" + login.host());
    }

    private TlsContext verifyFull() {
        Path root = Pem.write(files.resolve("ca.crt"), CA.authorityPem());
        return TlsContext.open(TlsOptions.builder().rootCertificate(root).build());
    }

    private static EmbeddedServer start(TestCertificate certificate) {
        return PostgresServer.embedded()
                .tls(io.nvsentinel.testserver.TlsMaterial.of(certificate))
                .start();
    }
}

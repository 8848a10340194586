// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.tls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.nvsentinel.testserver.Await;
import io.nvsentinel.testserver.EmbeddedServer;
import io.nvsentinel.testserver.PostgresServer;
import io.nvsentinel.tls.Driver.Login;
import io.nvsentinel.tls.TlsException.Reason;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Revocation lists ({@code sslcrl}) against a server, through both drivers, and through psql if it is available. */
class RevocationTest {

    private static final Authority CA = Authority.named("ca");
    private static final Authority OTHER = Authority.named("other");
    private static final Authority.Issued SERVER = CA.issue(
            "CN=localhost",
            Authority.keys("secp256r1"),
            new GeneralNames(new GeneralName(GeneralName.dNSName, "localhost")));
    private static final Authority.Issued ANOTHER = CA.client("CN=another");

    private static EmbeddedServer server;

    @TempDir
    Path files;

    private Path list;

    @BeforeAll
    static void start() {
        server = PostgresServer.embedded()
                .tls(new io.nvsentinel.testserver.TlsMaterial(SERVER.certificatePem(), SERVER.keyPem(), CA.pem()))
                .start();
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    @BeforeEach
    void writeRoot() {
        Pem.write(files.resolve("ca.crt"), CA.pem());
        list = files.resolve("list.crl");
    }

    @ParameterizedTest
    @EnumSource
    void acceptsWhatIsNotOnTheList(Driver driver) throws Exception {
        Pem.write(list, OTHER.revocationList() + CA.revocationList(ANOTHER.certificate()));
        assertAccepted(driver);
    }

    @ParameterizedTest
    @EnumSource
    void refusesARevokedServer(Driver driver) throws Exception {
        Pem.write(list, CA.revocationList(ANOTHER.certificate(), SERVER.certificate()));
        assertRefused(driver, "the server's certificate CN=localhost, issued by CN=ca, has been revoked");
    }

    @ParameterizedTest
    @EnumSource
    void refusesAServerThatNoListCovers(Driver driver) throws Exception {
        Pem.write(list, OTHER.revocationList());
        assertRefused(driver, "is not covered by a current revocation list");
    }

    @ParameterizedTest
    @EnumSource
    void refusesAServerWhenTheListIsOutOfDate(Driver driver) throws Exception {
        Pem.write(list, CA.revocationListUntil(Instant.now().minusSeconds(30)));
        assertRefused(driver, "is not covered by a current revocation list");
    }

    @ParameterizedTest
    @EnumSource
    void refusesARevokedServerAlsoInModeRequire(Driver driver) throws Exception {
        Pem.write(list, CA.revocationList(SERVER.certificate()));
        try (TlsContext tls = open(options().mode(SslMode.REQUIRE))) {
            assertThat(Failures.messages(catchThrowable(() -> driver.connect(tls, Login.admin(server)))))
                    .contains("has been revoked");
        }
    }

    @ParameterizedTest
    @EnumSource
    void followsANewList(Driver driver) throws Exception {
        Pem.write(list, CA.revocationList());
        try (TlsContext tls = open(options().reloadInterval(Duration.ofMillis(20)))) {
            assertThat(driver.connect(tls, Login.admin(server)).tls()).isTrue();
            Pem.write(list, CA.revocationList(SERVER.certificate()));
            Await.until("the new list is in use", Duration.ofSeconds(30), () -> tls.generation() == 2);
            assertThat(catchThrowable(() -> driver.connect(tls, Login.admin(server))))
                    .isNotNull();
        }
    }

    @Test
    void saysWhatIsWrongWithTheFile() {
        unreadable(CA.pem(), "found CERTIFICATE; accepted is a PEM file with one or more X.509 revocation lists");
        unreadable("", "found an empty file");
        unreadable(Pem.of("X509 CRL", new byte[] {48, 1, 2}), "a revocation list in the file is damaged");
    }

    private void unreadable(String content, String message) {
        Pem.write(list, content);
        assertThatThrownBy(() -> open(options()))
                .isInstanceOf(TlsException.class)
                .hasMessageStartingWith(list + ": ")
                .hasMessageContaining(message)
                .extracting("reason")
                .isEqualTo(Reason.UNREADABLE_CONTENT);
    }

    private void assertAccepted(Driver driver) throws Exception {
        try (TlsContext tls = open(options())) {
            assertThat(driver.connect(tls, Login.admin(server)).tls()).isTrue();
        }
        assertPsql("tls");
    }

    private void assertRefused(Driver driver, String message) throws Exception {
        try (TlsContext tls = open(options())) {
            assertThat(Failures.messages(catchThrowable(() -> driver.connect(tls, Login.admin(server)))))
                    .contains(message);
        }
        assertPsql("fails");
    }

    private void assertPsql(String outcome) throws Exception {
        assumeTrue(Psql.exists(), "no psql on this machine to compare with");
        assertThat(Psql.connect(server, "verify-full", files.resolve("ca.crt"), list))
                .isEqualTo(outcome);
    }

    private TlsOptions.Builder options() {
        return TlsOptions.builder().rootCertificate(files.resolve("ca.crt")).revocationList(list);
    }

    private static TlsContext open(TlsOptions.Builder options) {
        return TlsContext.open(options.build());
    }
}

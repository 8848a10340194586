// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.cli.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import io.nvsentinel.examples.cli.ExitCode;
import io.nvsentinel.examples.cli.Run;
import io.nvsentinel.testserver.EmbeddedServer;
import io.nvsentinel.testserver.PostgresServer;
import io.nvsentinel.testserver.TlsMaterial;
import io.nvsentinel.testserver.pki.TestCertificates;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Certificates and passwords, against a server that asks for them. */
class DoctorTlsTest {

    private static final TestCertificates AUTHORITY = TestCertificates.create();
    private static EmbeddedServer server;

    @TempDir
    private Path mount;

    @BeforeAll
    static void start() {
        server = PostgresServer.embedded()
                .tls(TlsMaterial.of(AUTHORITY.server("localhost").issue()))
                .certificateUser("app")
                .passwordUser("other", "right")
                .start();
        server.admin().execute("CREATE DATABASE app OWNER app");
    }

    @AfterAll
    static void close() {
        server.close();
    }

    @Test
    void aCertificateThatFits() {
        AUTHORITY.client("app").issue().writeSecret(mount);

        Run run = doctor(environment());

        assertThat(DoctorTest.lines(run, "✗"))
                .singleElement()
                .asString()
                .contains("schema")
                .contains("contains no NVSentinel tables");
        assertThat(run.text())
                .contains("sslmode is verify-full")
                .contains("client CN=app, valid until ")
                .contains("authority ")
                .contains("server CN=localhost for localhost, valid until ")
                .contains("the client certificate names the user app")
                .contains("TLSv1.3 with ")
                .contains("client certificate /CN=app")
                .contains("sslKey=" + mount.resolve("tls.key") + " (POSTGRESQL_CLIENT_CERT_MOUNT_PATH)");
    }

    @Test
    void aCertificateWithFewDaysLeft() {
        AUTHORITY.client("app").issue().writeSecret(mount);

        Run run = doctor(environment(), "--warn-days", "100000");

        assertThat(DoctorTest.lines(run, "!"))
                .anyMatch(line -> line.contains("client CN=app, valid until ") && line.endsWith("→ renew it"));
    }

    @Test
    void anExpiredCertificate() {
        AUTHORITY.client("app").expired().issue().writeSecret(mount);

        assertCertificate(doctor(environment()), "expired", "renew it");
    }

    @Test
    void aMissingFile() throws IOException {
        AUTHORITY.client("app").issue().writeSecret(mount);
        Files.delete(mount.resolve("tls.key"));

        assertCertificate(doctor(environment()), "tls.key", "mount the secret");
    }

    @Test
    void aCertificateOfSomebodyElse() {
        AUTHORITY.client("other").issue().writeSecret(mount);

        assertCertificate(doctor(environment()), "other", "log in as the user it names");
    }

    @Test
    void aServerOfAnotherAuthority() throws IOException {
        AUTHORITY.client("app").issue().writeSecret(mount);
        Files.writeString(mount.resolve("ca.crt"), TestCertificates.create().authorityPem());

        Run run = doctor(environment());

        assertThat(DoctorTest.lines(run, "✗")).anyMatch(line -> line.contains("login") && line.contains("ertificate"));
    }

    @Test
    void aServerWhoseCertificateHasExpired() {
        try (EmbeddedServer expired = PostgresServer.embedded()
                .tls(TlsMaterial.of(AUTHORITY.server("localhost").expired().issue()))
                .start()) {
            Map<String, String> environment = new HashMap<>(password("any"));
            environment.put("DATASTORE_PORT", Integer.toString(expired.port()));

            Run run = doctor(environment);

            assertThat(DoctorTest.lines(run, "✗").get(0))
                    .contains("server CN=localhost for localhost, expired on ")
                    .contains("→ renew it on the server, and reload the configuration");
        }
    }

    @Test
    void aServerWithoutTls() {
        try (EmbeddedServer plain = PostgresServer.embedded().start()) {
            Map<String, String> environment = new HashMap<>(password("any"));
            environment.put("DATASTORE_PORT", Integer.toString(plain.port()));

            List<String> failed = DoctorTest.lines(doctor(environment), "✗");

            assertThat(failed.get(0)).contains("localhost:" + plain.port() + " does not support TLS");
            assertThat(failed).last().asString().contains("login");
        }
    }

    @Test
    void aWrongPassword() {
        Run run = doctor(password("wrong"));

        assertThat(run.exitCode()).isEqualTo(ExitCode.FINDING);
        assertThat(DoctorTest.lines(run, "✗"))
                .singleElement()
                .asString()
                .contains("login")
                .contains("28P01")
                .contains("→ check the user and the password")
                .doesNotContain("wrong");
        assertThat(run.text())
                .contains("password=<hidden> (DATASTORE_PASSWORD)")
                .doesNotContain("wrong");
    }

    @Test
    void theRightPasswordOverTlsThatNobodyVerifies() {
        Run run = doctor(password("right"));

        assertThat(DoctorTest.lines(run, "!"))
                .anyMatch(line -> line.contains("the server's certificate is not verified"));
        assertThat(DoctorTest.lines(run, "✓")).anyMatch(line -> line.contains("login") && line.contains("as other to"));
    }

    private static void assertCertificate(Run run, String text, String cure) {
        assertThat(run.exitCode()).isEqualTo(ExitCode.FINDING);
        assertThat(DoctorTest.lines(run, "✗"))
                .singleElement()
                .asString()
                .contains("certificates")
                .containsIgnoringCase(text)
                .contains("→")
                .contains(cure);
        List<String> unknown = DoctorTest.lines(run, "-");
        assertThat(unknown).hasSize(15).first().asString().contains("login").contains("a login needs certificates");
    }

    private Map<String, String> environment() {
        return Map.of(
                "DATASTORE_HOST", "localhost",
                "DATASTORE_PORT", Integer.toString(server.port()),
                "DATASTORE_DATABASE", "app",
                "DATASTORE_USERNAME", "app",
                "POSTGRESQL_CLIENT_CERT_MOUNT_PATH", mount.toString());
    }

    private Map<String, String> password(String password) {
        Map<String, String> environment = new HashMap<>(environment());
        environment.remove("POSTGRESQL_CLIENT_CERT_MOUNT_PATH");
        environment.put("DATASTORE_USERNAME", "other");
        environment.put("DATASTORE_PASSWORD", password);
        environment.put("DATASTORE_SSLMODE", "require");
        return environment;
    }

    private static Run doctor(Map<String, String> environment, String... arguments) {
        return DoctorTest.doctor(environment, arguments);
    }
}

// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.testserver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nvsentinel.testserver.pki.KeyType;
import io.nvsentinel.testserver.pki.TestCertificate;
import io.nvsentinel.testserver.pki.TestCertificates;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Properties;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class TlsServerTest {

    private static final TestCertificates AUTHORITY = TestCertificates.create();
    private static final TestCertificates OTHER = TestCertificates.create();
    private static final TlsMaterial GOOD =
            TlsMaterial.of(AUTHORITY.server("localhost", "127.0.0.1").issue());
    private static EmbeddedServer server;

    @TempDir
    private Path files;

    @BeforeAll
    static void start() {
        server = PostgresServer.embedded()
                .tls(GOOD)
                .certificateUser("app")
                .passwordUser("pw", "it's s3cret")
                .hba("hostssl all auditor all trust clientcert=verify-ca")
                .start();
        server.admin().execute("CREATE ROLE auditor LOGIN; CREATE ROLE stranger LOGIN");
    }

    @AfterAll
    static void close() {
        server.close();
    }

    private Map<String, String> client(@Nullable TestCertificate certificate) throws IOException {
        return client(certificate, AUTHORITY);
    }

    /** The JDBC driver's options, which name files: PEM for certificates, DER for the key. */
    private Map<String, String> client(@Nullable TestCertificate certificate, TestCertificates trusted)
            throws IOException {
        Map<String, String> options = new HashMap<>();
        options.put("sslmode", "verify-full");
        options.put("sslrootcert", write("root.crt", trusted.authorityPem()));
        if (certificate == null) {
            options.put("sslcert", "");
            options.put("sslkey", "");
        } else {
            options.put("sslcert", write("client.crt", certificate.certificatesPem()));
            Path key = files.resolve("client.pk8");
            Files.write(key, certificate.privateKey().getEncoded());
            Files.setPosixFilePermissions(key, PosixFilePermissions.fromString("rw-------"));
            options.put("sslkey", key.toString());
        }
        return options;
    }

    private String write(String name, String text) throws IOException {
        return Files.writeString(files.resolve(name), text).toString();
    }

    /** Logs in and returns the user and the TLS version, or the error. */
    private static String login(String user, String password, Map<String, String> options) {
        Properties properties = new Properties();
        properties.putAll(options);
        properties.setProperty("user", user);
        properties.setProperty("password", password);
        String url = "jdbc:postgresql://" + server.host() + ":" + server.port() + "/postgres";
        try (Connection connection = DriverManager.getConnection(url, properties);
                var statement = connection.createStatement();
                ResultSet row = statement.executeQuery("SELECT concat_ws(' ', current_user, version, client_dn)"
                        + " FROM pg_stat_ssl WHERE pid = pg_backend_pid()")) {
            row.next();
            return row.getString(1);
        } catch (SQLException e) {
            Throwable root = e;
            while (root.getCause() != null) {
                root = root.getCause();
            }
            return "refused: " + e.getMessage() + " / " + root.getMessage();
        }
    }

    @ParameterizedTest
    @EnumSource
    void aCertificateUserLogsInWithoutPassword(KeyType type) throws IOException {
        TestCertificate app = AUTHORITY.client("app").keyType(type).issue();
        assertThat(login("app", "", client(app))).isEqualTo("app TLSv1.3 /CN=app");
    }

    @Test
    void aCertificateOfAnIntermediateAuthorityIsAccepted() throws IOException {
        TestCertificate app = AUTHORITY.intermediate().client("app").issue();
        assertThat(login("app", "", client(app))).isEqualTo("app TLSv1.3 /CN=app");
    }

    @Test
    void noCertificateOrAnothersIsRefused() throws IOException {
        assertThat(login("app", "", client(null))).startsWith("refused").contains("certificate");
        assertThat(login("app", "", client(AUTHORITY.client("other").issue())))
                .contains("certificate authentication failed for user \"app\"");
        assertThat(login("app", "", client(OTHER.client("app").issue()))).startsWith("refused");
    }

    @Test
    void aCertificateOutsideOfItsTimeIsRefused() throws IOException {
        assertThat(login("app", "", client(AUTHORITY.client("app").expired().issue())))
                .startsWith("refused");
        awaitLog("certificate has expired");
        assertThat(login("app", "", client(AUTHORITY.client("app").notYetValid().issue())))
                .startsWith("refused");
        awaitLog("certificate is not yet valid");
    }

    /** The client may see only that the connection broke; the server, from 16 on, logs why. */
    private static void awaitLog(String reason) {
        String expected = server.majorVersion() < 16 ? "certificate verify failed" : reason;
        Await.until(
                "the server logs: " + expected, Duration.ofSeconds(10), server::logTail, log -> log.contains(expected));
    }

    @Test
    void aCertificateUserNeedsTls() {
        assertThat(login("app", "", Map.of("sslmode", "disable"))).contains("no pg_hba.conf entry");
    }

    @Test
    void aPasswordUserNeedsThePasswordAndTls() throws IOException {
        assertThat(login("pw", "it's s3cret", client(null))).isEqualTo("pw TLSv1.3");
        assertThat(login("pw", "wrong", client(null))).contains("password authentication failed");
        assertThat(login("pw", "it's s3cret", Map.of("sslmode", "disable"))).contains("no pg_hba.conf entry");
    }

    @Test
    void furtherLinesOfTheHbaFileCountAndNobodyElseLogsIn() throws IOException {
        TestCertificate any = AUTHORITY.client("holder").issue();
        assertThat(login("auditor", "", client(any))).isEqualTo("auditor TLSv1.3 /CN=holder");
        assertThat(login("stranger", "", client(any))).contains("no pg_hba.conf entry");
    }

    @Test
    void theMaterialCanBeReplacedByBadOnesAndBack() throws IOException {
        TestCertificate app = AUTHORITY.client("app").issue();
        String works = "app TLSv1.3 /CN=app";
        replace(OTHER.server("localhost").issue(), client(app), "does not chain with any of the trust anchors");
        replace(AUTHORITY.server("db.example").issue(), client(app), "could not be verified");
        replace(AUTHORITY.server("localhost").expired().issue(), client(app), "NotAfter");
        replace(AUTHORITY.server("localhost").notYetValid().issue(), client(app), "NotBefore");
        replace(AUTHORITY.intermediate().server("localhost").issue(), client(app), works);
        replace(AUTHORITY.server("localhost").keyType(KeyType.ED25519).issue(), client(app), works);
        replace(AUTHORITY.server("localhost").keyType(KeyType.RSA).issue(), client(app), works);
        replace(AUTHORITY.server().issue(), client(app), works);
        server.replaceTls(GOOD);
    }

    private static void replace(TestCertificate certificate, Map<String, String> client, String expected) {
        server.replaceTls(
                new TlsMaterial(certificate.certificatesPem(), certificate.keyPem(), AUTHORITY.authorityPem()));
        Await.until(
                "with " + certificate + " login answers " + expected,
                Duration.ofSeconds(10),
                () -> login("app", "", client),
                answer -> answer.contains(expected));
    }

    @Test
    void theAdministratorAndRestartsWorkAsWithoutTls() throws IOException {
        server.kill();
        server.restart();
        assertThat(server.admin().queryForString("SHOW ssl")).isEqualTo("on");
        TestDatabase database = server.createDatabase();
        database.execute("CREATE TABLE t (id int)");
        database.drop();
        assertThat(login("app", "", client(AUTHORITY.client("app").issue()))).startsWith("app");
    }

    @Test
    void theKeyIsReadableByItsOwnerOnlyAndHiddenInText() throws IOException {
        assertThat(Files.getPosixFilePermissions(server.dataDirectory().resolve("server.key")))
                .hasSize(2);
        assertThat(GOOD.toString()).doesNotContain("BEGIN");
    }

    @Test
    void aCertificateUserWithoutTlsIsRefused() {
        EmbeddedServerBuilder builder = PostgresServer.embedded().certificateUser("app");
        assertThatThrownBy(builder::start)
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("[app] need a server with TLS");
    }

    @Test
    void aRoleNameThatNeedsQuotingIsRefused() {
        assertThatThrownBy(() -> PostgresServer.embedded().certificateUser("My App"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("My App");
        assertThatThrownBy(() -> PostgresServer.embedded().passwordUser("postgres", "s3cret"))
                .isInstanceOf(IllegalArgumentException.class)
                .message()
                .doesNotContain("s3cret");
    }
}

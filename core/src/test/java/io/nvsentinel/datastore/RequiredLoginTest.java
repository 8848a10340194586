// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore;

import static io.nvsentinel.datastore.Databases.SOON;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.nvsentinel.datastore.error.ConfigurationException;
import io.nvsentinel.datastore.error.DatastoreException;
import io.nvsentinel.testserver.EmbeddedServer;
import io.nvsentinel.testserver.PostgresServer;
import io.nvsentinel.testserver.TestDatabase;
import io.nvsentinel.testserver.TlsMaterial;
import io.nvsentinel.testserver.hostile.FakeClient;
import io.nvsentinel.testserver.hostile.FakeServer;
import io.nvsentinel.testserver.pki.TestCertificates;
import io.nvsentinel.tls.SslMode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** How a server may ask for a login, over both drivers: the check of the schema goes over JDBC, without it over R2DBC. */
class RequiredLoginTest {

    private static final int CLEAR_TEXT = 3;
    private static final int MD5 = 5;
    private static final int SASL = 10;
    private static final int SASL_CONTINUE = 11;
    private static final int SASL_FINAL = 12;
    private static final String SALT = "salt";

    private static final TestCertificates AUTHORITY = TestCertificates.create();

    private static EmbeddedServer server;
    private static TestDatabase database;
    private static Path authority;

    @BeforeAll
    static void start(@TempDir Path files) throws IOException {
        server = PostgresServer.embedded()
                .tls(TlsMaterial.of(AUTHORITY.server("localhost", "127.0.0.1").issue()))
                .hba("hostssl all clear all password")
                .passwordUser("clear", "secret")
                .passwordUser("scram", "secret")
                .certificateUser("certified")
                .start();
        database = server.createDatabase(Databases.MIGRATED);
        database.execute("GRANT pg_read_all_data TO clear, scram, certified");
        authority = Files.writeString(files.resolve("ca.crt"), AUTHORITY.authorityPem());
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    private static DatastoreOptions.Builder to(int port, Driver driver) {
        return DatastoreOptions.builder()
                .host("localhost")
                .port(port)
                .database(database.name())
                .username("scram")
                .password("secret")
                .schemaMode(driver == Driver.JDBC ? SchemaMode.VALIDATE : SchemaMode.NONE);
    }

    private static Throwable failure(DatastoreOptions.Builder options) {
        return catchThrowable(() -> Databases.connect(options));
    }

    private enum Driver {
        R2DBC,
        JDBC
    }

    @ParameterizedTest
    @CsvSource({
        "R2DBC, DISABLE, 3, clear text, password", "JDBC, DISABLE, 3, clear text, password",
        "R2DBC, REQUIRE, 3, clear text, password", "JDBC, REQUIRE, 3, clear text, password",
        "R2DBC, PREFER,  3, clear text, password", "JDBC, PREFER,  3, clear text, password",
        "R2DBC, DISABLE, 5, MD5, md5", "JDBC, DISABLE, 5, MD5, md5",
        "R2DBC, REQUIRE, 5, MD5, md5", "JDBC, REQUIRE, 5, MD5, md5",
        "R2DBC, DISABLE, 7, GSSAPI, gss", "JDBC, DISABLE, 7, GSSAPI, gss",
        "R2DBC, DISABLE, 0, without asking, none", "JDBC, DISABLE, 0, without asking, none",
        "R2DBC, REQUIRE, 0, without asking, none", "JDBC, REQUIRE, 0, without asking, none"
    })
    void isRefusedToAServerThatIsNotVerified(Driver driver, SslMode mode, int code, String asked, String name)
            throws Exception {
        try (FakeServer fake = mode == SslMode.DISABLE ? FakeServer.of(client -> ask(client, code)) : overTls(code)) {
            Throwable error = failure(to(fake.port(), driver).sslMode(mode));

            assertThat(error)
                    .isInstanceOf(ConfigurationException.class)
                    .hasMessageContaining(asked)
                    .hasMessageContaining("requireAuth names " + name)
                    .hasMessageNotContaining("secret");
            assertThat(fake.passwords()).isEmpty();
        }
    }

    private static FakeServer overTls(int code) throws IOException, GeneralSecurityException {
        return FakeServer.of(AUTHORITY.server("localhost").issue(), client -> ask(client, code));
    }

    private static void ask(FakeClient client, int code) throws IOException {
        client.start();
        if (code == 0) {
            client.welcome();
        } else {
            client.authentication(code, code == MD5 ? SALT : "");
            client.password();
        }
        client.silence();
    }

    @ParameterizedTest
    @CsvSource({
        "R2DBC, password, 3",
        "JDBC, password, 3",
        "R2DBC, 'scram-sha-256, MD5', 5",
        "JDBC, 'scram-sha-256, MD5', 5"
    })
    void isAllowedByName(Driver driver, String requireAuth, int code) throws IOException {
        try (FakeServer fake = FakeServer.of(client -> {
            client.start().authentication(code, code == MD5 ? SALT : "");
            client.password();
        })) {
            assertThat(failure(to(fake.port(), driver)
                            .sslMode(SslMode.DISABLE)
                            .requireAuth(requireAuth)
                            .schemaWait(Duration.ZERO)))
                    .isInstanceOf(DatastoreException.class);
            assertThat(fake.passwords())
                    .isNotEmpty()
                    .allMatch(password -> password.startsWith(code == MD5 ? "md5" : "secret"));
        }
    }

    @ParameterizedTest
    @EnumSource(Driver.class)
    void clearTextIsForAVerifiedServer(Driver driver) {
        DatastoreOptions.Builder verified = to(server.port(), driver)
                .username("clear")
                .sslMode(SslMode.VERIFY_CA)
                .sslRootCert(authority);
        Databases.connect(verified).close().block(SOON);

        assertThat(failure(verified.requireAuth("scram-sha-256")))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("in clear text, which requireAuth=scram-sha-256 does not accept");
        assertThat(failure(verified.requireAuth("!password,!md5")))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("in clear text, which requireAuth=!password,!md5 does not accept");
        assertThat(failure(to(server.port(), driver).username("clear")))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("clear text");
    }

    @ParameterizedTest
    @EnumSource(Driver.class)
    void scramNeedsNoOption(Driver driver) {
        Databases.connect(to(server.port(), driver)).close().block(SOON);
        Databases.connect(to(server.port(), driver).requireAuth("scram-sha-256"))
                .close()
                .block(SOON);

        assertThat(failure(to(server.port(), driver).requireAuth("!scram-sha-256")))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("SCRAM");
    }

    @ParameterizedTest
    @EnumSource(Driver.class)
    void noQuestionIsForThoseWithoutAPassword(Driver driver) {
        DatastoreOptions.Builder trusted =
                to(server.port(), driver).host("127.0.0.1").username(database.user());
        assertThat(failure(trusted))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("without asking for the password");
        assertThat(failure(trusted.sslMode(SslMode.VERIFY_FULL).sslRootCert(authority)))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("without asking for the password");

        Databases.connect(trusted.requireAuth("none")).close().block(SOON);
        Databases.connect(to(server.port(), driver)
                        .host("127.0.0.1")
                        .username(database.user())
                        .password(null))
                .close()
                .block(SOON);
        assertThat(failure(to(server.port(), driver)
                        .host("127.0.0.1")
                        .username(database.user())
                        .password(null)
                        .requireAuth("!none")))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("requireAuth=!none does not accept");
    }

    /** A certificate logs in without a question, also beside a password that other servers ask for. */
    @ParameterizedTest
    @EnumSource(Driver.class)
    void aCertificateLogsInBesideAPassword(Driver driver, @TempDir Path files) {
        AUTHORITY.client("certified").issue().writeSecret(files);

        Databases.connect(to(server.port(), driver).username("certified").certificates(files))
                .close()
                .block(SOON);
    }

    @ParameterizedTest
    @EnumSource(Driver.class)
    void aServerThatDoesNotProveToKnowThePasswordIsRefused(Driver driver) throws IOException {
        try (FakeServer early = FakeServer.of(client -> {
                    scram(client, "SCRAM-SHA-256\0\0");
                    client.welcome().silence();
                });
                FakeServer wrong = FakeServer.of(client -> {
                    scram(client, "SCRAM-SHA-256\0\0");
                    client.authentication(SASL_FINAL, "v=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=")
                            .welcome()
                            .silence();
                })) {
            assertThat(failure(to(early.port(), driver).sslMode(SslMode.DISABLE)))
                    .isInstanceOf(ConfigurationException.class)
                    .hasMessageContaining("without proving that it knows the password");
            assertThat(failure(to(wrong.port(), driver).sslMode(SslMode.DISABLE)))
                    .isInstanceOf(ConfigurationException.class)
                    .hasMessageNotContaining("secret");
        }
    }

    private static void scram(FakeClient client, String mechanisms) throws IOException {
        client.start().authentication(SASL, mechanisms);
        String first = client.password();
        client.authentication(
                SASL_CONTINUE, "r=" + first.substring(first.indexOf("r=") + 2) + "more,s=c2FsdA==,i=4096");
        client.password();
    }

    @ParameterizedTest
    @EnumSource(Driver.class)
    void noLoginIsAcceptedAfterTheLogin(Driver driver) throws IOException {
        try (FakeServer fake = FakeServer.of(client -> {
            client.start().welcome().question();
            client.authentication(CLEAR_TEXT, "");
            client.password();
        })) {
            assertThat(failure(to(fake.port(), driver)
                            .sslMode(SslMode.DISABLE)
                            .requireAuth("none")
                            .schemaWait(Duration.ZERO)))
                    .isInstanceOf(DatastoreException.class);
            assertThat(fake.passwords()).isEmpty();
        }
    }

    @ParameterizedTest
    @EnumSource(Driver.class)
    void channelBindingCanBeRequired(Driver driver) throws Exception {
        Databases.connect(to(server.port(), driver).channelBinding(ChannelBinding.REQUIRE))
                .close()
                .block(SOON);

        DatastoreOptions.Builder verified =
                to(server.port(), driver).channelBinding(ChannelBinding.REQUIRE).sslRootCert(authority);
        assertThat(failure(verified.username("clear")))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("in clear text, and channelBinding=require accepts only SCRAM-SHA-256-PLUS");
        assertThat(failure(
                        verified.requireAuth("none").username(database.user()).host("127.0.0.1")))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("channelBinding=require");
        try (FakeServer withoutOffer = FakeServer.of(
                        AUTHORITY.server("localhost").issue(), client -> scram(client, "SCRAM-SHA-256\0\0"));
                FakeServer withoutTls = FakeServer.of(client -> scram(client, "SCRAM-SHA-256-PLUS\0\0"))) {
            assertThat(failure(to(withoutOffer.port(), driver).channelBinding(ChannelBinding.REQUIRE)))
                    .isInstanceOf(ConfigurationException.class)
                    .hasMessageContaining("does not offer SCRAM-SHA-256-PLUS");
            assertThat(failure(to(withoutTls.port(), driver)
                            .sslMode(SslMode.PREFER)
                            .channelBinding(ChannelBinding.REQUIRE)))
                    .isInstanceOf(ConfigurationException.class)
                    .hasMessageContaining("no TLS");
        }
    }

    /** For connections of the application's own. */
    @Test
    void theJdbcDriverGetsTheSameRules() {
        DatastoreOptions.Builder options = to(1, Driver.JDBC);
        assertThat(options.build().jdbcLogin())
                .containsEntry("requireAuth", "scram-sha-256")
                .containsEntry("channelBinding", "prefer");
        assertThat(options.requireAuth("!scram-sha-256").build().jdbcLogin())
                .containsEntry("requireAuth", "!password,!md5,!gss,!sspi,!scram-sha-256,!none");
        assertThat(to(1, Driver.JDBC).password(null).build().jdbcLogin()).doesNotContainKey("requireAuth");
        assertThat(to(1, Driver.JDBC)
                        .sslMode(SslMode.VERIFY_FULL)
                        .channelBinding(ChannelBinding.REQUIRE)
                        .build()
                        .jdbcLogin())
                .containsEntry("requireAuth", "gss,md5,password,scram-sha-256,sspi")
                .containsEntry("channelBinding", "require");
    }

    @Test
    void optionsThatMakeNoSenseAreRefused() {
        assertThat(failure(to(1, Driver.R2DBC).requireAuth("scram-sha-256,!md5")))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("requireAuth must be a list")
                .hasMessageContaining("scram-sha-256");
        assertThat(failure(to(1, Driver.R2DBC).requireAuth("scram")))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("requireAuth must be a list");
        assertThat(failure(to(1, Driver.R2DBC).sslMode(SslMode.DISABLE).channelBinding(ChannelBinding.REQUIRE)))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("needs TLS");
        assertThat(DatastoreOptions.fromYaml(
                                "connection: {host: h, database: d, username: u, requireAuth: '!md5', channelBinding: disable}")
                        .toString())
                .contains("requireAuth=!md5", "channelBinding=DISABLE");
    }
}

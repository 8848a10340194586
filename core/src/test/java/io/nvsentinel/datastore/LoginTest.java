// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore;

import static io.nvsentinel.datastore.Databases.SOON;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nvsentinel.datastore.error.ConfigurationException;
import io.nvsentinel.testserver.EmbeddedServer;
import io.nvsentinel.testserver.PostgresServer;
import io.nvsentinel.testserver.TestDatabase;
import io.nvsentinel.testserver.TlsMaterial;
import io.nvsentinel.testserver.pki.TestCertificate;
import io.nvsentinel.testserver.pki.TestCertificates;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Logins with passwords (SCRAM) and with certificates, as the environment or YAML gives them, over both drivers: the
 * check of the schema goes over JDBC, everything else over R2DBC.
 */
class LoginTest {

    private static final List<String> PASSWORDS = List.of(
            "plain",
            "two words",
            " spaces around ",
            "tab\tbetween",
            "it's",
            "\"quoted\"",
            "back\\slash\\",
            "p@ss:w/rd?a=b&c#d%20",
            "$1 ${x} {} []",
            "päßwörd€",
            "日本語",
            "😀 \"'\\\t@/ß",
            "null",
            "0123");

    private static final TestCertificates AUTHORITY = TestCertificates.create();

    private static EmbeddedServer server;
    private static TestDatabase database;

    @TempDir
    private static Path files;

    @BeforeAll
    static void start() throws IOException {
        var builder = PostgresServer.embedded()
                .tls(TlsMaterial.of(AUTHORITY.server("localhost", "127.0.0.1").issue()))
                .certificateUser("certified");
        for (int i = 0; i < PASSWORDS.size(); i++) {
            builder.passwordUser("user" + i, PASSWORDS.get(i));
        }
        server = builder.start();
        database = server.createDatabase(Databases.MIGRATED);
        database.execute("GRANT pg_read_all_data TO certified");
        for (int i = 0; i < PASSWORDS.size(); i++) {
            database.execute("GRANT pg_read_all_data TO user" + i);
        }
        TestCertificate client = AUTHORITY.client("certified").issue();
        client.writeSecret(files.resolve("certs"));
        Files.createDirectories(files.resolve("my certs"));
        Files.writeString(files.resolve("my certs/ca file.crt"), AUTHORITY.authorityPem());
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    static List<String> passwords() {
        return PASSWORDS;
    }

    @Test
    void aMissingOrEmptyPasswordIsNotWaitedFor() {
        for (SchemaMode mode : SchemaMode.values()) {
            for (String password : new String[] {null, ""}) {
                assertThatThrownBy(() -> Datastore.connect(DatastoreOptions.builder()
                                        .host(database.host())
                                        .port(database.port())
                                        .database(database.name())
                                        .username("user0")
                                        .password(password)
                                        .sslMode(io.nvsentinel.tls.SslMode.REQUIRE)
                                        .schemaMode(mode)
                                        .schemaWait(SOON.multipliedBy(2))
                                        .build())
                                .block(SOON))
                        .isInstanceOf(ConfigurationException.class)
                        .hasMessageContaining("password");
            }
        }
    }

    /** C16. */
    @ParameterizedTest
    @MethodSource("passwords")
    void anyPasswordLogsInUnchanged(String password) {
        String user = "user" + PASSWORDS.indexOf(password);
        Map<String, String> environment = environment(user);
        environment.put("DATASTORE_PASSWORD", password);
        with(DatastoreOptions.fromEnvironment(environment), datastore -> {});
        with(DatastoreOptions.fromYaml(yaml(user, password)), datastore -> {});

        environment.put("DATASTORE_PASSWORD", password + " ");
        assertThatThrownBy(() -> Datastore.connect(DatastoreOptions.fromEnvironment(environment))
                        .block(SOON))
                .isInstanceOfSatisfying(
                        ConfigurationException.class,
                        error -> assertThat(error.sqlState()).isEqualTo("28P01"))
                .hasMessageNotContaining(password);
    }

    /** C13: a mount is there, as for every service, and the password decides that no certificate is sent. */
    @Test
    void aPasswordLogsInWithoutTheMountedCertificate() {
        Map<String, String> environment = environment("user0");
        environment.put("DATASTORE_PASSWORD", PASSWORDS.get(0));
        environment.put(
                "POSTGRESQL_CLIENT_CERT_MOUNT_PATH", files.resolve("certs").toString());
        with(
                DatastoreOptions.fromEnvironment(environment),
                datastore -> assertThat(session()).isEqualTo("user0 t"));
    }

    /** C7, C14. */
    @Test
    void aMountedCertificateLogsInWithoutAPassword() {
        Map<String, String> environment = environment("certified");
        environment.put(
                "POSTGRESQL_CLIENT_CERT_MOUNT_PATH", files.resolve("certs").toString());
        with(
                DatastoreOptions.fromEnvironment(environment),
                datastore -> assertThat(session()).isEqualTo("certified t /CN=certified"));
    }

    /** C15. */
    @Test
    void aPasswordLogsInWithAnExplicitAuthorityWhosePathHasASpace() {
        Map<String, String> environment = environment("user1");
        environment.put("DATASTORE_PASSWORD", PASSWORDS.get(1));
        environment.put(
                "DATASTORE_SSLROOTCERT", files.resolve("my certs/ca file.crt").toString());
        DatastoreOptions options = DatastoreOptions.fromEnvironment(environment);
        with(options, datastore -> assertThat(session()).isEqualTo("user1 t"));

        environment.put("DATASTORE_HOST", "127.0.0.1");
        with(DatastoreOptions.fromEnvironment(environment), datastore -> {});
        Path stranger = write("stranger.crt", TestCertificates.create().authorityPem());
        for (SchemaMode mode : SchemaMode.values()) {
            DatastoreOptions wrong =
                    options.toBuilder().sslRootCert(stranger).schemaMode(mode).build();
            assertThatThrownBy(() -> Datastore.connect(wrong).block(SOON))
                    .isInstanceOf(ConfigurationException.class)
                    .hasMessageContaining("TLS");
        }
    }

    /** The logged-in user, whether TLS is used, and the subject of the client certificate. */
    private static String session() {
        return String.join(
                "",
                database.queryForStrings("SELECT DISTINCT concat_ws(' ', usename, ssl, client_dn) FROM pg_stat_ssl JOIN"
                        + " pg_stat_activity USING (pid) WHERE application_name = 'nvsentinel-datastore'"));
    }

    private static Path write(String name, String text) {
        try {
            return Files.writeString(files.resolve(name), text);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Map<String, String> environment(String user) {
        return new HashMap<>(Map.of(
                "DATASTORE_PROVIDER",
                "postgresql",
                "DATASTORE_HOST",
                "localhost",
                "DATASTORE_PORT",
                String.valueOf(server.port()),
                "DATASTORE_DATABASE",
                database.name(),
                "DATASTORE_USERNAME",
                user,
                "DATASTORE_SCHEMA_MODE",
                "validate"));
    }

    private static String yaml(String user, String password) {
        String quoted = password.replace("\\", "\\\\").replace("\"", "\\\"").replace("\t", "\\t");
        return ("connection: {host: localhost, port: %d, database: %s, username: %s, password: "
                        + "\"%s\"}\noptions: {schemaMode: validate}")
                .formatted(server.port(), database.name(), user, quoted);
    }

    private static void with(DatastoreOptions options, Consumer<Datastore> check) {
        Datastore datastore = Datastore.connect(options).block(SOON);
        try {
            datastore.ping().block(SOON);
            check.accept(datastore);
        } finally {
            datastore.close().block(SOON);
        }
    }
}

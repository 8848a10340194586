// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.quickstart;

import static org.assertj.core.api.Assertions.assertThat;

import io.nvsentinel.testserver.EmbeddedServer;
import io.nvsentinel.testserver.PostgresServer;
import io.nvsentinel.testserver.TlsMaterial;
import io.nvsentinel.testserver.pki.TestCertificate;
import io.nvsentinel.testserver.pki.TestCertificates;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What goes wrong most often at a first attempt, each with the one line that says so. */
class ConnectionErrorsTest {

    private static final TestCertificates AUTHORITY = TestCertificates.create();
    private static EmbeddedServer server;

    @TempDir
    private Path mount;

    @BeforeAll
    static void start() {
        server = PostgresServer.embedded()
                .tls(TlsMaterial.of(AUTHORITY.server("localhost").issue()))
                .certificateUser("app")
                .start();
        server.admin().execute("CREATE DATABASE app OWNER app");
    }

    @AfterAll
    static void close() {
        server.close();
    }

    @Test
    void theRightCertificateWorks() {
        mount(AUTHORITY.client("app").issue());

        Run run = connect(server.port());

        assertThat(run.err()).isEmpty();
        assertThat(run.exitCode()).isZero();
    }

    @Test
    void aWrongAuthority() throws IOException {
        TestCertificate client = AUTHORITY.client("app").issue();
        mount(client);
        Files.writeString(mount.resolve("ca.crt"), TestCertificates.create().authorityPem());

        assertOneLine(connect(server.port()), "certificate");
    }

    @Test
    void anExpiredCertificate() {
        mount(AUTHORITY.client("app").expired().issue());

        assertOneLine(connect(server.port()), "expired");
    }

    @Test
    void aPortThatNobodyListensOn() throws IOException {
        mount(AUTHORITY.client("app").issue());
        int port;
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = socket.getLocalPort();
        }

        assertOneLine(connect(port), "refused");
    }

    @Test
    void aMissingFile() throws IOException {
        mount(AUTHORITY.client("app").issue());
        Files.delete(mount.resolve("tls.key"));

        assertOneLine(connect(server.port()), "tls.key");
    }

    @Test
    void aMissingVariable() {
        assertOneLine(Run.with(Map.of("DATASTORE_HOST", "localhost")), "database");
    }

    private void mount(TestCertificate client) {
        client.writeSecret(mount);
    }

    private Run connect(int port) {
        return Run.with(Map.of(
                "DATASTORE_HOST", "localhost",
                "DATASTORE_PORT", Integer.toString(port),
                "DATASTORE_DATABASE", "app",
                "DATASTORE_USERNAME", "app",
                "POSTGRESQL_CLIENT_CERT_MOUNT_PATH", mount.toString()));
    }

    private static void assertOneLine(Run run, String word) {
        assertThat(run.exitCode()).isEqualTo(1);
        assertThat(run.err())
                .singleElement()
                .asString()
                .startsWith("quickstart: ")
                .containsIgnoringCase(word);
    }
}

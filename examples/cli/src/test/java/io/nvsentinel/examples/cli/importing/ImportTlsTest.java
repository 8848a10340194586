// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.cli.importing;

import static org.assertj.core.api.Assertions.assertThat;

import io.nvsentinel.examples.cli.ExitCode;
import io.nvsentinel.examples.cli.Run;
import io.nvsentinel.testserver.EmbeddedServer;
import io.nvsentinel.testserver.PostgresServer;
import io.nvsentinel.testserver.TlsMaterial;
import io.nvsentinel.testserver.pki.TestCertificates;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The import into a server that lets its owner in by a certificate only. */
class ImportTlsTest {

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
    void theCertificateLetsItIn() {
        AUTHORITY.client("app").issue().writeSecret(mount);
        assertThat(Run.with(environment(), "schema", "migrate").exitCode()).isZero();

        Run run = importing(environment());

        assertThat(run.exitCode()).as(run.toString()).isEqualTo(ExitCode.OK);
        assertThat(run.text()).containsPattern("(?m)^  stored +500$").contains("all are equal");

        Map<String, String> without = environment();
        without.remove("POSTGRESQL_CLIENT_CERT_MOUNT_PATH");
        without.put("DATASTORE_SSLMODE", "verify-full");
        without.put("DATASTORE_SSLROOTCERT", mount.resolve("ca.crt").toString());
        Run refused = importing(without);
        assertThat(refused.exitCode()).as(refused.toString()).isEqualTo(ExitCode.USAGE);
        assertThat(refused.err())
                .singleElement()
                .asString()
                .contains("requires a valid client certificate")
                .contains("requires another authentication method");
    }

    @Test
    void theCertificateOfAnotherAuthorityDoesNot() {
        TestCertificates.create().client("app").issue().writeSecret(mount);

        Run run = importing(environment());

        assertThat(run.exitCode()).as(run.toString()).isIn(ExitCode.USAGE, ExitCode.UNAVAILABLE);
        assertThat(run.err()).singleElement().asString().contains("ertificate");
    }

    private static Run importing(Map<String, String> environment) {
        return Run.with(environment, new Numbered(500), "import-mongo", "-", "--into", "imported");
    }

    private Map<String, String> environment() {
        return new HashMap<>(Map.of(
                "DATASTORE_HOST", "localhost",
                "DATASTORE_PORT", Integer.toString(server.port()),
                "DATASTORE_DATABASE", "app",
                "DATASTORE_USERNAME", "app",
                "POSTGRESQL_CLIENT_CERT_MOUNT_PATH", mount.toString()));
    }
}

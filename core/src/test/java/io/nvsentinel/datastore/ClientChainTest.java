// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore;

import static io.nvsentinel.datastore.Databases.SOON;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.nvsentinel.datastore.error.ConfigurationException;
import io.nvsentinel.testserver.EmbeddedServer;
import io.nvsentinel.testserver.PostgresDatabase;
import io.nvsentinel.testserver.PostgresServer;
import io.nvsentinel.testserver.TlsMaterial;
import io.nvsentinel.testserver.pki.TestCertificate;
import io.nvsentinel.testserver.pki.TestCertificates;
import io.nvsentinel.tls.SslMode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** What the datastore says of TLS: whether it is there, and why a server closes a connection without a word. */
class ClientChainTest {

    @RegisterExtension
    static final PostgresDatabase DATABASE = PostgresDatabase.from(Databases.MIGRATED);

    @TempDir
    private Path mount;

    @Test
    void aMissingIntermediateCertificateIsNamedOnBothPaths() throws IOException {
        TestCertificates authority = TestCertificates.create();
        TestCertificate client = authority.intermediate().client("app").issue();
        client.writeSecret(mount);
        String whole = client.certificatesPem();
        Files.writeString(
                mount.resolve("tls.crt"), whole.substring(0, whole.indexOf("-----END CERTIFICATE-----") + 26));
        try (EmbeddedServer server = PostgresServer.embedded()
                .tls(TlsMaterial.of(authority.server("localhost").issue()))
                .certificateUser("app")
                .start()) {
            for (SchemaMode mode : new SchemaMode[] {SchemaMode.NONE, SchemaMode.VALIDATE}) {
                DatastoreOptions options = DatastoreOptions.builder()
                        .host("localhost")
                        .port(server.port())
                        .database("postgres")
                        .username("app")
                        .certificates(mount)
                        .schemaMode(mode)
                        .schemaWait(Duration.ZERO)
                        .build();

                Throwable error =
                        catchThrowable(() -> Datastore.connect(options).block(SOON));

                assertThat(error)
                        .as(mode.name())
                        .isInstanceOf(ConfigurationException.class)
                        .hasMessageContaining("an intermediate certificate is missing");
            }
        }
    }

    @Test
    void thereIsNoTlsStatusWhenPreferEndsInPlainText() {
        Datastore datastore =
                Databases.connect(Databases.options(DATABASE.get()).sslMode(SslMode.PREFER));
        try {
            assertThat(datastore.tlsStatus()).isEmpty();
        } finally {
            datastore.close().block(SOON);
        }
    }
}

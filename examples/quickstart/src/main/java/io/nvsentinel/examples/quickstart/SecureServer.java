// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.quickstart;

import io.nvsentinel.datastore.DatastoreOptions;
import io.nvsentinel.testserver.EmbeddedServer;
import io.nvsentinel.testserver.PostgresServer;
import io.nvsentinel.testserver.TlsMaterial;
import io.nvsentinel.testserver.pki.TestCertificates;
import io.nvsentinel.tls.SslMode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.stream.Stream;

/** The quick start's own PostgreSQL, which requires a client certificate. */
final class SecureServer {

    private static final String NAME = "nvsentinel";

    private SecureServer() {}

    /**
     * Starts the server, with a database and its owner, and writes the owner's certificates.
     *
     * @param terminal receives the progress
     * @param closer closes the server and deletes its files
     * @return the database
     */
    static Target start(Terminal terminal, Closer closer) {
        TestCertificates authority = TestCertificates.create();
        Path mount = closer.open(SecureServer::temporaryDirectory, SecureServer::delete)
                .resolve("client-certs");
        EmbeddedServer server = closer.open(() -> start(authority, terminal), EmbeddedServer::close);
        server.admin().execute("CREATE DATABASE " + NAME + " OWNER " + NAME);
        authority.client(NAME).issue().writeSecret(mount);
        terminal.detail("Certificates in " + mount + " (tls.crt, tls.key, ca.crt), as Kubernetes mounts a secret");
        return Target.embedded(DatastoreOptions.builder()
                .host(server.host())
                .port(server.port())
                .database(NAME)
                .username(NAME)
                .sslMode(SslMode.VERIFY_FULL)
                .certificates(mount)
                .applicationName("quickstart")
                .build());
    }

    private static EmbeddedServer start(TestCertificates authority, Terminal terminal) {
        return PostgresServer.embedded()
                .tls(TlsMaterial.of(authority.server("localhost", "127.0.0.1").issue()))
                .certificateUser(NAME)
                // As in production: a commit that is reported is on disk, and latencies include that.
                .setting("fsync", "on")
                .setting("synchronous_commit", "on")
                .stopAtExit(false)
                .onProgress(terminal::detail)
                .start();
    }

    private static Path temporaryDirectory() {
        try {
            return Files.createTempDirectory("nvsentinel-quickstart");
        } catch (IOException e) {
            throw new UncheckedIOException("cannot create a temporary directory: " + e.getMessage(), e);
        }
    }

    private static void delete(Path directory) {
        try (Stream<Path> tree = Files.walk(directory)) {
            for (Path path : tree.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(path);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(directory + " could not be deleted: " + e.getMessage(), e);
        }
    }
}

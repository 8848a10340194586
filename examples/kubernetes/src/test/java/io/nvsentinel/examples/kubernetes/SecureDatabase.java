// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.kubernetes;

import io.nvsentinel.datastore.Datastore;
import io.nvsentinel.datastore.DatastoreOptions;
import io.nvsentinel.examples.kubernetes.Manifests.Node;
import io.nvsentinel.testserver.EmbeddedServer;
import io.nvsentinel.testserver.EmbeddedServerBuilder;
import io.nvsentinel.testserver.PostgresServer;
import io.nvsentinel.testserver.TlsMaterial;
import io.nvsentinel.testserver.pki.KeyType;
import io.nvsentinel.testserver.pki.TestCertificate;
import io.nvsentinel.testserver.pki.TestCertificates;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * The database of the manifests: a server with their {@code pg_hba.conf}, their users and their certificates, migrated and
 * granted as their Job does it. One for all test classes.
 */
final class SecureDatabase implements AutoCloseable {

    private static final Duration SOON = Duration.ofSeconds(60);
    private static final ExtensionContext.Namespace NAMESPACE = ExtensionContext.Namespace.create(SecureDatabase.class);
    private static SecureDatabase shared;

    private final EmbeddedServer server;
    private final TestCertificates authority = TestCertificates.create();
    private final Map<String, Path> mounts = new HashMap<>();

    /** In the form that the JDBC driver reads; psql reads the PEM file. */
    private final Map<String, byte[]> keys = new HashMap<>();

    private SecureDatabase() {
        List<String> names = new ArrayList<>(
                Manifests.object("Certificate", "postgresql-server").at("spec").texts("dnsNames"));
        names.add("localhost");
        EmbeddedServerBuilder builder = PostgresServer.embedded()
                .tls(TlsMaterial.of(authority
                        .server(names.toArray(String[]::new))
                        .keyType(keyType("postgresql-server"))
                        .issue()));
        hbaLines().forEach(builder::hba);
        server = builder.start();
        prepare();
    }

    /** For the registration; the server comes with the first class. */
    static BeforeAllCallback extension() {
        return context -> context.getRoot()
                .getStore(NAMESPACE)
                .computeIfAbsent(SecureDatabase.class, type -> shared = new SecureDatabase());
    }

    static SecureDatabase get() {
        return shared;
    }

    static List<String> hbaLines() {
        return Manifests.object("ConfigMap", "postgresql-config")
                .text("data", "pg_hba.conf")
                .lines()
                .filter(line -> !line.isBlank() && !line.startsWith("#"))
                .toList();
    }

    private static KeyType keyType(String certificate) {
        Node key = Manifests.object("Certificate", certificate).at("spec", "privateKey");
        return KeyType.valueOf(key.text("algorithm").equals("ECDSA") ? "EC" : key.text("algorithm"));
    }

    /** As the image's entry point does it, and then as the Job. */
    private void prepare() {
        String database = Manifests.object("StatefulSet", "postgresql")
                .at("spec", "template", "spec")
                .named("containers", "postgresql")
                .named("env", "POSTGRES_DB")
                .text("value");
        server.admin().execute("CREATE DATABASE " + database);
        execute(Manifests.read(Manifests.ROOT.resolve("docs/postgresql-roles.sql")));
        execute(Manifests.object("ConfigMap", "postgresql-config").text("data", "users.sql"));
        Node job = Manifests.object("Job", "datastore-migrations").at("spec", "template", "spec");
        DatastoreOptions migrate =
                DatastoreOptions.fromEnvironment(here(Manifests.environment(job.named("initContainers", "migrate"))));
        Datastore.connect(migrate).flatMap(Datastore::close).block(SOON);
        grant(Manifests.environment(job.named("containers", "grant")));
    }

    /** What psql does with its variables. */
    private void grant(Map<String, String> environment) {
        Path mount = mount(environment.get("PGUSER"));
        String url = "jdbc:postgresql://localhost:" + server.port() + "/" + environment.get("PGDATABASE") + "?user="
                + environment.get("PGUSER") + "&sslmode=" + environment.get("PGSSLMODE")
                + "&sslrootcert=" + mount.resolve("ca.crt") + "&sslcert=" + mount.resolve("tls.crt")
                + "&sslkey=" + mount.resolve("key.der");
        try {
            Files.write(mount.resolve("key.der"), keys.get(environment.get("PGUSER")));
            execute(url, Manifests.read(Manifests.ROOT.resolve("docs/postgresql-grants.sql")));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The mounted certificate of a user, issued according to the manifest with that common name. */
    Path mount(String user) {
        return mounts.computeIfAbsent(user, name -> {
            Node certificate = Manifests.objects().stream()
                    .filter(object -> object.text("kind").equals("Certificate")
                            && object.text("spec", "commonName").equals(name))
                    .findFirst()
                    .orElseThrow(() -> new AssertionError("No certificate names " + name));
            try {
                Path mount = Files.createTempDirectory("mount");
                TestCertificate issued = authority
                        .client(certificate.text("spec", "commonName"))
                        .keyType(keyType(certificate.text("metadata", "name")))
                        .issue();
                issued.writeSecret(mount);
                keys.put(name, issued.privateKey().getEncoded());
                return mount;
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
    }

    /** The variables as a Pod gets them, but for where things are. */
    Map<String, String> here(Map<String, String> environment) {
        Map<String, String> moved = new HashMap<>(environment);
        moved.put("DATASTORE_HOST", "localhost");
        moved.put("DATASTORE_PORT", String.valueOf(server.port()));
        moved.put(
                "POSTGRESQL_CLIENT_CERT_MOUNT_PATH",
                mount(environment.get("DATASTORE_USERNAME")).toString());
        return moved;
    }

    /** As the application connects. */
    DatastoreOptions application() {
        Node pod = Manifests.object("Deployment", "fault-quarantine").at("spec", "template", "spec");
        return DatastoreOptions.fromEnvironment(
                here(Manifests.environment(pod.named("containers", "fault-quarantine"))));
    }

    int port() {
        return server.port();
    }

    /** As the superuser, in the datastore's database. */
    void execute(String sql) {
        execute(adminUrl(), sql);
    }

    String adminUrl() {
        return "jdbc:postgresql://localhost:" + server.port() + "/nvsentinel?user=postgres";
    }

    private static void execute(String url, String sql) {
        try (Connection connection = DriverManager.getConnection(url);
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        } catch (SQLException e) {
            throw new IllegalStateException("Failed: " + sql, e);
        }
    }

    @Override
    public void close() {
        server.close();
    }
}

// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.benchmarks.server;

import io.nvsentinel.datastore.Datastore;
import io.nvsentinel.testserver.EmbeddedServer;
import io.nvsentinel.testserver.PostgresServer;
import io.nvsentinel.testserver.TlsMaterial;
import io.nvsentinel.testserver.pki.TestCertificates;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** The measured server: a server started here, as durable as in production, or a given one. */
public final class MeasuredServer implements AutoCloseable {

    /** The role that connects with a certificate. */
    public static final String CERTIFICATE_USER = "benchmark";

    private static final Duration CONNECT_WAIT = Duration.ofMinutes(1);
    private static final List<String> REPORTED = List.of(
            "server_version",
            "fsync",
            "synchronous_commit",
            "full_page_writes",
            "wal_level",
            "shared_buffers",
            "min_wal_size",
            "max_wal_size",
            "max_connections",
            "checkpoint_timeout",
            "wal_compression",
            "jit");

    private static final int SEGMENTS_OF_A_GIGABYTE = 64;

    private final Database admin;
    private final @Nullable EmbeddedServer embedded;
    private final @Nullable TestCertificates authority;
    private final int gigabytesOfWal;
    private final Deque<Database> databases = new ArrayDeque<>();
    private @Nullable Database template;

    private MeasuredServer(
            Database admin,
            @Nullable EmbeddedServer embedded,
            @Nullable TestCertificates authority,
            int gigabytesOfWal) {
        this.admin = admin;
        this.embedded = embedded;
        this.authority = authority;
        this.gigabytesOfWal = gigabytesOfWal;
    }

    /**
     * Starts a server: durable commits, logical WAL for Debezium, memory as for a small production server, TLS for
     * clients that request it.
     *
     * @param durable whether commits wait for the disk; false only if the figures are not used
     * @param gigabytesOfWal how much WAL is written in advance, whose files are reused
     * @param progress receives the progress
     * @return the server, which the caller must close
     */
    public static MeasuredServer embedded(boolean durable, int gigabytesOfWal, Consumer<String> progress) {
        TestCertificates authority = TestCertificates.create();
        EmbeddedServer server = PostgresServer.embedded()
                .tls(TlsMaterial.of(authority.server("localhost", "127.0.0.1").issue()))
                .certificateUser(CERTIFICATE_USER)
                .setting("fsync", durable ? "on" : "off")
                .setting("synchronous_commit", "on")
                .setting("full_page_writes", "on")
                .setting("wal_level", "logical")
                .setting("max_replication_slots", "20")
                .setting("max_wal_senders", "20")
                .setting("max_connections", "400")
                .setting("shared_buffers", "1GB")
                .setting("min_wal_size", Math.max(1, gigabytesOfWal) + "GB")
                .setting("checkpoint_timeout", "15min")
                .stopAtExit(true)
                .onProgress(progress)
                .start();
        Database admin = new Database(
                server.host(), server.port(), server.adminDatabase(), server.adminUser(), server.adminPassword());
        if (gigabytesOfWal > 0) {
            progress.accept("write " + gigabytesOfWal + " GB of WAL, whose files are reused");
            writeWal(admin, gigabytesOfWal);
        }
        maxWal(admin, "8GB");
        return new MeasuredServer(admin, server, authority, gigabytesOfWal);
    }

    /**
     * Brings the server to where any is that has run for a while: it does not make files of WAL, which costs writers
     * 50 to 100 ms for each 16 MB, but uses old ones again. No checkpoint may come in between, after which it would.
     */
    private static void writeWal(Database admin, int gigabytes) {
        maxWal(admin, 3 * gigabytes + "GB");
        admin.execute(
                "DO $$ BEGIN FOR i IN 1.." + gigabytes * SEGMENTS_OF_A_GIGABYTE + " LOOP"
                        + " PERFORM pg_logical_emit_message(false, '', ''); PERFORM pg_switch_wal(); END LOOP; END $$",
                "CHECKPOINT");
    }

    private static void maxWal(Database admin, String size) {
        admin.execute("ALTER SYSTEM SET max_wal_size = '" + size + "'", "SELECT pg_reload_conf()");
        long end = System.nanoTime() + CONNECT_WAIT.toNanos();
        while (!admin.text("SHOW max_wal_size").equals(size)) {
            if (System.nanoTime() > end) {
                throw new IllegalStateException("The server does not take max_wal_size = " + size);
            }
        }
    }

    /**
     * Takes a given server. Its user must be able to create databases.
     *
     * @param url {@code postgresql://user:password@host:port/database}
     * @return the server
     */
    public static MeasuredServer given(String url) {
        URI uri = URI.create(url);
        String userInfo = uri.getRawUserInfo();
        String path = uri.getRawPath();
        if (uri.getHost() == null || userInfo == null || path == null || path.length() < 2) {
            throw new IllegalArgumentException("--url must be postgresql://user:password@host:port/database");
        }
        String[] login = userInfo.split(":", 2);
        Database admin = new Database(
                uri.getHost(),
                uri.getPort() < 0 ? 5432 : uri.getPort(),
                path.substring(1),
                decode(login[0]),
                login.length > 1 ? decode(login[1]) : null);
        return new MeasuredServer(admin, null, null, 0);
    }

    private static String decode(String text) {
        return URLDecoder.decode(text.replace("+", "%2B"), StandardCharsets.UTF_8);
    }

    /**
     * The database that is there from the beginning.
     *
     * @return how to reach it
     */
    public Database admin() {
        return admin;
    }

    /**
     * Makes a database with the library's schema.
     *
     * @param capture what happens to changes
     * @return the database, which {@link #drop} removes
     */
    public Database create(Capture capture) {
        if (template == null) {
            template = migrated();
        }
        Database database = createEmpty(" TEMPLATE " + template.name());
        capture.applyTo(database);
        return database;
    }

    /** Copied for each scenario: migrating every time would take longer than some of them. */
    private Database migrated() {
        Database database = createEmpty("");
        databases.remove(database);
        Datastore datastore = Datastore.connect(database.options().build()).block(CONNECT_WAIT);
        if (datastore != null) {
            datastore.close().block(CONNECT_WAIT);
        }
        return database;
    }

    /**
     * Makes a database without anything.
     *
     * @return the database, which {@link #drop} removes
     */
    public Database createEmpty() {
        return createEmpty("");
    }

    private Database createEmpty(String from) {
        String name =
                "benchmark_" + UUID.randomUUID().toString().replace("-", "").substring(0, 12);
        admin.execute("CREATE DATABASE " + name + from);
        Database database = admin.named(name);
        databases.push(database);
        return database;
    }

    /**
     * Removes a database, including its connections, and runs a checkpoint, so that it does not affect later
     * measurements.
     *
     * @param database a database created here
     */
    public void drop(Database database) {
        databases.remove(database);
        String slots = " FROM pg_replication_slots WHERE database = '" + database.name() + "'";
        admin.execute("SELECT pg_terminate_backend(active_pid, 10000)" + slots + " AND active");
        admin.execute("SELECT pg_drop_replication_slot(slot_name)" + slots + " AND NOT active");
        admin.execute("DROP DATABASE " + database.name() + " WITH (FORCE)", "CHECKPOINT");
    }

    /** Removes the data that a scenario left behind. */
    public void dropAll() {
        while (!databases.isEmpty()) {
            drop(databases.getFirst());
        }
    }

    /**
     * Whether logical decoding is possible.
     *
     * @return by {@code wal_level}
     */
    public boolean decodesLogically() {
        return admin.text("SHOW wal_level").equals("logical");
    }

    /**
     * Whether the server's processes can be looked at from here.
     *
     * @return false for a given server
     */
    public boolean isEmbedded() {
        return embedded != null;
    }

    /**
     * Writes the files of the certificate user into a directory, as Kubernetes mounts a secret.
     *
     * @param directory does not exist yet
     * @return false if this server has no certificates of ours
     */
    public boolean writeCertificates(Path directory) {
        if (authority == null) {
            return false;
        }
        authority.client(CERTIFICATE_USER).issue().writeSecret(directory);
        return true;
    }

    /**
     * The settings that matter.
     *
     * @return by name
     */
    public Map<String, String> settings() {
        Map<String, String> settings = new LinkedHashMap<>();
        REPORTED.forEach(name -> settings.put(name, admin.text("SHOW " + name)));
        if (gigabytesOfWal > 0) {
            settings.put("WAL written in advance, whose files are reused", gigabytesOfWal + "GB");
        }
        return settings;
    }

    @Override
    public void close() {
        if (embedded == null) {
            if (template != null) {
                databases.push(template);
            }
            dropAll();
        } else {
            embedded.close();
        }
    }
}

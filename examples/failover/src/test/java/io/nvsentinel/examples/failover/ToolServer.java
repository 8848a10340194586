// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.failover;

import io.nvsentinel.changestream.ChangeEvent;
import io.nvsentinel.changestream.ChangeStreams;
import io.nvsentinel.changestream.StartAt;
import io.nvsentinel.changestream.WatchOptions;
import io.nvsentinel.datastore.Datastore;
import io.nvsentinel.datastore.DatastoreOptions;
import io.nvsentinel.datastore.SchemaMode;
import io.nvsentinel.testserver.Ports;
import io.nvsentinel.tls.SslMode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** A server of the machine's own PostgreSQL, which brings the client tools that embedded binaries lack. */
final class ToolServer implements AutoCloseable {

    private static final Duration SOON = Duration.ofSeconds(60);
    private static final Path VERSIONS = Path.of("/usr/lib/postgresql");

    private final Path data;
    private final int port;

    private ToolServer(Path data, int port) {
        this.data = data;
        this.port = port;
    }

    /** Whether the tools are there and may be run by this user. */
    static boolean isPossible() {
        return bin() != null && (!isRoot() || Programs.succeeds(List.of("unshare", "-U"), "true"));
    }

    private static Path bin() {
        if (!Files.isDirectory(VERSIONS)) {
            return null;
        }
        try (Stream<Path> versions = Files.list(VERSIONS)) {
            return versions.map(version -> version.resolve("bin"))
                    .filter(bin -> Stream.of("initdb", "pg_ctl", "pg_dump", "pg_restore", "pg_basebackup", "pg_rewind")
                            .allMatch(tool -> Files.isExecutable(bin.resolve(tool))))
                    .max(Comparator.naturalOrder())
                    .orElse(null);
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    private static boolean isRoot() {
        return "root".equals(System.getProperty("user.name"));
    }

    /** Starts a new server. */
    static ToolServer start(Path data, String... settings) throws IOException {
        ToolServer server = at(data);
        shell("initdb --pgdata=\"$DATA\" --username=postgres --auth=trust --no-sync", Map.of("DATA", data.toString()));
        server.set("wal_log_hints = on", "wal_keep_size = 256MB", "fsync = off");
        server.set(settings);
        server.start();
        return server;
    }

    /** A server with data that are there, or will be; it is not started. */
    static ToolServer at(Path data) {
        return new ToolServer(data, Ports.free());
    }

    void set(String... settings) throws IOException {
        Files.writeString(
                data.resolve("postgresql.conf"), String.join("\n", settings) + "\n", StandardOpenOption.APPEND);
    }

    void start() {
        shell(
                "pg_ctl start -w -D \"$DATA\" -l \"$DATA.log\" -o \"-p $PORT -c listen_addresses=127.0.0.1"
                        + " -c unix_socket_directories=''\"",
                Map.of("DATA", data.toString(), "PORT", Integer.toString(port)));
    }

    void control(String action) {
        shell("pg_ctl " + action + " -w -D \"$DATA\"", Map.of("DATA", data.toString()));
    }

    Path data() {
        return data;
    }

    /** As the tools take it. */
    String url(String database) {
        return "postgresql://postgres@127.0.0.1:" + port + "/" + database;
    }

    String replication() {
        return "host=127.0.0.1 port=" + port + " user=postgres";
    }

    /** Runs commands of a guide, with the tools on the path and variables set. */
    static void shell(String commands, Map<String, String> variables) {
        List<String> command = new ArrayList<>(isRoot() ? List.of("unshare", "-U") : List.of());
        command.addAll(List.of("bash", "-euc", commands));
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment().putAll(variables);
        builder.environment().put("PATH", bin() + ":" + System.getenv("PATH"));
        try {
            Path output = Files.createTempFile("guide", ".log");
            // A server that was started keeps a pipe open.
            Process process = builder.redirectOutput(output.toFile()).start();
            int status = process.waitFor();
            String said = Files.readString(output, StandardCharsets.UTF_8);
            Files.delete(output);
            if (status != 0) {
                throw new IllegalStateException(commands + "\nended with status " + status + ":\n" + said);
            }
        } catch (IOException e) {
            throw new IllegalStateException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    void execute(String database, String sql) {
        try (Connection connection = connect(database);
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        } catch (SQLException e) {
            throw new IllegalStateException(sql, e);
        }
    }

    /** The first column of all rows. */
    List<String> query(String database, String sql) {
        try (Connection connection = connect(database);
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(sql)) {
            List<String> values = new ArrayList<>();
            while (rows.next()) {
                values.add(rows.getString(1));
            }
            return values;
        } catch (SQLException e) {
            throw new IllegalStateException(sql, e);
        }
    }

    private Connection connect(String database) throws SQLException {
        return DriverManager.getConnection("jdbc:postgresql://127.0.0.1:" + port + "/" + database, "postgres", "none");
    }

    void migrate(String database) {
        datastore(database, SchemaMode.MIGRATE).close().block(SOON);
    }

    Datastore datastore(String database, SchemaMode mode) {
        return Datastore.connect(DatastoreOptions.builder()
                        .host("127.0.0.1")
                        .port(port)
                        .database(database)
                        .username("postgres")
                        .sslMode(SslMode.DISABLE)
                        .schemaMode(mode)
                        .build())
                .block(SOON);
    }

    void insert(String database, String node) {
        execute(
                database,
                "INSERT INTO health_events (data) VALUES ('{\"healthevent\":{\"nodeName\":\"" + node + "\"}}')");
    }

    /** Opens a named client, and gives the nodes of its next changes, which it acknowledges. */
    List<String> next(String database, String client, int changes) {
        Datastore datastore = datastore(database, SchemaMode.NONE);
        ChangeStreams streams = ChangeStreams.of(datastore);
        WatchOptions options = WatchOptions.builder()
                .clientName(client)
                .startAt(StartAt.beginning())
                .build();
        try {
            return streams.watch(datastore.healthEvents(), options)
                    .take(changes)
                    .doOnNext(ChangeEvent::acknowledge)
                    .map(change -> change.after().event().nodeName())
                    .collectList()
                    .block(SOON);
        } finally {
            streams.close().block(SOON);
            datastore.close().block(SOON);
        }
    }

    @Override
    public void close() {
        if (Files.exists(data.resolve("postmaster.pid"))) {
            control("stop -m immediate");
        }
    }
}

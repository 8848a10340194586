// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream;

import io.nvsentinel.testserver.Await;
import io.nvsentinel.testserver.Ports;
import io.nvsentinel.testserver.TestDatabase;
import java.io.File;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** PgBouncer in transaction mode before a database, with fewer sessions than clients. */
final class PgBouncer implements AutoCloseable {

    /** What startup sends and PgBouncer before 1.20 does not know. */
    private static final String CONFIGURATION = """
            [databases]
            * = host=%s port=%d user=%s password=%s
            [pgbouncer]
            listen_addr = 127.0.0.1
            listen_port = %d
            unix_socket_dir =
            auth_type = any
            pool_mode = transaction
            default_pool_size = 3
            max_client_conn = 100
            ignore_startup_parameters = search_path, statement_timeout, lock_timeout, extra_float_digits, row_security, quote_all_identifiers, default_transaction_isolation
            """;

    private static final Duration SOON = Duration.ofSeconds(20);

    private final Process process;
    private final Path directory;
    private final int port;

    private PgBouncer(Process process, Path directory, int port) {
        this.process = process;
        this.directory = directory;
        this.port = port;
    }

    /** The program, which the variable {@code PGBOUNCER} names or which is on the path. */
    static Optional<Path> program() {
        String named = System.getenv("PGBOUNCER");
        Stream<Path> places = named != null
                ? Stream.of(Path.of(named))
                : Stream.of((System.getenv("PATH") + File.pathSeparator + "/usr/sbin").split(File.pathSeparator, -1))
                        .map(place -> Path.of(place, "pgbouncer"));
        return places.filter(Files::isExecutable).findFirst();
    }

    static PgBouncer before(TestDatabase database) throws IOException {
        int port = Ports.free();
        Path directory = Files.createTempDirectory("pgbouncer");
        Path configuration = directory.resolve("pgbouncer.ini");
        Files.writeString(
                configuration,
                CONFIGURATION.formatted(database.host(), database.port(), database.user(), database.password(), port));
        List<String> command = new ArrayList<>(List.of(program().orElseThrow().toString()));
        if (System.getProperty("user.name").equals("root")) {
            command.addAll(List.of("-u", "nobody"));
        }
        command.add(configuration.toString());
        Process process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(directory.resolve("log").toFile())
                .start();
        PgBouncer started = new PgBouncer(process, directory, port);
        Await.until("PgBouncer on port " + port, SOON, started::accepts);
        return started;
    }

    private boolean accepts() {
        if (!process.isAlive()) {
            throw new IllegalStateException("PgBouncer ended: " + log());
        }
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            return socket.isConnected();
        } catch (IOException notYet) {
            return false;
        }
    }

    private String log() {
        try {
            return Files.readString(directory.resolve("log"));
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    int port() {
        return port;
    }

    @Override
    public void close() throws IOException {
        process.destroy();
        Await.until("PgBouncer's end", SOON, () -> !process.isAlive());
        Files.delete(directory.resolve("pgbouncer.ini"));
        Files.delete(directory.resolve("log"));
        Files.delete(directory);
    }
}

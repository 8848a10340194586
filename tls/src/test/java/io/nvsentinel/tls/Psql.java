// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.tls;

import io.nvsentinel.testserver.PostgresServer;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** The reference: libpq's own client, if this machine has it. */
final class Psql {

    private Psql() {}

    static boolean exists() {
        return Stream.of(System.getenv("PATH").split(File.pathSeparator))
                .anyMatch(directory -> Files.isExecutable(Path.of(directory, "psql")));
    }

    /** Connects once; a root certificate that does not exist is none. Says "tls", "plain" or "fails". */
    static String connect(PostgresServer server, String mode, Path root) throws IOException, InterruptedException {
        return connect(server, mode, root, Path.of("/nowhere/root.crl"));
    }

    static String connect(PostgresServer server, String mode, Path root, Path revocationList)
            throws IOException, InterruptedException {
        ProcessBuilder psql = new ProcessBuilder(
                        "psql", "-XAtc", "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()")
                .redirectErrorStream(true);
        psql.environment().keySet().removeIf(name -> name.startsWith("PG"));
        psql.environment()
                .putAll(Map.of(
                        "PGHOST",
                        "localhost",
                        "PGPORT",
                        String.valueOf(server.port()),
                        "PGUSER",
                        server.adminUser(),
                        "PGDATABASE",
                        "postgres",
                        "PGSSLMODE",
                        mode,
                        "PGSSLROOTCERT",
                        root.toString(),
                        "PGSSLCRL",
                        revocationList.toString(),
                        "PGGSSENCMODE",
                        "disable",
                        "PGCONNECT_TIMEOUT",
                        "10"));
        Process process = psql.start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
        if (!process.waitFor(30, TimeUnit.SECONDS)) {
            process.destroyForcibly();
            throw new IllegalStateException("psql does not end");
        }
        if (process.exitValue() != 0) {
            return "fails";
        }
        return output.equals("t") ? "tls" : "plain";
    }
}

// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.cli.doctor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.nvsentinel.examples.cli.Databases;
import io.nvsentinel.examples.cli.ExitCode;
import io.nvsentinel.examples.cli.Run;
import io.nvsentinel.testserver.EmbeddedServer;
import io.nvsentinel.testserver.PostgresDatabase;
import io.nvsentinel.testserver.PostgresServer;
import io.nvsentinel.testserver.SmallDisk;
import io.nvsentinel.testserver.TestDatabase;
import io.nvsentinel.testserver.proxy.TransactionPooler;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The doctor examines every path that the library takes, and what makes writes fail on it. */
class DoctorPathsTest {

    @RegisterExtension
    static final PostgresDatabase database = PostgresDatabase.from(Databases.MIGRATED);

    @Test
    void examinesTheDirectHostInNetworkLoginAndListen() {
        Map<String, String> environment = environment();
        environment.put("DATASTORE_DIRECT_HOST", address(database.get().port()));

        Run run = DoctorTest.doctor(environment);

        assertThat(run.exitCode()).as(run.toString()).isEqualTo(ExitCode.OK);
        assertThat(DoctorTest.lines(run, "✓"))
                .anyMatch(line -> line.contains("network") && line.contains("directHost: "))
                .anyMatch(line -> line.contains("login") && line.contains("directHost: as "));
    }

    @Test
    void aDirectHostWithoutAServerFailsThoughTheHostIsReachable() throws IOException {
        Map<String, String> environment = environment();
        environment.put("DATASTORE_DIRECT_HOST", address(closedPort()));

        Run run = DoctorTest.doctor(environment);

        assertThat(run.exitCode()).as(run.toString()).isEqualTo(ExitCode.FINDING);
        assertThat(DoctorTest.lines(run, "✗"))
                .anyMatch(line -> line.contains("network") && line.contains("directHost: "))
                .anyMatch(line -> line.contains("login") && line.contains("directHost: "));
        assertThat(DoctorTest.lines(run, "-")).anyMatch(line -> line.contains("listen") && line.contains("directHost"));
    }

    @Test
    void listensOnTheDirectHostWhenTheHostIsATransactionPooler() throws IOException {
        try (TransactionPooler pooler = TransactionPooler.before(database.get())) {
            Map<String, String> environment = environment();
            environment.put("DATASTORE_PORT", Integer.toString(pooler.port()));
            environment.put("DATASTORE_DIRECT_HOST", address(database.get().port()));
            environment.put("DATASTORE_PREPARED_STATEMENTS", "0");

            Run run = DoctorTest.doctor(environment);

            assertThat(run.exitCode()).as(run.toString()).isEqualTo(ExitCode.OK);
            assertThat(DoctorTest.lines(run, "✓"))
                    .anyMatch(line -> line.contains("LISTEN works"))
                    .anyMatch(line -> line.contains("pooler") && line.contains("preparedStatements is 0"));
        }
    }

    @Test
    void preparedStatementsThroughATransactionPoolerFailWithTheCure() throws IOException {
        try (TransactionPooler pooler = TransactionPooler.before(database.get())) {
            Map<String, String> environment = environment();
            environment.put("DATASTORE_PORT", Integer.toString(pooler.port()));

            Run run = DoctorTest.doctor(environment);

            assertThat(run.exitCode()).as(run.toString()).isEqualTo(ExitCode.FINDING);
            assertThat(DoctorTest.lines(run, "✗"))
                    .filteredOn(line -> line.contains("pooler"))
                    .anySatisfy(line -> assertThat(line)
                            .contains("preparedStatements is 256")
                            .contains("→ set DATASTORE_PREPARED_STATEMENTS=0"));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"LATIN1", "SQL_ASCII"})
    void anotherEncodingThanUtf8Fails(String encoding) {
        String name = "encoded_" + encoding.toLowerCase(Locale.ROOT);
        database.execute("CREATE DATABASE " + name + " ENCODING '" + encoding
                + "' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0");
        try {
            Map<String, String> environment = environment();
            environment.put("DATASTORE_DATABASE", name);

            Run run = DoctorTest.doctor(environment);

            assertThat(run.exitCode()).as(run.toString()).isEqualTo(ExitCode.FINDING);
            assertThat(DoctorTest.lines(run, "✗"))
                    .anySatisfy(line -> assertThat(line)
                            .contains("server")
                            .contains("the database's encoding is " + encoding)
                            .contains("ENCODING 'UTF8'"));
        } finally {
            database.execute("DROP DATABASE " + name + " WITH (FORCE)");
        }
    }

    @Test
    void aRetentionThatDoesNotRunNeedsALook() {
        database.execute("INSERT INTO health_events (data) VALUES ('{}')");
        database.execute(
                "SET nvsentinel.retention = 'on'; UPDATE datastore_changelog SET changed_at = now() - interval '9 days'");
        try {
            assertThat(retention(DoctorTest.doctor(environment())))
                    .singleElement()
                    .asString()
                    .startsWith("!")
                    .contains("overdue")
                    .contains("9d")
                    .contains("→ call retention().runPeriodically()");
            assertThat(retention(DoctorTest.doctor(environment(), "--keep", "10d")))
                    .singleElement()
                    .asString()
                    .startsWith("✓");
        } finally {
            database.execute("SET nvsentinel.retention = 'on'; TRUNCATE datastore_changelog");
        }
    }

    @Test
    void aFullDiskFails() {
        Optional<SmallDisk> mounted = SmallDisk.mount(160);
        assumeThat(mounted).as("this process may mount a file system").isPresent();
        try (SmallDisk disk = mounted.get();
                EmbeddedServer server =
                        PostgresServer.embedded().dataIn(disk.directory()).start()) {
            TestDatabase full = server.createDatabase(Databases.MIGRATED);
            assertThat(DoctorTest.doctor(Databases.environment(full)).exitCode())
                    .isEqualTo(ExitCode.OK);
            disk.fill();

            Run run = DoctorTest.doctor(Databases.environment(full));

            disk.free();
            assertThat(run.exitCode()).as(run.toString()).isEqualTo(ExitCode.FINDING);
            assertThat(DoctorTest.lines(run, "✗"))
                    .anySatisfy(line -> assertThat(line)
                            .contains("disk")
                            .contains("the server's disk is full")
                            .contains("→ free space"));
        }
    }

    private static List<String> retention(Run run) {
        return run.out().stream().filter(line -> line.contains("retention ")).toList();
    }

    private static int closedPort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    private static String address(int port) {
        return database.get().host() + ":" + port;
    }

    private static Map<String, String> environment() {
        return new HashMap<>(Databases.environment(database.get()));
    }
}

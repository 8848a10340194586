// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.cli.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import io.nvsentinel.examples.cli.Databases;
import io.nvsentinel.examples.cli.ExitCode;
import io.nvsentinel.examples.cli.Run;
import io.nvsentinel.testserver.EmbeddedServer;
import io.nvsentinel.testserver.PostgresDatabase;
import io.nvsentinel.testserver.PostgresServer;
import io.nvsentinel.testserver.TestDatabase;
import io.nvsentinel.testserver.proxy.TcpProxy;
import io.nvsentinel.testserver.proxy.TransactionPooler;
import java.io.IOException;
import java.nio.file.Files;
import java.time.Clock;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is between, before or beside a database that is well. */
class DoctorFaultsTest {

    @RegisterExtension
    static final PostgresDatabase database = PostgresDatabase.from(Databases.MIGRATED);

    @Test
    void aPoolerOfTransactionsThroughWhichNobodyIsWoken() throws IOException {
        try (TransactionPooler pooler = TransactionPooler.before(database.get())) {
            Map<String, String> environment = environment(pooler.port());
            environment.put("DATASTORE_PREPARED_STATEMENTS", "0");

            Run run = DoctorTest.doctor(environment);

            assertThat(DoctorTest.lines(run, "!"))
                    .filteredOn(line -> line.contains("listen"))
                    .singleElement()
                    .asString()
                    .contains("a pooler assigns each transaction to another session: change streams "
                            + "find changes by polling")
                    .contains("→ let change streams bypass the pooler");
            assertThat(run.exitCode()).as(run.toString()).isEqualTo(ExitCode.OK);
        }
    }

    @Test
    void aStandby() throws IOException {
        try (EmbeddedServer server = PostgresServer.embedded().start()) {
            TestDatabase replicated = server.createDatabase(Databases.MIGRATED);
            server.stop();
            Files.createFile(server.dataDirectory().resolve("standby.signal"));
            server.restart();
            assertThat(replicated.queryForString("SELECT pg_is_in_recovery()")).isEqualTo("t");

            Run run = DoctorTest.doctor(Databases.environment(replicated));

            assertThat(run.exitCode()).as(run.toString()).isEqualTo(ExitCode.FINDING);
            assertThat(run.err()).isEmpty();
            assertThat(DoctorTest.lines(run, "✗")).hasSize(3);
            assertThat(DoctorTest.lines(run, "✗").get(0))
                    .contains("server")
                    .contains("a standby: it accepts no writes")
                    .contains("→ connect to the primary");
            assertThat(DoctorTest.lines(run, "✗").get(1))
                    .contains("listen")
                    .contains("25006")
                    .contains("→ connect to the primary");
            // The library refuses a standby.
            assertThat(DoctorTest.lines(run, "✗").get(2))
                    .contains("schema")
                    .contains("is a standby")
                    .contains("connect to the primary");
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {-5, 5})
    void aClockThatIsNotTheServers(int minutes) {
        Clock clock = Clock.offset(Clock.systemUTC(), Duration.ofMinutes(minutes));

        Run run = Run.with(clock, environment(database.get().port()), "doctor");

        assertThat(run.exitCode()).isEqualTo(ExitCode.OK);
        assertThat(DoctorTest.lines(run, "!"))
                .filteredOn(line -> line.contains("clock"))
                .singleElement()
                .asString()
                .containsPattern("the server's clock is (299|300)\\d{3} ms " + (minutes < 0 ? "ahead" : "behind"))
                .contains("→ synchronize both machines with a time server");
        assertThat(Run.with(clock, environment(database.get().port()), "doctor", "--strict")
                        .exitCode())
                .isEqualTo(ExitCode.FINDING);
    }

    @ParameterizedTest
    @ValueSource(strings = {"disable", "require"})
    void aServerThatAcceptsAndNeverAnswers(String mode) {
        try (TcpProxy proxy = TcpProxy.to(database.get().host(), database.get().port())) {
            proxy.blackHole();
            Map<String, String> environment = environment(proxy.port());
            environment.put("DATASTORE_HOST", proxy.host());
            environment.put("DATASTORE_SSLMODE", mode);
            environment.put("DATASTORE_CONNECT_TIMEOUT", "1s");

            Run run = DoctorTest.doctor(environment);

            assertThat(run.exitCode()).as(run.toString()).isEqualTo(ExitCode.FINDING);
            assertThat(DoctorTest.lines(run, "✓")).anyMatch(line -> line.contains("network"));
            assertThat(DoctorTest.lines(run, "✗"))
                    .singleElement()
                    .asString()
                    .contains("login")
                    .contains("→ the port accepts connections but does not answer");
        }
    }

    @Test
    void aFunctionThatTheUserMayNotExecute() {
        String user = "faults_" + database.get().name();
        String functions = "nvsentinel_inc(jsonb, text[], jsonb), pg_notify(text, text)";
        database.execute("CREATE ROLE " + user
                + " LOGIN PASSWORD 'p'; GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO " + user
                + "; GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO " + user
                + "; REVOKE EXECUTE ON FUNCTION " + functions + " FROM PUBLIC");
        Map<String, String> environment = Databases.environment(database.get().as(user, "p"));
        try {
            Run run = DoctorTest.doctor(environment);

            String ours = "GRANT EXECUTE ON FUNCTION nvsentinel_inc(jsonb,text[],jsonb) TO \"" + user + "\"";
            String theirs = "GRANT EXECUTE ON FUNCTION pg_notify(text,text) TO \"" + user + "\"";
            assertThat(run.exitCode()).isEqualTo(ExitCode.FINDING);
            assertThat(DoctorTest.lines(run, "✗"))
                    .hasSize(2)
                    .allMatch(line -> line.contains("privileges") && line.contains("EXECUTE on "))
                    .anyMatch(line -> line.contains("→ " + ours))
                    .anyMatch(line -> line.contains("→ " + theirs));

            database.execute(ours + "; " + theirs);
            assertThat(DoctorTest.doctor(environment).exitCode()).isEqualTo(ExitCode.OK);
        } finally {
            database.execute("GRANT EXECUTE ON FUNCTION " + functions + " TO PUBLIC; DROP OWNED BY " + user
                    + "; DROP ROLE " + user);
        }
    }

    private static Map<String, String> environment(int port) {
        Map<String, String> environment = new HashMap<>(Databases.environment(database.get()));
        environment.put("DATASTORE_PORT", Integer.toString(port));
        return environment;
    }
}

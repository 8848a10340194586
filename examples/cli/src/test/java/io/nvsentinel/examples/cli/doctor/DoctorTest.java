// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.cli.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import io.nvsentinel.changestream.ChangeStreams;
import io.nvsentinel.changestream.StartAt;
import io.nvsentinel.datastore.Datastore;
import io.nvsentinel.examples.cli.Databases;
import io.nvsentinel.examples.cli.ExitCode;
import io.nvsentinel.examples.cli.Run;
import io.nvsentinel.testserver.PostgresDatabase;
import io.nvsentinel.testserver.PostgresServer;
import io.nvsentinel.testserver.TestDatabase;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** What a person on call may meet, each with the line that says so. */
class DoctorTest {

    @RegisterExtension
    static final PostgresDatabase database = PostgresDatabase.from(Databases.MIGRATED);

    @TempDir
    private Path directory;

    @Test
    void aHealthyDatabaseHasNothingButGoodFindings() {
        Run run = doctor(environment());

        assertThat(run.err()).isEmpty();
        assertThat(run.exitCode()).isZero();
        assertThat(lines(run, "✗")).isEmpty();
        assertThat(lines(run, "-")).isEmpty();
        assertThat(checks(run))
                .containsExactly(
                        "configuration",
                        "network",
                        "certificates",
                        "login",
                        "server",
                        "disk",
                        "pooler",
                        "clock",
                        "listen",
                        "schema",
                        "privileges",
                        "safety",
                        "assumptions",
                        "functions",
                        "capture",
                        "gaps",
                        "changelog",
                        "clients",
                        "pool",
                        "retention");
        assertThat(run.text())
                .contains("host=" + database.get().host() + " (DATASTORE_HOST)")
                .contains("a primary that accepts writes")
                .contains("LISTEN works")
                .contains("nothing pending")
                .contains("health_events is captured, images: full");
    }

    @Test
    void jsonHasTheSameFindingsWithFacts() {
        Run run = doctor(environment(), "--json");

        JsonNode report = JsonMapper.builder().build().readTree(run.text());
        assertThat(run.out()).hasSize(1);
        assertThat(report.get("verdict").asString()).isEqualTo("warning");
        JsonNode login = finding(report, "login");
        assertThat(login.get("verdict").asString()).isEqualTo("ok");
        assertThat(login.get("cure").isNull()).isTrue();
        assertThat(login.get("facts").get("user").asString())
                .isEqualTo(database.get().user());
        assertThat(finding(report, "configuration")
                        .get("facts")
                        .get("host")
                        .get("source")
                        .asString())
                .isEqualTo("DATASTORE_HOST");
    }

    @Test
    void strictFailsForWhatNeedsALook() {
        // Plain text is worth a look.
        assertThat(doctor(environment(), "--strict").exitCode()).isEqualTo(ExitCode.FINDING);
    }

    @Test
    void aConfigurationThatCannotBeUsedStopsTheRestButIsExplained() {
        Map<String, String> environment = environment();
        environment.put("DATASTORE_PORT", "70000");

        Run run = doctor(environment);

        assertThat(run.exitCode()).isEqualTo(ExitCode.FINDING);
        assertThat(lines(run, "✗"))
                .singleElement()
                .asString()
                .contains("configuration")
                .contains("port must be between 1 and 65535")
                .contains("DATASTORE_PORT");
        assertThat(lines(run, "-")).hasSize(18).first().asString().contains("network");
    }

    @Test
    void optionsWinAndAreNamed() {
        Map<String, String> environment = environment();
        environment.put("DATASTORE_HOST", "elsewhere.invalid");

        Run run = doctor(environment, "--host", database.get().host());

        assertThat(run.exitCode()).isZero();
        assertThat(run.text()).contains("host=" + database.get().host() + " (--host)");
    }

    @Test
    void anAddressGivesWhatItHasAndYamlTheRest() throws IOException {
        Path yaml = directory.resolve("datastore.yaml");
        Files.writeString(yaml, "connection:\n  database: " + database.get().name() + "\n  sslmode: disable\n");
        TestDatabase there = database.get();

        Run run = doctor(
                there.password() == null ? Map.of() : Map.of("DATASTORE_PASSWORD", there.password()),
                "--config",
                yaml.toString(),
                "--url",
                "postgresql://" + there.user() + "@" + there.host() + ":" + there.port());

        assertThat(run.exitCode()).isZero();
        assertThat(run.text())
                .contains("host=" + there.host() + " (--url)")
                .contains("database=" + there.name() + " (connection.database, datastore.yaml line 2)");
    }

    @Test
    void nobodyListens() throws IOException {
        Map<String, String> environment = environment();
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            environment.put("DATASTORE_PORT", Integer.toString(socket.getLocalPort()));
        }

        Run run = doctor(environment);

        assertThat(run.exitCode()).isEqualTo(ExitCode.FINDING);
        assertThat(lines(run, "✗")).hasSizeGreaterThanOrEqualTo(2);
        assertThat(lines(run, "✗").get(0)).contains("network").contains("connection refused");
        assertThat(lines(run, "✗")).last().asString().contains("login").contains("see network");
        assertThat(lines(run, "-")).hasSize(14).allMatch(line -> line.contains("not checked: needs"));
    }

    @Test
    void aNameWithoutAnAddress() {
        Map<String, String> environment = environment();
        environment.put("DATASTORE_HOST", "no-such-host.invalid");

        Run run = doctor(environment);

        assertThat(lines(run, "✗").get(0))
                .contains("no-such-host.invalid")
                .contains("the host name cannot be resolved");
    }

    @Test
    void aDatabaseThatIsNotThere() {
        Map<String, String> environment = environment();
        environment.put("DATASTORE_DATABASE", "no_such_database");

        Run run = doctor(environment);

        assertThat(lines(run, "✗"))
                .singleElement()
                .asString()
                .contains("login")
                .contains("3D000")
                .contains("→ create the database, or check its name");
    }

    @Test
    void aServerThatRefusesWrites() {
        database.execute("ALTER DATABASE " + database.get().name() + " SET default_transaction_read_only = on");
        try {
            Run run = doctor(environment());

            assertThat(lines(run, "✗"))
                    .singleElement()
                    .asString()
                    .contains("server")
                    .contains("default_transaction_read_only is on");
        } finally {
            try (Connection connection = database.connect();
                    Statement statement = connection.createStatement()) {
                statement.execute("SET default_transaction_read_only = off");
                statement.execute("ALTER DATABASE " + database.get().name() + " RESET default_transaction_read_only");
            } catch (SQLException e) {
                throw new IllegalStateException(e);
            }
        }
    }

    @Test
    void noSchemaYet() {
        TestDatabase empty = PostgresServer.shared().createDatabase();
        try {
            Run run = doctor(Databases.environment(empty));

            assertThat(run.exitCode()).isEqualTo(ExitCode.FINDING);
            assertThat(lines(run, "✗"))
                    .singleElement()
                    .asString()
                    .contains("schema")
                    .contains("contains no NVSentinel tables")
                    .contains("→ nvsentinel schema migrate");
            assertThat(lines(run, "-")).hasSize(8).allMatch(line -> line.contains("the schema"));
            assertThat(empty.queryForString("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"))
                    .isEqualTo("0");
        } finally {
            empty.drop();
        }
    }

    @Test
    void aPendingAndAnUnknownMigration() {
        String rows = "SELECT installed_rank + 1, '900', 'from the future', type, 'V900__x.sql', 1, installed_by,"
                + " installed_on, 1, true FROM nvsentinel_schema_history ORDER BY installed_rank DESC LIMIT 1";
        database.execute("INSERT INTO nvsentinel_schema_history " + rows);
        try {
            Run run = doctor(environment());

            assertThat(run.exitCode()).isZero();
            assertThat(lines(run, "!"))
                    .anyMatch(line ->
                            line.contains("newer than this tool supports") && line.contains("900 from the future"));
        } finally {
            database.execute("DELETE FROM nvsentinel_schema_history WHERE version = '900'");
        }
    }

    @Test
    void aDisabledAndAMissingTrigger() {
        database.execute("ALTER TABLE health_events DISABLE TRIGGER nvsentinel_capture;"
                + " DROP TRIGGER nvsentinel_capture_truncate ON maintenance_events");
        try {
            Run run = doctor(environment());

            assertThat(run.exitCode()).isEqualTo(ExitCode.FINDING);
            assertThat(lines(run, "✗")).hasSize(2);
            assertThat(lines(run, "✗").get(0))
                    .contains("capture")
                    .contains("health_events\" is disabled")
                    .contains("→ ALTER TABLE \"public\".\"health_events\" ENABLE ALWAYS TRIGGER nvsentinel_capture");
            assertThat(lines(run, "✗").get(1)).contains("maintenance_events\" has no trigger");
        } finally {
            database.execute("ALTER TABLE health_events ENABLE ALWAYS TRIGGER nvsentinel_capture;"
                    + " CREATE TRIGGER nvsentinel_capture_truncate AFTER TRUNCATE ON maintenance_events"
                    + " FOR EACH STATEMENT EXECUTE FUNCTION nvsentinel_capture_change();"
                    + " ALTER TABLE maintenance_events ENABLE ALWAYS TRIGGER nvsentinel_capture_truncate");
        }
    }

    /** A reader is no application that lacks something. */
    @Test
    void aReaderIsNotAdvisedToWrite() {
        String user = "reader_" + database.get().name();
        database.execute("CREATE ROLE " + user + " LOGIN PASSWORD 'p'");
        Map<String, String> environment = Databases.environment(database.get().as(user, "p"));
        try {
            assertThat(lines(doctor(environment), "✗"))
                    .filteredOn(line -> line.startsWith("✗ privileges"))
                    .singleElement()
                    .asString()
                    .contains("GRANT nvsentinel_reader TO")
                    .contains("GRANT nvsentinel_app TO");

            database.execute("GRANT SELECT ON ALL TABLES IN SCHEMA public TO " + user
                    + "; GRANT SELECT ON ALL SEQUENCES IN SCHEMA public TO " + user
                    + "; REVOKE SELECT ON dead_letters FROM " + user);
            Run lacking = doctor(environment);
            assertThat(lines(lacking, "✗"))
                    .singleElement()
                    .asString()
                    .contains("→ GRANT SELECT ON \"dead_letters\" TO \"" + user + "\"")
                    .contains("a reader");
            assertThat(lacking.text()).doesNotContain("INSERT").doesNotContain("UPDATE");

            database.execute("GRANT SELECT ON dead_letters TO " + user);
            Run reader = doctor(environment);
            assertThat(lines(reader, "✗")).isEmpty();
            assertThat(reader.text()).contains("all that a reader needs");
        } finally {
            database.execute("DROP OWNED BY " + user + "; DROP ROLE " + user);
        }
    }

    @Test
    void aMissingPrivilegeComesWithItsGrant() {
        String user = "doctor_" + database.get().name();
        database.execute("CREATE ROLE " + user
                + " LOGIN PASSWORD 'p'; GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES"
                + " IN SCHEMA public TO " + user + "; GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO " + user
                + "; REVOKE INSERT ON dead_letters FROM " + user);
        TestDatabase limited = database.get().as(user, "p");
        try {
            Run run = doctor(Databases.environment(limited));

            String grant = "GRANT INSERT ON \"dead_letters\" TO \"" + user + "\"";
            assertThat(lines(run, "✗"))
                    .singleElement()
                    .asString()
                    .contains("privileges")
                    .contains("→ " + grant);

            database.execute(grant);
            assertThat(lines(doctor(Databases.environment(limited)), "✗")).isEmpty();
        } finally {
            database.execute("DROP OWNED BY " + user + "; DROP ROLE " + user);
        }
    }

    @Test
    void aClientThatIsFarBehindAndOneThatHasLostHistory() {
        // A separate history, whose first change was removed.
        TestDatabase own = PostgresServer.shared().createDatabase(Databases.MIGRATED);
        try {
            reset(own, "slow", "lost");
            own.execute("INSERT INTO health_events (data) VALUES ('{}'), ('{}')");
            own.execute("UPDATE datastore_changelog_state SET oldest_id = 2; UPDATE resume_tokens SET resume_token ="
                    + " jsonb_set(resume_token, '{position}', '1') WHERE client_name = 'slow'");

            Run run = doctor(Databases.environment(own), "--warn-lag", "0ms");

            assertThat(lines(run, "!"))
                    .anyMatch(line -> line.contains("slow: 1 changes behind") && line.contains("→ start its consumer"));
            assertThat(lines(run, "✗"))
                    .singleElement()
                    .asString()
                    .contains("lost: changes that it has not received were removed")
                    .contains("nvsentinel clients reset lost");
        } finally {
            own.drop();
        }
    }

    private static void reset(TestDatabase in, String... clients) {
        Datastore datastore = Databases.connect(in);
        ChangeStreams streams = ChangeStreams.of(datastore);
        try {
            for (String client : clients) {
                streams.clients().reset(client, StartAt.beginning()).block(Databases.SOON);
            }
        } finally {
            streams.close().then(datastore.close()).block(Databases.SOON);
        }
    }

    @Test
    void aPreparedTransactionThatNobodyEnds() throws SQLException {
        try (Connection connection = database.connect();
                Statement statement = connection.createStatement()) {
            statement.execute("BEGIN");
            statement.execute("INSERT INTO health_events (data) VALUES ('{}')");
            statement.execute("PREPARE TRANSACTION 'forgotten'");
            try {
                Run run = doctor(environment());

                assertThat(lines(run, "!"))
                        .anyMatch(line -> line.contains("gaps")
                                && line.contains("→ COMMIT PREPARED or ROLLBACK PREPARED 'forgotten'"));
            } finally {
                statement.execute("ROLLBACK PREPARED 'forgotten'");
            }
        }
    }

    static Map<String, String> environment() {
        return new HashMap<>(Databases.environment(database.get()));
    }

    static Run doctor(Map<String, String> environment, String... arguments) {
        List<String> all = new ArrayList<>(List.of("doctor"));
        all.addAll(List.of(arguments));
        return Run.with(environment, all.toArray(String[]::new));
    }

    static List<String> lines(Run run, String sign) {
        return run.out().stream().filter(line -> line.startsWith(sign + " ")).toList();
    }

    private static Set<String> checks(Run run) {
        Set<String> names = new LinkedHashSet<>();
        run.out().forEach(line -> names.add(line.split(" +")[1]));
        return names;
    }

    private static JsonNode finding(JsonNode report, String check) {
        for (JsonNode finding : report.get("findings")) {
            if (finding.get("check").asString().equals(check)) {
                return finding;
            }
        }
        throw new AssertionError("no finding of " + check);
    }
}

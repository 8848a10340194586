// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.quickstart;

import static org.assertj.core.api.Assertions.assertThat;

import io.nvsentinel.testserver.PostgresServer;
import io.nvsentinel.testserver.TestDatabase;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

class QuickstartTest {

    private static final Pattern PORT = Pattern.compile("runs on port (\\d+)");

    @Test
    void oneCommandStoresAndStreamsEverything() {
        Run run = Run.with(Map.of());

        assertThat(run.err()).isEmpty();
        assertThat(run.exitCode()).as("%s", run.out()).isZero();
        assertThat(run.out())
                .anyMatch(line -> line.contains("nodequarantined: (none) -> Quarantined"))
                .anyMatch(line -> line.contains("userpodsevictionstatus: InProgress -> Succeeded"))
                .anyMatch(line -> line.contains("596 more"))
                .anyMatch(line -> line.trim().equals("arrived: 5"))
                .anyMatch(line -> line.contains("events 610, received 610, lost 0, duplicates 0, latency p50 "));
    }

    @Test
    void aServerThatIsKilledMidRunEndsItWithOneLine() {
        AtomicReference<String> port = new AtomicReference<>();
        AtomicBoolean killed = new AtomicBoolean();

        Run run = Run.watched(Map.of(), line -> {
            Matcher matcher = PORT.matcher(line);
            if (matcher.find()) {
                port.set(matcher.group(1));
            }
            if (line.contains("-> Quarantined") && !killed.getAndSet(true)) {
                kill(port.get());
            }
        });

        assertThat(killed).isTrue();
        assertThat(run.exitCode()).isEqualTo(1);
        assertThat(run.err()).singleElement().asString().startsWith("quickstart: ");
    }

    @Test
    void onTheUsersOwnServerItDeletesWhatItStored() {
        TestDatabase database = PostgresServer.shared().createDatabase();
        String login = database.user() + (database.password() == null ? "" : ":" + database.password());
        String url = "postgresql://" + login + "@" + database.host() + ":" + database.port() + "/" + database.name();

        Run run = Run.with(Map.of(), "--url", url + "?sslmode=disable");

        assertThat(run.err()).isEmpty();
        assertThat(run.exitCode()).isZero();
        assertThat(run.out())
                .anyMatch(line -> line.contains("lost 0, duplicates 0"))
                .anyMatch(line -> line.contains("Deleted the 603 events"));
        assertThat(database.queryForString("SELECT count(*) FROM health_events"))
                .isEqualTo("0");
        assertThat(database.queryForString("SELECT count(*) FROM resume_tokens"))
                .isEqualTo("0");
        database.drop();
    }

    @Test
    void helpAndWrongOptionsAreAnswered() {
        assertThat(Run.with(Map.of(), "--help").exitCode()).isZero();

        Run wrong = Run.with(Map.of(), "--folow");
        assertThat(wrong.exitCode()).isEqualTo(2);
        assertThat(wrong.err())
                .singleElement()
                .asString()
                .startsWith("quickstart: ")
                .contains("--folow");
    }

    /** The program owns its server; the way to the process leads through the server itself. */
    private static void kill(String port) {
        String url = "jdbc:postgresql://localhost:" + port + "/postgres";
        try (Connection connection = DriverManager.getConnection(url, "postgres", "");
                ResultSet row = connection.createStatement().executeQuery("SELECT pg_read_file('postmaster.pid')")) {
            row.next();
            long pid = Long.parseLong(row.getString(1).lines().findFirst().orElseThrow());
            ProcessHandle.of(pid).orElseThrow().destroyForcibly();
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }
}

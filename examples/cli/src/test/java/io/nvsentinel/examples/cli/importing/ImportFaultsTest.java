// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.cli.importing;

import static org.assertj.core.api.Assertions.assertThat;

import io.nvsentinel.examples.cli.ExitCode;
import io.nvsentinel.examples.cli.Run;
import io.nvsentinel.testserver.Await;
import io.nvsentinel.testserver.PostgresDatabase;
import io.nvsentinel.testserver.proxy.TcpProxy;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The import into a table that other sessions lock, and over a network that fails; and then its repetition. */
class ImportFaultsTest {

    private static final Duration SOON = Duration.ofSeconds(60);
    private static final int DOCUMENTS = 1_000;
    private static final int BATCH = 200;

    @RegisterExtension
    static final PostgresDatabase database = PostgresDatabase.from(ImportDatabase.MIGRATED);

    @BeforeEach
    void empty() {
        database.execute("DROP TABLE IF EXISTS other; SELECT nvsentinel_create_collection('other')");
    }

    @ParameterizedTest
    @CsvSource({"ACCESS EXCLUSIVE, false", "ACCESS EXCLUSIVE, true", "ROW EXCLUSIVE, false", "SHARE, true"})
    void aTableThatSomebodyElseHoldsForLong(String mode, boolean capture) throws Exception {
        String[] arguments = capture ? new String[] {"--capture"} : new String[0];
        try (Connection other = database.connect();
                Statement statement = other.createStatement()) {
            other.setAutoCommit(false);
            statement.execute("LOCK TABLE other IN " + mode + " MODE");
            List<String> all = new ArrayList<>(List.of("--lock-wait", "2s"));
            all.addAll(List.of(arguments));

            Run run = importing(database.get().port(), all.toArray(String[]::new));

            assertThat(run.exitCode()).as(run.toString()).isEqualTo(ExitCode.UNAVAILABLE);
            assertThat(run.err())
                    .singleElement()
                    .asString()
                    .contains("other transactions have held other for longer than --lock-wait: wait until they end")
                    .contains("run the same command again");
            other.rollback();
        }
        assertThat(stored()).isZero();
        assertRest(importing(database.get().port(), arguments), 0);
    }

    @Test
    void aTableThatSomebodyElseHoldsForAWhile() throws Exception {
        try (Connection other = database.connect();
                Statement statement = other.createStatement()) {
            other.setAutoCommit(false);
            statement.execute("LOCK TABLE other IN ROW EXCLUSIVE MODE");
            Future<Run> running = start(database.get().port());
            awaitWaiting();
            other.rollback();

            assertRest(running.get(SOON.toSeconds(), TimeUnit.SECONDS), 0);
        }
    }

    /** The server waits in the third batch for a record that another session has written and not committed. */
    @Test
    void aConnectionThatIsCutInTheMiddleOfABatch() throws Exception {
        String taken = takenId();
        try (TcpProxy proxy = TcpProxy.to(database.get().host(), database.get().port());
                Connection other = database.connect();
                Statement statement = other.createStatement()) {
            other.setAutoCommit(false);
            statement.execute("INSERT INTO other (id, data) VALUES ('" + taken + "', '{}')");
            Future<Run> running = start(proxy.port(), "--capture");
            awaitWaiting();
            proxy.cut();
            Run run = running.get(SOON.toSeconds(), TimeUnit.SECONDS);
            other.rollback();

            assertEnded(run);
        }
        awaitSessionsEnd();
        assertThat(stored()).isEqualTo(2 * BATCH);
        assertRest(importing(database.get().port(), "--capture"), 2 * BATCH);
    }

    @Test
    @Tag("slow")
    void aConnectionThroughWhichNothingComesAnyMore() throws Exception {
        String taken = takenId();
        try (TcpProxy proxy = TcpProxy.to(database.get().host(), database.get().port());
                Connection other = database.connect();
                Statement statement = other.createStatement()) {
            other.setAutoCommit(false);
            statement.execute("INSERT INTO other (id, data) VALUES ('" + taken + "', '{}')");
            Future<Run> running = start(proxy.port(), "--capture");
            awaitWaiting();
            proxy.blackHole();
            other.rollback();

            assertEnded(running.get(SOON.toSeconds(), TimeUnit.SECONDS));
        }
        awaitSessionsEnd();
        long before = stored();
        assertThat(before).isBetween(2L * BATCH, 3L * BATCH);
        assertThat(before % BATCH).isZero();
        assertRest(importing(database.get().port(), "--capture"), before);
    }

    /** The id of a document of the third batch. */
    private static String takenId() {
        Run run = importing(database.get().port());
        assertThat(run.exitCode()).as(run.toString()).isEqualTo(ExitCode.OK);
        String id = database.queryForString("SELECT id FROM other WHERE data ->> '_id' = '" + (2 * BATCH + 50) + "'");
        database.execute("DELETE FROM other");
        return id;
    }

    private static void assertEnded(Run run) {
        assertThat(run.exitCode()).as(run.toString()).isEqualTo(ExitCode.UNAVAILABLE);
        assertThat(run.out()).isEmpty();
        assertThat(run.err())
                .singleElement()
                .asString()
                .contains("the import into other ended: ")
                .contains("run the same command again to continue");
    }

    private static void assertRest(Run run, long present) {
        assertThat(run.exitCode()).as(run.toString()).isEqualTo(ExitCode.OK);
        assertThat(run.text())
                .containsPattern("(?m)^  already there +" + present + "$")
                .containsPattern("(?m)^  stored +" + String.format("%,d", DOCUMENTS - present) + "$")
                .contains("all are equal");
        assertThat(stored()).isEqualTo(DOCUMENTS);
        assertThat(count("(SELECT DISTINCT data ->> '_id' FROM other) AS documents"))
                .isEqualTo(DOCUMENTS);
    }

    private static Future<Run> start(int port, String... more) {
        ExecutorService thread = Executors.newSingleThreadExecutor();
        try {
            return thread.submit(() -> importing(port, more));
        } finally {
            thread.shutdown();
        }
    }

    private static Run importing(int port, String... more) {
        Map<String, String> environment = new HashMap<>(ImportDatabase.environment(database.get()));
        environment.put("DATASTORE_PORT", Integer.toString(port));
        environment.put("DATASTORE_STATEMENT_TIMEOUT", "10s");
        List<String> arguments = new ArrayList<>(
                List.of("import-mongo", "-", "--into", "other", "--batch-size", Integer.toString(BATCH)));
        arguments.addAll(List.of(more));
        return Run.with(environment, new Numbered(DOCUMENTS), arguments.toArray(String[]::new));
    }

    private static void awaitWaiting() {
        Await.until("the import waits for a lock", SOON, () -> sessions("AND wait_event_type = 'Lock'") == 1);
    }

    private static void awaitSessionsEnd() {
        Await.until("the server has ended the import's session", SOON, () -> sessions("") == 0);
    }

    private static long sessions(String and) {
        return count("pg_stat_activity WHERE datname = current_database() AND application_name LIKE '% import' " + and);
    }

    private static long stored() {
        return count("other");
    }

    private static long count(String fromWhere) {
        return Long.parseLong(database.queryForString("SELECT count(*) FROM " + fromWhere));
    }
}

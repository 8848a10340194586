// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore;

import static io.nvsentinel.datastore.Databases.SOON;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nvsentinel.datastore.error.ConfigurationException;
import io.nvsentinel.datastore.error.UnavailableException;
import io.nvsentinel.testserver.Await;
import io.nvsentinel.testserver.PostgresServer;
import io.nvsentinel.testserver.TestDatabase;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.Disposable;

/** Instances that start while the schema does not exist, or while another instance is creating it. */
class SchemaStartTest {

    private static final String LOCK = "7813858212840129891";
    private static final String MIGRATING = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
            + " AND application_name = ? AND wait_event_type = 'Lock'";

    private TestDatabase database;

    @BeforeEach
    void create() {
        database = PostgresServer.shared().createDatabase();
    }

    @AfterEach
    void drop() {
        database.drop();
    }

    @Test
    void oneThatIsKilledHalfWayIsFollowedByTheOthers() throws Exception {
        try (Connection other = database.connect()) {
            makeMigrationsStopHalfWay(other);
            CompletableFuture<Datastore> first = start("first");
            Await.until("the first one partway", SOON, () -> count(MIGRATING, "first migrations") == 1);
            List<CompletableFuture<Datastore>> others =
                    IntStream.range(0, 3).mapToObj(i -> start("other")).toList();
            Await.until("the others at work", SOON, () -> count(SESSIONS, "other migrations") == 3);

            kill("first migrations");
            assertThatThrownBy(() -> first.get(SOON.toSeconds(), TimeUnit.SECONDS))
                    .hasCauseInstanceOf(UnavailableException.class);
            other.rollback();

            for (CompletableFuture<Datastore> starter : others) {
                starter.get(SOON.toSeconds(), TimeUnit.SECONDS).close().block(SOON);
            }
        }
        assertThat(database.queryForString("SELECT count(*) = count(DISTINCT version) AND bool_and(success)"
                        + " FROM nvsentinel_schema_history"))
                .isEqualTo("t");
        open(SchemaMode.VALIDATE, Duration.ZERO);
    }

    @ParameterizedTest
    @ValueSource(strings = {"SELECT 1", "CREATE TABLE of_somebody_else ()"})
    void oneThatWasKilledBeforeItsFirstStepIsFollowedByAnother(String before) {
        database.execute(before);
        database.execute(SchemaFile.emptyHistory());
        open(SchemaMode.MIGRATE, SOON);
        open(SchemaMode.VALIDATE, Duration.ZERO);
    }

    @Test
    void oneThatIsCancelledHalfWayLeavesNothingBehind() throws Exception {
        try (Connection other = database.connect()) {
            makeMigrationsStopHalfWay(other);
            Disposable first = Datastore.connect(options(SchemaMode.MIGRATE, SOON)
                            .applicationName("first")
                            .build())
                    .subscribe();
            Await.until("the first one partway", SOON, () -> count(MIGRATING, "first migrations") == 1);
            first.dispose();
            other.rollback();
            Await.until("no session", SOON, () -> count(SESSIONS, "first migrations") == 0);
        }
        open(SchemaMode.MIGRATE, SOON);
        open(SchemaMode.VALIDATE, Duration.ZERO);
    }

    @Test
    void oneThatWaitsTooLongSaysForWhom() throws Exception {
        try (Connection holder = database.connect()) {
            holder.createStatement().execute("SELECT pg_advisory_lock(" + LOCK + ")");
            for (Duration wait : List.of(Duration.ZERO, Duration.ofMillis(150))) {
                assertThatThrownBy(() -> open(SchemaMode.MIGRATE, wait))
                        .isInstanceOf(UnavailableException.class)
                        .hasMessageContaining("Another instance is migrating the schema")
                        .hasMessageContaining(wait.toString())
                        .hasMessageContaining("of user \"" + database.user() + "\", application \"test-server\"");
            }
        }
    }

    /** Any user of the database can hold the lock. */
    @Test
    void aCurrentSchemaIsNotWaitedFor() throws Exception {
        open(SchemaMode.MIGRATE, SOON);
        try (Connection holder = database.connect()) {
            holder.createStatement().execute("SELECT pg_advisory_lock(" + LOCK + ")");
            open(SchemaMode.MIGRATE, Duration.ZERO);
        }
    }

    @Test
    void aValidatingOneWaitsForThePendingSchema() throws Exception {
        CompletableFuture<Datastore> waiting =
                Datastore.connect(options(SchemaMode.VALIDATE, SOON).build()).toFuture();
        open(SchemaMode.MIGRATE, SOON);
        waiting.get(SOON.toSeconds(), TimeUnit.SECONDS).close().block(SOON);
    }

    /** V6. */
    @Test
    void aValidatingOneGivesUp() {
        assertThatThrownBy(() -> open(SchemaMode.VALIDATE, Duration.ofSeconds(4)))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("not ready after waiting PT4S")
                .hasMessageContaining("The schema is at version none and requires ")
                .hasMessageContaining("apply the SQL files");
    }

    /** V7. */
    @Test
    void aValidatingOneDoesNotHangWithItsQuery() throws Exception {
        open(SchemaMode.MIGRATE, SOON);
        try (Connection holder = database.connect()) {
            holder.setAutoCommit(false);
            holder.createStatement().execute("LOCK TABLE nvsentinel_schema_history");
            assertThatThrownBy(() -> open(SchemaMode.VALIDATE, Duration.ofMillis(300)))
                    .isInstanceOf(UnavailableException.class)
                    .hasMessageContaining("not ready after waiting PT0.3S");
            assertThatThrownBy(() -> Databases.connect(
                            options(SchemaMode.VALIDATE, Duration.ZERO).lockTimeout(Duration.ofMillis(100))))
                    .isInstanceOf(UnavailableException.class)
                    .hasMessageContaining("lock timeout");
            holder.rollback();
        }
        Await.until("no session", SOON, () -> count(SESSIONS, "nvsentinel-datastore migrations") == 0);
        open(SchemaMode.VALIDATE, Duration.ofMinutes(1));
    }

    private static final String SESSIONS =
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name = ?";

    /** Creating a table waits for another session that is creating a table of that name. */
    private static void makeMigrationsStopHalfWay(Connection connection) throws SQLException {
        connection.setAutoCommit(false);
        connection.createStatement().execute("CREATE TABLE maintenance_events ()");
    }

    private CompletableFuture<Datastore> start(String name) {
        return Datastore.connect(
                        options(SchemaMode.MIGRATE, SOON).applicationName(name).build())
                .toFuture();
    }

    private void kill(String application) {
        database.queryForStrings(
                "SELECT pg_terminate_backend(pid)::text FROM pg_stat_activity WHERE datname = current_database()"
                        + " AND application_name = ?",
                application);
    }

    private int count(String sql, String application) {
        return Integer.parseInt(database.queryForString(sql, application));
    }

    private void open(SchemaMode mode, Duration wait) {
        Databases.connect(options(mode, wait)).close().block(SOON);
    }

    private DatastoreOptions.Builder options(SchemaMode mode, Duration wait) {
        return Databases.options(database).schemaMode(mode).schemaWait(wait);
    }
}

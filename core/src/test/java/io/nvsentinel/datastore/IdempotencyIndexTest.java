// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore;

import static io.nvsentinel.datastore.Databases.SOON;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.nvsentinel.datastore.error.ConfigurationException;
import io.nvsentinel.datastore.error.UnavailableException;
import io.nvsentinel.testserver.Await;
import io.nvsentinel.testserver.PostgresDatabase;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What a datastore does at its start when the index of the idempotency keys is not what it has to be: I11 to I13. */
@Tag("essential")
class IdempotencyIndexTest {

    @RegisterExtension
    static final PostgresDatabase DATABASE = PostgresDatabase.from(Databases.MIGRATED);

    private static final String INDEX = "healthevent_idempotency_key_unique";
    private static final String KEY = "(data #>> '{healthevent,metadata,idempotencyKey}')";
    private static final String UNIQUE = "CREATE UNIQUE INDEX " + INDEX + " ON health_events ";
    private static final String RIGHT = UNIQUE + "(" + KEY + ") WHERE " + KEY + " IS NOT NULL";
    private static final String PLAIN = RIGHT.replace("UNIQUE ", "");

    @BeforeEach
    void dropTheIndex() {
        DATABASE.execute("TRUNCATE health_events; DROP INDEX IF EXISTS " + INDEX);
    }

    @AfterEach
    void theNextStartMakesItRight() {
        start(SchemaMode.MIGRATE);
        start(SchemaMode.VALIDATE);
    }

    @Test
    void aMissingAnInvalidAndADifferentOneAreRefusedOrReplaced() {
        for (String wrong : List.of(
                "",
                PLAIN,
                RIGHT.replace("idempotencyKey", "idempotencykey"),
                UNIQUE + "(" + KEY + ")",
                UNIQUE + "(" + KEY + ", node_name) WHERE " + KEY + " IS NOT NULL",
                RIGHT + "; UPDATE pg_index SET indisvalid = false WHERE indexrelid = '" + INDEX + "'::regclass")) {
            DATABASE.execute("DROP INDEX IF EXISTS " + INDEX + "; " + wrong);
            ConfigurationException error = fails(
                    ConfigurationException.class, options(SchemaMode.VALIDATE).schemaWait(Duration.ofSeconds(2)));
            assertThat(error.getMessage()).as(wrong).contains(INDEX);
            start(SchemaMode.MIGRATE);
            start(SchemaMode.VALIDATE);
        }
    }

    @Test
    void aRightOneStaysHoweverItWasWritten() {
        DATABASE.execute("create UNIQUE index " + INDEX + " on health_events  ( ( data  #>>"
                + " CAST('{healthevent,metadata,idempotencyKey}' AS text[]) ) ) where ((" + KEY + ")) is not null");
        String before = oid();
        start(SchemaMode.MIGRATE);
        assertThat(oid()).isEqualTo(before);
    }

    @Test
    void oneThatAnotherSessionIsBuildingIsLeftToIt() throws Exception {
        CompletableFuture<Void> build;
        CompletableFuture<Datastore> waiting;
        try (Connection writer = lock("ROW EXCLUSIVE")) {
            build = CompletableFuture.runAsync(() -> DATABASE.execute(RIGHT.replace("INDEX", "INDEX CONCURRENTLY")));
            Await.until(
                    "an index that is being built",
                    SOON,
                    () -> count("pg_stat_progress_create_index WHERE datname = current_database()") == 1);
            String before = Await.until("its oid", SOON, IdempotencyIndexTest::oid, oid -> oid != null);

            UnavailableException error = fails(UnavailableException.class, options(SchemaMode.MIGRATE));
            assertThat(error.getMessage()).contains(INDEX, "still being built");
            assertThat(error.isRetryable()).isTrue();
            assertThat(oid()).isEqualTo(before);

            waiting = Datastore.connect(
                            options(SchemaMode.VALIDATE).schemaWait(SOON).build())
                    .toFuture();
            writer.rollback();
        }
        build.join();
        waiting.join().close().block(SOON);
    }

    @Test
    void nothingIsMadeWhereTheWrongOneCannotBeDropped() throws Exception {
        DATABASE.execute(PLAIN);
        String before = oid();
        try (Connection holder = lock("SHARE UPDATE EXCLUSIVE")) {
            CompletableFuture<Datastore> start =
                    Datastore.connect(options(SchemaMode.MIGRATE).build()).toFuture();
            String dropping = " FROM pg_stat_activity WHERE datname = current_database()"
                    + " AND wait_event_type = 'Lock' AND query LIKE 'DROP INDEX%'";
            Await.until(
                    "a drop that waits", SOON, () -> "1".equals(DATABASE.queryForString("SELECT count(*)" + dropping)));
            DATABASE.queryForString("SELECT pg_terminate_backend(pid)" + dropping);
            assertThat(catchThrowableOfType(CompletionException.class, start::join))
                    .hasCauseInstanceOf(UnavailableException.class);
            holder.rollback();
        }
        assertThat(oid()).isEqualTo(before);
    }

    @Test
    void aBuildThatKeysOccurringTwiceAbortIsRepeatedByTheNextStart() {
        for (int i = 0; i < 2; i++) {
            DATABASE.execute("INSERT INTO health_events (data)"
                    + " VALUES ('{\"healthevent\": {\"metadata\": {\"idempotencyKey\": \"s3cret\"}}}')");
        }
        ConfigurationException error = fails(ConfigurationException.class, options(SchemaMode.MIGRATE));
        assertThat(error.getMessage()).contains(INDEX);
        assertThat(error).hasStackTraceContaining("could not create unique index");
        for (Throwable cause = error; cause != null; cause = cause.getCause()) {
            assertThat(cause).hasMessageNotContaining("s3cret");
        }
        assertThat(error.sqlState()).isEqualTo("23505");
        assertThat(fails(ConfigurationException.class, options(SchemaMode.VALIDATE))
                        .getMessage())
                .contains(INDEX, "invalid");
        DATABASE.execute("TRUNCATE health_events");
    }

    @Test
    void aBuildIsNotTrustedUnlooked() {
        DATABASE.execute(
                "CREATE FUNCTION spoil() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN"
                        + " UPDATE pg_index SET indisvalid = false WHERE indexrelid = '" + INDEX
                        + "'::regclass; END $$;"
                        + " CREATE EVENT TRIGGER spoil ON ddl_command_end WHEN TAG IN ('CREATE INDEX') EXECUTE FUNCTION spoil()");
        try {
            assertThat(fails(ConfigurationException.class, options(SchemaMode.MIGRATE))
                            .getMessage())
                    .contains(INDEX, "not usable after the build");
        } finally {
            DATABASE.execute("DROP EVENT TRIGGER spoil; DROP FUNCTION spoil()");
        }
    }

    @Test
    void whoMayNotLookIsToldWhatCouldNotBeChecked() {
        DATABASE.execute(RIGHT);
        String role = "nvsentinel_blind_" + DATABASE.get().name();
        DATABASE.execute("CREATE ROLE " + role + " LOGIN PASSWORD 'p'; GRANT USAGE ON SCHEMA public TO " + role
                + "; GRANT SELECT ON ALL TABLES IN SCHEMA public TO " + role
                + "; REVOKE SELECT ON pg_stat_progress_create_index FROM PUBLIC");
        try {
            ConfigurationException error = fails(
                    ConfigurationException.class,
                    Databases.options(DATABASE.get().as(role, "p")).schemaMode(SchemaMode.VALIDATE));
            assertThat(error.getMessage()).contains(INDEX, "cannot be checked", "permission denied");
        } finally {
            DATABASE.execute("GRANT SELECT ON pg_stat_progress_create_index TO PUBLIC; DROP OWNED BY " + role
                    + "; DROP ROLE " + role);
        }
    }

    private static void start(SchemaMode mode) {
        Databases.connect(options(mode)).close().block(SOON);
    }

    private static DatastoreOptions.Builder options(SchemaMode mode) {
        return Databases.options(DATABASE.get()).schemaMode(mode);
    }

    private static String oid() {
        return DATABASE.queryForString("SELECT to_regclass('" + INDEX + "')::oid::text");
    }

    private static int count(String table) {
        return Integer.parseInt(DATABASE.queryForString("SELECT count(*) FROM " + table));
    }

    private static Connection lock(String mode) throws SQLException {
        Connection connection = DATABASE.connect();
        connection.setAutoCommit(false);
        connection.createStatement().execute("LOCK TABLE health_events IN " + mode + " MODE");
        return connection;
    }

    private static <E extends Throwable> E fails(Class<E> type, DatastoreOptions.Builder options) {
        return catchThrowableOfType(
                type, () -> Datastore.connect(options.build()).block(SOON));
    }
}

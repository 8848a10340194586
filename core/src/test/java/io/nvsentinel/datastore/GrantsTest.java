// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore;

import static io.nvsentinel.datastore.Databases.SOON;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nvsentinel.datastore.codec.DocumentCodec;
import io.nvsentinel.datastore.codec.JsonCodec;
import io.nvsentinel.datastore.error.ConfigurationException;
import io.nvsentinel.datastore.model.HealthEvent;
import io.nvsentinel.datastore.model.HealthEventDocument;
import io.nvsentinel.datastore.model.MaintenanceEvent;
import io.nvsentinel.datastore.model.Status;
import io.nvsentinel.datastore.query.Filter;
import io.nvsentinel.testserver.PostgresServer;
import io.nvsentinel.testserver.TestDatabase;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The SQL files that create roles and grant them their privileges, in the documented order, and users with only these
 * roles.
 */
@Tag("essential")
class GrantsTest {

    private static final String PASSWORD = "p";
    private static final HealthEventDocument EVENT = HealthEventDocument.of(
            Instant.EPOCH, HealthEvent.builder().nodeName("n").build());

    private static TestDatabase database;

    @BeforeAll
    static void makeRolesSchemaAndGrants() {
        database = PostgresServer.shared().createDatabase();
        // If functions are not executable by PUBLIC, the grants are sufficient.
        database.execute("ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC; REVOKE ALL ON DATABASE "
                + database.name() + " FROM PUBLIC; REVOKE ALL ON SCHEMA public FROM PUBLIC");
        database.execute(sql("postgresql-roles.sql"));
        database.execute(sql("postgresql-roles.sql"));
        for (String user : List.of("migrator", "app", "reader")) {
            database.execute("CREATE ROLE " + user(user) + " LOGIN PASSWORD '" + PASSWORD + "'; GRANT " + name(user)
                    + " TO " + user(user));
        }
        database.execute("CREATE ROLE " + user("other") + " LOGIN PASSWORD '" + PASSWORD + "'; GRANT " + name("app")
                + " TO " + user("other"));
        database.execute("ALTER ROLE " + user("migrator") + " SET role = " + name("migrator"));
        database.as(user("migrator"), PASSWORD)
                .execute("ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC");
        Databases.connect(as("migrator", SchemaMode.MIGRATE)).close().block(SOON);
        database.as(user("migrator"), PASSWORD).execute(sql("postgresql-grants.sql"));
        database.as(user("migrator"), PASSWORD).execute(sql("postgresql-grants.sql"));
    }

    @AfterAll
    static void drop() {
        database.execute("DROP OWNED BY " + user("other") + "; DROP ROLE " + user("other"));
        for (String user : List.of("migrator", "app", "reader")) {
            database.execute("DROP OWNED BY " + user(user) + ", " + name(user) + " CASCADE; DROP ROLE " + user(user)
                    + ", " + name(user));
        }
        database.drop();
    }

    /** V9. */
    @Test
    void theApplicationDoesEverythingButDdl() {
        with(as("app", SchemaMode.VALIDATE), datastore -> {
            HealthEventStore events = datastore.healthEvents();
            UUID id = events.insert(EVENT).block(SOON);
            events.insertMany(List.of(EVENT, EVENT)).block(SOON);
            events.updateNodeQuarantineStatus(id, Status.QUARANTINED).block(SOON);
            assertThat(events.find(Filter.all()).count().block(SOON)).isEqualTo(3);
            datastore
                    .maintenanceEvents()
                    .insert(MaintenanceEvent.builder().eventId("e").build())
                    .block(SOON);
        });
        TestDatabase app = database.as(user("app"), PASSWORD);
        app.execute("DELETE FROM maintenance_events");
        assertThat(app.queryForString("SELECT string_agg(DISTINCT operation, ',') FROM datastore_changelog"))
                .isEqualTo("DELETE,INSERT,UPDATE");
    }

    /** What change streams ask, without their module. */
    @ParameterizedTest
    @ValueSource(strings = {"app", "reader"})
    void changeStreamsCanBeRead(String role) {
        TestDatabase user = database.as(user(role), PASSWORD);
        user.execute("LISTEN nvsentinel_changes; SELECT pg_notify('nvsentinel_changes', '');"
                + " SELECT pg_try_advisory_lock(1); SELECT count(*) FROM pg_locks;"
                + " SELECT last_value, is_called FROM datastore_changelog_id_seq; SELECT * FROM "
                + "datastore_changelog_state;"
                + " SELECT * FROM datastore_changelog; SELECT * FROM resume_tokens");
    }

    @Test
    void theApplicationStoresPositions() {
        database.as(user("app"), PASSWORD)
                .execute("INSERT INTO resume_tokens (client_name, resume_token) VALUES ('c', "
                        + "'{\"position\": 1}') ON CONFLICT (client_name)"
                        + " DO UPDATE SET epoch = resume_tokens.epoch + 1; UPDATE resume_tokens "
                        + "SET resume_token = '{\"position\": 2}';"
                        + " DELETE FROM resume_tokens");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "CREATE TABLE x ()",
                "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'",
                "ALTER TABLE health_events ADD COLUMN x int",
                "DROP TABLE health_events",
                "TRUNCATE health_events",
                "UPDATE datastore_changelog SET id = 1",
                "DELETE FROM datastore_changelog",
                "UPDATE datastore_changelog_state SET oldest_id = 9",
                "SELECT setval('datastore_changelog_id_seq', 1)",
                "SELECT nextval('datastore_changelog_id_seq')",
                "INSERT INTO datastore_changelog (id, table_name, operation) VALUES (1000000000000, 'any', 'TRUNCATE')",
                "INSERT INTO datastore_changelog (table_name, operation) VALUES ('health_events', 'DELETE')",
                "TRUNCATE datastore_changelog",
                "BEGIN; LOCK TABLE datastore_changelog; COMMIT",
                "BEGIN; LOCK TABLE datastore_changelog IN ROW EXCLUSIVE MODE; COMMIT",
                "BEGIN; LOCK TABLE datastore_changelog_state IN ROW EXCLUSIVE MODE; COMMIT",
                "CREATE TRIGGER forged AFTER INSERT ON health_events FOR EACH ROW EXECUTE FUNCTION "
                        + "nvsentinel_capture_change()",
                "INSERT INTO datastore_changelog_state (incarnation) VALUES (gen_random_uuid())",
                "ALTER TABLE resume_tokens DISABLE TRIGGER nvsentinel_guard",
                "SET session_replication_role = replica",
                "DELETE FROM nvsentinel_schema_history",
                "ALTER TABLE health_events DISABLE TRIGGER nvsentinel_capture",
                "SELECT nvsentinel_create_collection('x')",
                "SELECT nvsentinel_create_text_index('health_events')"
            })
    void theApplicationMayDoNothingElse(String statement) {
        for (String role : List.of("app", "reader")) {
            assertThatThrownBy(() -> database.as(user(role), PASSWORD).execute(statement))
                    .as(role)
                    .hasMessageContaining("42501");
        }
    }

    /** Through their own table, whose changes would appear in the changelog under its name. */
    @Test
    void theApplicationAttachesCaptureToNoTableOfItsOwn() {
        database.execute("GRANT TEMPORARY ON DATABASE " + database.name() + " TO " + name("app"));
        assertThatThrownBy(() -> database.as(user("app"), PASSWORD)
                        .execute("CREATE TEMP TABLE health_events (id uuid, data jsonb);"
                                + " CREATE TRIGGER forged AFTER INSERT ON pg_temp.health_events FOR EACH ROW"
                                + " EXECUTE FUNCTION public.nvsentinel_capture_change()"))
                .hasMessageContaining("42501")
                .hasMessageContaining("nvsentinel_capture_change");
    }

    /** The change stream's proof rests on this lock. */
    @Test
    void aWritersTransactionHoldsTheChangelogsLockUntilItEnds() throws SQLException {
        TestDatabase app = database.as(user("app"), PASSWORD);
        try (Connection connection = app.connect();
                Statement statement = connection.createStatement()) {
            connection.setAutoCommit(false);
            statement.execute("INSERT INTO health_events (data) VALUES ('{}'); SET CONSTRAINTS ALL IMMEDIATE");
            assertThat(database.queryForString(
                            "SELECT count(*) FROM pg_locks WHERE mode = 'RowExclusiveLock' AND granted"
                                    + " AND relation = 'datastore_changelog'::regclass"))
                    .isEqualTo("1");
            connection.rollback();
        }
        assertThat(database.queryForString("SELECT count(*) FROM pg_locks WHERE mode = 'RowExclusiveLock' AND granted"
                        + " AND relation = 'datastore_changelog'::regclass"))
                .isEqualTo("0");
    }

    /** Capture sets synchronous_commit for its transaction, and a function with its own settings must not undo it. */
    @Test
    void captureTurnsAsynchronousCommitOnAgainForTheWholeTransaction() throws SQLException {
        try (Connection connection = database.as(user("app"), PASSWORD).connect();
                Statement statement = connection.createStatement()) {
            connection.setAutoCommit(false);
            statement.execute("SET LOCAL synchronous_commit = off; INSERT INTO health_events (data) VALUES ('{}');"
                    + " SET CONSTRAINTS ALL IMMEDIATE");
            try (ResultSet setting = statement.executeQuery("SHOW synchronous_commit")) {
                assertThat(setting.next()).isTrue();
                assertThat(setting.getString(1)).isEqualTo("on");
            }
            connection.rollback();
        }
    }

    /** Positions, letters, marks and members of a client that another user opened first. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "UPDATE resume_tokens SET resume_token = '{\"position\": 9}' WHERE client_name = 'drainer'",
                "UPDATE resume_tokens SET epoch = 99, client_role = NULL WHERE client_name = 'drainer#0'",
                "UPDATE resume_tokens SET client_name = 'mine' WHERE client_name = 'drainer'",
                "DELETE FROM resume_tokens WHERE client_name = 'drainer'",
                "INSERT INTO resume_tokens (client_name, resume_token) VALUES ('drainer', '{\"position\": 9}')"
                        + " ON CONFLICT (client_name) DO UPDATE SET epoch = 99",
                "INSERT INTO resume_tokens (client_name, group_name, resume_token)"
                        + " VALUES ('drainer#7', 'drainer', '{\"position\": 9}')",
                "UPDATE dead_letters SET replay_requested = true",
                "UPDATE dead_letters SET client_name = 'mine'",
                "DELETE FROM dead_letters",
                "INSERT INTO handled_changes (client_name, position) VALUES ('drainer', 8)",
                "DELETE FROM handled_changes",
                "DELETE FROM group_members",
                "INSERT INTO group_members (group_name, member, owner, leased_until)"
                        + " VALUES ('drainer', gen_random_uuid(), 'evil', now())"
            })
    void anApplicationTouchesNothingOfAnothersClients(String statement) {
        TestDatabase app = database.as(user("app"), PASSWORD);
        TestDatabase other = database.as(user("other"), PASSWORD);
        database.execute("DELETE FROM resume_tokens; DELETE FROM dead_letters; DELETE FROM handled_changes;"
                + " DELETE FROM group_members");
        app.execute("INSERT INTO resume_tokens (client_name, group_name, resume_token)"
                + " VALUES ('drainer', NULL, '{\"position\": 1}'), ('drainer#0', 'drainer', '{\"position\": 1}');"
                + " INSERT INTO dead_letters (client_name, incarnation, position, xid, changed_at, "
                + "table_name, operation,"
                + " error_class, attempts) VALUES ('drainer', gen_random_uuid(), 1, 1, now(), 't', 'INSERT', 'e', 1);"
                + " INSERT INTO handled_changes (client_name, position) VALUES ('drainer', 7);"
                + " INSERT INTO group_members (group_name, member, owner, leased_until)"
                + " VALUES ('drainer', gen_random_uuid(), 'o', now())");

        assertThatThrownBy(() -> other.execute(statement))
                .hasMessageContaining("42501")
                .hasMessageContaining("belongs to role \"" + user("app") + "\"");

        database.execute("GRANT " + user("app") + " TO " + user("other"));
        try {
            other.execute(statement);
        } finally {
            database.execute("REVOKE " + user("app") + " FROM " + user("other"));
        }
    }

    @Test
    void aClientWithoutARoleBelongsToTheFirstUserWhoWritesIt() {
        database.execute("DELETE FROM resume_tokens;"
                + " INSERT INTO resume_tokens (client_name, resume_token) VALUES ('old', '{\"position\": 1}')");
        String store = "UPDATE resume_tokens SET resume_token = '{\"position\": 2}' WHERE client_name = 'old'";
        database.as(user("other"), PASSWORD).execute(store);
        assertThatThrownBy(() -> database.as(user("app"), PASSWORD).execute(store))
                .hasMessageContaining("42501");
        database.as(user("migrator"), PASSWORD).execute(store + "; UPDATE resume_tokens SET client_role = NULL");
        database.as(user("app"), PASSWORD).execute(store);
        assertThat(database.queryForString("SELECT client_role FROM resume_tokens"))
                .isEqualTo(user("app"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "INSERT INTO health_events (data) VALUES ('{}')",
                "UPDATE health_events SET data = '{}'",
                "DELETE FROM maintenance_events",
                "INSERT INTO datastore_changelog (table_name, operation) VALUES ('x', 'INSERT')",
                "SELECT nextval('datastore_changelog_id_seq')",
                "INSERT INTO resume_tokens (client_name, resume_token) VALUES ('c', '{}')"
            })
    void aReaderOnlyReads(String statement) {
        with(
                as("reader", SchemaMode.VALIDATE),
                datastore -> datastore
                        .healthEvents()
                        .count(Filter.eq("healthevent.nodeName", "n"))
                        .block(SOON));
        assertThatThrownBy(() -> database.as(user("reader"), PASSWORD).execute(statement))
                .hasMessageContaining("42501");
    }

    @Test
    void creatingCollectionsTakesOneMoreGrant() {
        DocumentCodec<Map<String, Object>> codec =
                DocumentCodec.ofTree(JsonCodec.jackson3(), tree -> tree, tree -> Map.copyOf(tree));
        with(as("app", SchemaMode.VALIDATE), datastore -> {
            assertThatThrownBy(() -> datastore.createCollection("racks").block(SOON))
                    .isInstanceOf(ConfigurationException.class)
                    .hasMessageContaining("nvsentinel_create_collection");
            database.as(user("migrator"), PASSWORD)
                    .execute(commented(sql("postgresql-grants.sql"), "nvsentinel_create_collection"));
            datastore.createCollection("racks").block(SOON);
            datastore.collection("racks", codec).insert(Map.of("a", 1)).block(SOON);
            database.execute("REVOKE EXECUTE ON FUNCTION nvsentinel_create_collection(text) FROM " + name("app"));
        });
        with(
                as("reader", SchemaMode.NONE),
                datastore -> assertThat(datastore
                                .collection("racks", codec)
                                .count(Filter.all())
                                .block(SOON))
                        .isEqualTo(1));
        assertThat(database.queryForString("SELECT tableowner FROM pg_tables WHERE tablename = 'racks'"))
                .isEqualTo(name("migrator"));
    }

    /** The part that a user without the privileges sees. */
    @Test
    void aUserWithoutRightsIsToldWhatToApply() {
        String nobody = name("unknown");
        database.execute("CREATE ROLE " + nobody + " LOGIN PASSWORD '" + PASSWORD + "'; GRANT CONNECT ON DATABASE "
                + database.name() + " TO " + nobody + "; GRANT USAGE ON SCHEMA public TO " + nobody);
        try {
            DatastoreOptions.Builder options = Databases.options(database.as(nobody, PASSWORD));
            for (Duration wait : List.of(Duration.ZERO, Duration.ofSeconds(4))) {
                assertThatThrownBy(() -> Databases.connect(
                                options.schemaMode(SchemaMode.VALIDATE).schemaWait(wait)))
                        .isInstanceOf(ConfigurationException.class)
                        .hasMessageContaining("permission denied")
                        .hasMessageContaining("apply the SQL files");
            }
        } finally {
            database.execute("DROP OWNED BY " + nobody + "; DROP ROLE " + nobody);
        }
    }

    private static String user(String role) {
        return name(role + "_user");
    }

    private static String name(String role) {
        return "nvsentinel_" + role + "_" + database.name();
    }

    /** A role is known in the whole cluster, which other tests share. */
    private static String sql(String file) {
        return SchemaFile.read(SchemaFile.ROOT.resolve("docs").resolve(file))
                .replaceAll("nvsentinel_(migrator|app|reader)\\b", "nvsentinel_$1_" + database.name());
    }

    private static String commented(String sql, String object) {
        return sql.lines()
                .filter(line -> line.startsWith("-- GRANT") && line.contains(object))
                .map(line -> line.substring(3))
                .findFirst()
                .orElseThrow();
    }

    private static DatastoreOptions.Builder as(String role, SchemaMode mode) {
        return Databases.options(database.as(user(role), PASSWORD)).schemaMode(mode);
    }

    private static void with(DatastoreOptions.Builder options, Consumer<Datastore> work) {
        Datastore datastore = Databases.connect(options);
        try {
            work.accept(datastore);
        } finally {
            datastore.close().block(SOON);
        }
    }
}

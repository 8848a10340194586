// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore;

import static io.nvsentinel.datastore.Databases.SOON;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nvsentinel.datastore.error.ConfigurationException;
import io.nvsentinel.datastore.error.DatastoreException;
import io.nvsentinel.datastore.error.InvalidRequestException;
import io.nvsentinel.datastore.model.HealthEvent;
import io.nvsentinel.datastore.model.HealthEventDocument;
import io.nvsentinel.datastore.query.Filter;
import io.nvsentinel.datastore.query.Update;
import io.nvsentinel.testserver.PostgresServer;
import io.nvsentinel.testserver.TestDatabase;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What an operator may have set for the database changes nothing, or is refused by its name. */
@Tag("essential")
class ServerSettingsTest {

    private static final List<String> SETTINGS = List.of(
            "quote_all_identifiers = on",
            "standard_conforming_strings = off",
            "escape_string_warning = off",
            "backslash_quote = off",
            "array_nulls = off",
            "transform_null_equals = on",
            "DateStyle = 'SQL, DMY'",
            "IntervalStyle = sql_standard",
            "TimeZone = 'Asia/Kathmandu'",
            "timezone_abbreviations = 'India'",
            "extra_float_digits = -15",
            "bytea_output = escape",
            "xmloption = document",
            "xmlbinary = hex",
            "row_security = on",
            "search_path = ''",
            "default_transaction_isolation = serializable",
            "default_transaction_deferrable = on",
            "check_function_bodies = off",
            "lc_messages = 'C'",
            "lc_numeric = 'C'",
            "lc_monetary = 'C'",
            "lc_time = 'C'",
            "client_encoding = LATIN1",
            "default_text_search_config = 'pg_catalog.german'",
            "statement_timeout = 1",
            "lock_timeout = 1",
            "idle_in_transaction_session_timeout = 1000",
            "synchronous_commit = off",
            "default_statistics_target = 1",
            "enable_seqscan = off",
            "enable_indexscan = off",
            "enable_hashagg = off",
            "jit = on",
            "jit_above_cost = 0",
            "plan_cache_mode = force_generic_plan",
            "max_parallel_workers_per_gather = 0",
            "gin_fuzzy_search_limit = 0",
            "from_collapse_limit = 1",
            "join_collapse_limit = 1",
            "constraint_exclusion = on",
            "default_toast_compression = pglz",
            "exit_on_error = off",
            "commit_delay = 0");

    private TestDatabase database;
    private TestDatabase other;

    @BeforeEach
    void create() {
        database = PostgresServer.shared().createDatabase();
        other = PostgresServer.shared().createDatabase();
    }

    @AfterEach
    void drop() {
        database.drop();
        other.drop();
    }

    @Test
    void doNotReachMigrationsNorStatements() {
        List<String> plain = use(SchemaMode.MIGRATE);
        List<String> wrong = new ArrayList<>();
        for (String setting : SETTINGS) {
            set(setting);
            try {
                List<String> found = use(SchemaMode.VALIDATE);
                if (!found.equals(plain)) {
                    wrong.add(setting + ": " + found);
                }
            } catch (RuntimeException e) {
                wrong.add(setting + ": " + e);
            }
            set(setting.substring(0, setting.indexOf('=')), "RESET ");
        }
        assertThat(wrong).isEmpty();
        assertThat(plain).hasSizeGreaterThan(5);
    }

    @Test
    void doNotReachTheFirstMigration() {
        SETTINGS.forEach(this::set);
        assertThat(use(SchemaMode.MIGRATE)).hasSizeGreaterThan(5);
    }

    @Test
    void triggersThatDoNotFireAreRefused() {
        use(SchemaMode.MIGRATE);
        for (String role : List.of("replica", "local")) {
            set("session_replication_role = " + role);
            for (SchemaMode mode : SchemaMode.values()) {
                assertThatThrownBy(() -> use(mode))
                        .isInstanceOf(ConfigurationException.class)
                        .hasMessageContaining("session_replication_role is " + role);
            }
        }
    }

    @Test
    void aReadOnlyDefaultIsObeyedByTransactions() {
        use(SchemaMode.MIGRATE);
        set("default_transaction_read_only = on");
        Datastore datastore = Databases.connect(Databases.options(database));
        try {
            assertThatThrownBy(() -> datastore
                            .inTransaction(session -> session.healthEvents().insert(event("n")))
                            .block(SOON))
                    .isInstanceOfSatisfying(
                            DatastoreException.class,
                            error -> assertThat(error.sqlState()).isEqualTo("25006"));
        } finally {
            datastore.close().block(SOON);
        }
    }

    /** Flyway would try ten times. */
    @Test
    void aReadOnlyDatabaseIsNotMigrated() {
        set("default_transaction_read_only = on");
        assertThatThrownBy(() -> Databases.connect(Databases.options(database).schemaMode(SchemaMode.MIGRATE)))
                .isInstanceOfSatisfying(
                        DatastoreException.class,
                        error -> assertThat(error.sqlState()).isEqualTo("25006"))
                .hasMessageContaining(
                        "cannot be migrated: transactions are read-only (default_transaction_read_only is on)");
    }

    @Test
    void aWriteInATransactionBegunAsReadOnlyIsNotToBeRetried() {
        use(SchemaMode.MIGRATE);
        Datastore datastore = Databases.connect(Databases.options(database));
        try {
            assertThatThrownBy(() -> datastore
                            .inTransaction(
                                    TransactionOptions.builder().readOnly(true).build(),
                                    session -> session.healthEvents().insert(event("n")))
                            .block(SOON))
                    .isInstanceOfSatisfying(InvalidRequestException.class, error -> {
                        assertThat(error.sqlState()).isEqualTo("25006");
                        assertThat(error.isRetryable()).isFalse();
                    });
        } finally {
            datastore.close().block(SOON);
        }
    }

    @Test
    void otherEncodingsAreRefusedBeforeAnythingIsMade() {
        for (String encoding : List.of("SQL_ASCII", "LATIN1")) {
            String name = database.name() + "_" + encoding.toLowerCase(java.util.Locale.ROOT);
            database.execute("CREATE DATABASE " + name + " ENCODING '" + encoding
                    + "' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0");
            try {
                for (SchemaMode mode : SchemaMode.values()) {
                    assertThatThrownBy(() -> Databases.connect(
                                    Databases.options(database).database(name).schemaMode(mode)))
                            .isInstanceOf(ConfigurationException.class)
                            .hasMessageContaining("encoding " + encoding + " but must have UTF8");
                }
            } finally {
                database.execute("DROP DATABASE " + name + " WITH (FORCE)");
            }
        }
    }

    private void set(String setting) {
        set(setting, "SET ");
    }

    /** From another database, to whose sessions the settings do not apply. */
    private void set(String setting, String verb) {
        other.execute("ALTER DATABASE " + database.name() + " " + verb + setting);
    }

    private static HealthEventDocument event(String node) {
        return HealthEventDocument.of(
                Instant.parse("2026-11-23T01:02:03.456789Z"),
                HealthEvent.builder().nodeName(node).message("a \\ b 'c'").build());
    }

    /** What an application sees of what it has written. */
    private List<String> use(SchemaMode mode) {
        Datastore datastore = Databases.connect(Databases.options(database).schemaMode(mode));
        try {
            HealthEventStore events = datastore.healthEvents();
            String node = "node \\d " + UUID.randomUUID();
            UUID id = events.insert(event(node)).block(SOON);
            List<String> seen = new ArrayList<>();
            Filter mine = Filter.eq("healthevent.nodeName", node);
            seen.add(String.valueOf(events.count(mine).block(SOON)));
            StoredDocument<HealthEventDocument> stored = events.findById(id).block(SOON);
            seen.add(stored.document().event().message() + " " + stored.createdAt() + " " + stored.version());
            seen.add(String.valueOf(
                    events.count(Filter.and(mine, Filter.matches("healthevent.nodeName", "^node \\\\d [0-9a-f-]+$")))
                            .block(SOON)));
            seen.add(String.valueOf(
                    events.count(Filter.and(mine, Filter.gte("createdAt", Instant.parse("2026-11-23T00:00:00Z"))))
                            .block(SOON)));
            events.updateById(id, Update.set("healthevent.message", "x\\y")).block(SOON);
            StoredDocument<HealthEventDocument> updated = events.findById(id).block(SOON);
            seen.add(updated.document().event().message() + " " + updated.version());
            seen.add(String.valueOf(datastore
                    .inTransaction(session -> session.healthEvents().count(mine))
                    .block(SOON)));
            return seen;
        } finally {
            datastore.close().block(SOON);
        }
    }
}

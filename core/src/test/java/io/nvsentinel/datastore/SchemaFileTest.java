// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore;

import static io.nvsentinel.datastore.Databases.SOON;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nvsentinel.testserver.PostgresDatabase;
import io.nvsentinel.testserver.TestDatabase;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** {@code docs/postgresql-schema.sql} and the migrations make the same schema. */
class SchemaFileTest {

    private static final String REGENERATE =
            "./mvnw -pl core -am test -Dtest=SchemaFileTest -Dsurefire.failIfNoSpecifiedTests=false "
                    + "-Dschema.write=true";

    @RegisterExtension
    static final PostgresDatabase MIGRATED = PostgresDatabase.from(Databases.MIGRATED);

    /** Every property of the schema public that a user or a query can distinguish. */
    private static final List<String> CATALOGS = List.of(
            """
            SELECT concat_ws(' ', c.relkind, c.relname, a.attnum, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull,
                a.attgenerated, a.attidentity, pg_get_expr(d.adbin, d.adrelid), c.reloptions)
            FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
            LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
            WHERE c.relnamespace = 'public'::regnamespace AND a.attnum > 0 ORDER BY 1""",
            "SELECT pg_get_indexdef(indexrelid) || indisvalid FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid"
                    + " WHERE relnamespace = 'public'::regnamespace ORDER BY 1",
            "SELECT concat_ws(' ', conrelid::regclass, conname, pg_get_constraintdef(oid)) FROM pg_constraint"
                    + " WHERE connamespace = 'public'::regnamespace ORDER BY 1",
            "SELECT concat_ws(' ', pg_get_triggerdef(t.oid), tgenabled) FROM pg_trigger t JOIN "
                    + "pg_class c ON c.oid = tgrelid"
                    + " WHERE relnamespace = 'public'::regnamespace ORDER BY 1",
            "SELECT concat_ws(' ', pg_get_functiondef(oid), proacl::text, prosecdef) FROM pg_proc"
                    + " WHERE pronamespace = 'public'::regnamespace AND prokind <> 'a' ORDER BY 1",
            // Connecting has probed the server.
            "SELECT concat_ws(' ', s.*) FROM (SELECT sequencename, sequenceowner, data_type, start_value, min_value, max_value,"
                    + " increment_by, cycle, cache_size, nullif(last_value, CASE sequencename WHEN 'datastore_probe_id_seq'"
                    + " THEN last_value END) FROM pg_sequences WHERE schemaname = 'public') s ORDER BY 1",
            "SELECT concat_ws(' ', relname, relacl::text) FROM pg_class WHERE relnamespace = "
                    + "'public'::regnamespace ORDER BY 1",
            "SELECT concat_ws(' ', typname, typtype) FROM pg_type WHERE typnamespace = "
                    + "'public'::regnamespace ORDER BY 1",
            "SELECT concat_ws(' ', singleton, oldest_id) FROM datastore_changelog_state",
            "SELECT concat_ws(' ', installed_rank, version, description, type, script, checksum, installed_by, success)"
                    + " FROM nvsentinel_schema_history ORDER BY installed_rank");

    @BeforeAll
    static void makeTheFileAnewIfAsked() {
        if (Boolean.getBoolean("schema.write")) {
            SchemaFile.write(SchemaFile.generate(MIGRATED.get()));
            SchemaFile.write(SchemaFile.FUNCTIONS, SchemaFile.functions(MIGRATED.get()));
        }
    }

    @Test
    void newScriptsAreAscii() throws Exception {
        // Comments of two that were released before have an ellipsis each.
        List<String> known = List.of("V010__nvsentinel_instant.sql", "V019__nvsentinel_now.sql");
        try (var files =
                java.nio.file.Files.list(java.nio.file.Path.of("src/main/resources/io/nvsentinel/datastore/schema"))) {
            assertThat(files.filter(file -> !known.contains(file.getFileName().toString())))
                    .isNotEmpty()
                    .allSatisfy(file -> assertThat(java.nio.file.Files.readString(file))
                            .as(file.toString())
                            .matches("(?s)\\p{ASCII}*"));
        }
    }

    @Test
    void theFileIsTheOneThatTheMigrationsGive() {
        assertThat(SchemaFile.read(SchemaFile.FILE))
                .as("docs/postgresql-schema.sql differs from the migrations. Generate it again with\n    " + REGENERATE)
                .isEqualTo(SchemaFile.generate(MIGRATED.get()));
        assertThat(SchemaFile.read(SchemaFile.ROOT.resolve("CONTRIBUTING.md"))).contains(REGENERATE);
    }

    @Test
    void theFunctionsAreThoseThatDoctorKnows() {
        assertThat(SchemaFile.read(SchemaFile.FUNCTIONS))
                .as("functions.properties is not what the migrations give. Make it anew with\n    " + REGENERATE)
                .isEqualTo(SchemaFile.functions(MIGRATED.get()));
    }

    @Test
    void theFileMakesTheSameSchema() {
        withTheFile(database -> {
            for (String catalog : CATALOGS) {
                assertThat(database.queryForStrings(catalog))
                        .as(catalog)
                        .isNotEmpty()
                        .isEqualTo(MIGRATED.get().queryForStrings(catalog));
            }
        });
    }

    /** V1, for a schema that Flyway never saw; and migrating finds nothing to do. */
    @Test
    void theLibraryAcceptsWhatTheFileMade() {
        withTheFile(database -> {
            String rows = "SELECT count(*) FROM nvsentinel_schema_history";
            String before = database.queryForString(rows);
            for (SchemaMode mode : List.of(SchemaMode.VALIDATE, SchemaMode.MIGRATE)) {
                Datastore datastore =
                        Databases.connect(Databases.options(database).schemaMode(mode));
                assertThatCode(() -> datastore.ping().block(SOON)).doesNotThrowAnyException();
                datastore.close().block(SOON);
            }
            assertThat(database.queryForString(rows)).isEqualTo(before);
        });
    }

    @Test
    void theFileMakesAllOrNothing() {
        TestDatabase database = MIGRATED.get().server().createDatabase();
        try {
            database.execute("CREATE TABLE maintenance_events ()");
            assertThatThrownBy(() -> SchemaFile.run(database)).hasMessageContaining("maintenance_events");
            assertThat(database.queryForStrings(
                            "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace"))
                    .containsExactly("maintenance_events");
        } finally {
            database.drop();
        }
    }

    private interface Check {
        void on(TestDatabase database);
    }

    private static void withTheFile(Check check) {
        TestDatabase database = MIGRATED.get().server().createDatabase();
        try {
            SchemaFile.run(database);
            check.on(database);
        } finally {
            database.drop();
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore;

import io.nvsentinel.testserver.TestDatabase;
import io.r2dbc.postgresql.api.PostgresqlConnection;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import reactor.core.publisher.Mono;

/** Makes {@code docs/postgresql-schema.sql} from the migrations and from the history of a database that has them. */
final class SchemaFile {

    static final Path ROOT =
            Path.of(System.getProperty("basedir", "")).toAbsolutePath().getParent();
    static final Path FILE = ROOT.resolve("docs/postgresql-schema.sql");

    /** What doctor compares the functions of a database with. */
    static final Path FUNCTIONS = ROOT.resolve("core/src/main/resources/io/nvsentinel/datastore/functions.properties");

    private static final String DIGESTS =
            "SELECT line FROM (SELECT proname || '(' || pg_get_function_identity_arguments(oid) || ')=' || md5(prosrc) AS line"
                    + " FROM pg_proc WHERE pronamespace = 'public'::regnamespace AND starts_with(proname, 'nvsentinel_'))"
                    + " AS lines ORDER BY line COLLATE \"C\"";

    private static final Path MIGRATIONS = ROOT.resolve("core/src/main/resources/io/nvsentinel/datastore/schema");

    private static final String HEADER = """
            -- The schema of the NVSentinel datastore in one file, to apply it without the library:
            --
            --     psql -v ON_ERROR_STOP=1 -f postgresql-schema.sql
            --
            -- It is for a database without that schema, and creates all of it or nothing. It records the versions, so
            -- that schemaMode validate accepts it and schemaMode migrate continues from there. The tables are in the
            -- schema public; for another one, replace it in this file. Privileges: postgresql-grants.sql.
            --
            -- Generated from the files in core/src/main/resources/io/nvsentinel/datastore/schema. Do not change it here;
            -- CONTRIBUTING.md says how to generate it.

            BEGIN;
            SET LOCAL search_path = public;
            """;

    private static final String HISTORY = """

            -- The versions.
            CREATE TABLE nvsentinel_schema_history (
                installed_rank integer       NOT NULL,
                version        varchar(50),
                description    varchar(200)  NOT NULL,
                type           varchar(20)   NOT NULL,
                script         varchar(1000) NOT NULL,
                checksum       integer,
                installed_by   varchar(100)  NOT NULL,
                installed_on   timestamp     NOT NULL DEFAULT now(),
                execution_time integer       NOT NULL,
                success        boolean       NOT NULL,
                CONSTRAINT nvsentinel_schema_history_pk PRIMARY KEY (installed_rank)
            );
            CREATE INDEX nvsentinel_schema_history_s_idx ON nvsentinel_schema_history (success);

            INSERT INTO nvsentinel_schema_history
                (installed_rank, version, description, type, script, checksum, installed_by, execution_time, success)
            SELECT rank, version, description, 'SQL', script, checksum, current_user, 0, true
            FROM (VALUES
            """;

    private SchemaFile() {}

    /** The file's text, where {@code migrated} was migrated by the library. */
    static String generate(TestDatabase migrated) {
        String steps = migrations().stream().map(SchemaFile::step).collect(Collectors.joining());
        String rows = migrated
                .queryForStrings(
                        "SELECT format('    (%s, %L, %L, %L, %s)', installed_rank, version, description, script,"
                                + " checksum) FROM nvsentinel_schema_history ORDER BY installed_rank")
                .stream()
                .collect(Collectors.joining(",\n"));
        return HEADER + steps + HISTORY + rows
                + "\n) AS versions (rank, version, description, script, checksum);\n\nCOMMIT;\n";
    }

    /** Runs the file as {@code psql} does: the server takes it apart. The JDBC driver would, and stumbles over SQL bodies. */
    static void run(TestDatabase database) {
        Mono.usingWhen(
                        Databases.driver(database, database.port()).create(),
                        connection -> connection
                                .createStatement(read(FILE))
                                .execute()
                                .concatMap(result -> result.getRowsUpdated())
                                .then(),
                        PostgresqlConnection::close)
                .block(Databases.SOON);
    }

    /** The empty table of the versions, as a starting instance creates it first. */
    static String emptyHistory() {
        return HISTORY.substring(0, HISTORY.indexOf("INSERT INTO"));
    }

    private static List<Path> migrations() {
        try (Stream<Path> files = Files.list(MIGRATIONS)) {
            return files.sorted(Comparator.comparing(SchemaFile::version)).toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static int version(Path file) {
        return Integer.parseInt(file.getFileName().toString().replaceAll("V(\\d+)__.*", "$1"));
    }

    private static String step(Path file) {
        String sql = read(file).replace("${flyway:defaultSchema}", "public");
        if (sql.contains("${") || sql.toUpperCase().contains(" CONCURRENTLY ")) {
            throw new AssertionError(file + " cannot be part of one transaction: a placeholder, or CONCURRENTLY");
        }
        return "\n-- " + file.getFileName() + "\n" + sql.strip() + "\n";
    }

    static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static void write(Path file, String text) {
        try {
            Files.writeString(file, text);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static void write(String text) {
        try {
            Files.createDirectories(FILE.getParent());
            Files.writeString(FILE, text);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The functions of the schema with their digests, and the version that has them. */
    static String functions(TestDatabase migrated) {
        String version = migrated.queryForString(
                "SELECT version FROM nvsentinel_schema_history ORDER BY installed_rank DESC LIMIT 1");
        return "# Generated with docs/postgresql-schema.sql; see CONTRIBUTING.md.\nversion=" + version + "\n"
                + String.join("\n", migrated.queryForStrings(DIGESTS)).replace(" ", "\\ ") + "\n";
    }
}

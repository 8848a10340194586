// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.cli.command;

import static org.assertj.core.api.Assertions.assertThat;

import io.nvsentinel.examples.cli.Databases;
import io.nvsentinel.examples.cli.ExitCode;
import io.nvsentinel.examples.cli.Run;
import io.nvsentinel.testserver.PostgresServer;
import io.nvsentinel.testserver.TestDatabase;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class SchemaCommandTest {

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
    void aNewDatabaseIsDryRunThenMigratedThenValid() {
        Run invalid = schema("validate");
        assertThat(invalid.exitCode()).isEqualTo(ExitCode.FINDING);
        assertThat(invalid.out()).hasSizeGreaterThan(50).allMatch(line -> line.startsWith("pending  "));
        assertThat(invalid.err()).singleElement().asString().contains("nvsentinel schema migrate");

        Run dryRun = schema("migrate", "--dry-run");
        assertThat(dryRun.exitCode()).isZero();
        assertThat(dryRun.out()).hasSameSizeAs(invalid.out()).contains("020 health events");
        assertThat(database.queryForString("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"))
                .isEqualTo("0");

        Run migrated = schema("migrate");
        assertThat(migrated.exitCode()).isZero();
        assertThat(migrated.out()).isEqualTo(dryRun.out());
        assertThat(migrated.err()).singleElement().asString().endsWith("migrations applied, none pending");
        assertThat(database.queryForString("SELECT count(*) FROM health_events"))
                .isEqualTo("0");

        assertThat(schema("validate").exitCode()).isZero();
        assertThat(schema("migrate").out()).isEmpty();
    }

    @Test
    void jsonSaysTheSame() {
        JsonNode before = json(schema("validate", "--json"));
        assertThat(before.get("current").isNull()).isTrue();
        assertThat(before.get("usable").asBoolean()).isFalse();

        JsonNode after = json(schema("migrate", "--json"));
        assertThat(after.get("applied")).isEqualTo(before.get("pending"));
        assertThat(after.get("current")).isEqualTo(before.get("needed"));
        assertThat(after.get("usable").asBoolean()).isTrue();
    }

    @Test
    void aMissingIndexIsFoundAndMended() {
        schema("migrate");
        database.execute("DROP INDEX healthevent_idempotency_key_unique");

        Run run = schema("validate");
        assertThat(run.exitCode()).isEqualTo(ExitCode.FINDING);
        assertThat(run.err())
                .singleElement()
                .asString()
                .contains("healthevent_idempotency_key_unique")
                .endsWith("nvsentinel schema migrate");

        Run json = schema("validate", "--json");
        assertThat(json.exitCode()).isEqualTo(ExitCode.FINDING);
        assertThat(json.err()).isEmpty();
        assertThat(json(json).get("usable").asBoolean()).isFalse();
        assertThat(json(json).get("problem").asString()).contains("healthevent_idempotency_key_unique");

        assertThat(schema("migrate").exitCode()).isZero();
        assertThat(schema("validate").exitCode()).isZero();
    }

    @ParameterizedTest
    @ValueSource(strings = {"schema", "roles", "grants"})
    void printsWhatIsDocumented(String part) throws IOException {
        Run run = Run.with(Map.of(), "schema", "print", part);

        assertThat(run.exitCode()).isZero();
        assertThat(run.out()).isEqualTo(Files.readAllLines(Path.of("../../docs/postgresql-" + part + ".sql")));
    }

    private Run schema(String... arguments) {
        String[] all = new String[arguments.length + 1];
        all[0] = "schema";
        System.arraycopy(arguments, 0, all, 1, arguments.length);
        return Run.with(Databases.environment(database), all);
    }

    private static JsonNode json(Run run) {
        assertThat(run.out()).hasSize(1);
        return JsonMapper.builder().build().readTree(run.text());
    }
}

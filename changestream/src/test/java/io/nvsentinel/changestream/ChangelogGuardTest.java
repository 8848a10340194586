// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nvsentinel.testserver.PostgresDatabase;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Nothing but the retention changes or removes changes: a client that had not read them would lose them without an error. */
@Tag("essential")
class ChangelogGuardTest {

    @RegisterExtension
    static final PostgresDatabase DATABASE = PostgresDatabase.from(Databases.MIGRATED);

    @BeforeEach
    void write() {
        DATABASE.execute("INSERT INTO health_events (data) VALUES ('{\"healthevent\": {\"nodename\": \"n\"}}')");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "DELETE FROM datastore_changelog",
                "DELETE FROM datastore_changelog WHERE id < 0",
                "UPDATE datastore_changelog SET id = id + 1000000",
                "UPDATE datastore_changelog SET new_values = NULL",
                "UPDATE datastore_changelog SET processed = true",
                "TRUNCATE datastore_changelog",
                "TRUNCATE health_events, datastore_changelog",
                "WITH gone AS (DELETE FROM datastore_changelog RETURNING id) SELECT count(*) FROM gone",
                "MERGE INTO datastore_changelog AS t USING (SELECT 1) AS s ON true WHEN MATCHED THEN DELETE",
            })
    void statementsOfOthersAreRefusedWithTheWayOut(String sql) {
        if (sql.startsWith("MERGE") && number("SELECT current_setting('server_version_num')::bigint") < 150_000) {
            return;
        }
        long before = number("SELECT count(*) FROM datastore_changelog");

        assertThatThrownBy(() -> DATABASE.execute(sql))
                .hasMessageContaining("datastore_changelog is refused: clients would lose changes without an error")
                .hasMessageContaining("nvsentinel retention run");

        assertThat(number("SELECT count(*) FROM datastore_changelog")).isEqualTo(before);
    }

    @Test
    void aCleanupFunctionOfTheGoProviderIsRefused() {
        DATABASE.execute("""
                CREATE FUNCTION cleanup_changelog(days integer) RETURNS bigint LANGUAGE plpgsql AS $$
                BEGIN
                    DELETE FROM datastore_changelog WHERE changed_at < now() - make_interval(days => days);
                    RETURN 0;
                END $$""");

        assertThatThrownBy(() -> number("SELECT cleanup_changelog(0)")).hasMessageContaining("is refused");
    }

    @Test
    void anOperatorWhoSaysSoMayRemoveChanges() {
        DATABASE.execute(
                "UPDATE datastore_changelog_state SET oldest_id = (SELECT max(id) + 1 FROM datastore_changelog);"
                        + " SET nvsentinel.retention = 'on'; DELETE FROM datastore_changelog");

        assertThat(number("SELECT count(*) FROM datastore_changelog")).isZero();
    }

    @Test
    void deletingCollectionsIsNoneOfIt() {
        DATABASE.execute("DELETE FROM health_events");

        assertThat(number("SELECT count(*) FROM datastore_changelog WHERE operation = 'DELETE'"))
                .isPositive();
    }

    private static long number(String sql) {
        return Long.parseLong(requireNonNull(DATABASE.queryForString(sql)));
    }
}

// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore;

import static io.nvsentinel.datastore.Databases.SOON;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nvsentinel.datastore.error.ConfigurationException;
import io.nvsentinel.datastore.model.HealthEvent;
import io.nvsentinel.datastore.model.HealthEventDocument;
import io.nvsentinel.datastore.model.Status;
import io.nvsentinel.testserver.PostgresServer;
import io.nvsentinel.testserver.TestDatabase;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;

@Tag("surroundings")
@Tag("essential")
class SchemaTest {

    private static final String HISTORY = "SELECT count(*) || ' ' || max(installed_rank) || ' ' || max(installed_on)"
            + " FROM nvsentinel_schema_history";
    private static final String VERSION =
            "SELECT version FROM nvsentinel_schema_history ORDER BY installed_rank DESC OFFSET %s LIMIT 1";
    private static final String TABLES = "SELECT count(*) FROM information_schema.tables WHERE table_schema = ?";

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
    void migratingAgainChangesNothing() {
        open(SchemaMode.MIGRATE);
        String history = database.queryForString(HISTORY);
        open(SchemaMode.MIGRATE);
        assertThat(database.queryForString(HISTORY)).isEqualTo(history);
    }

    @Test
    void startersThatComeTogetherAllSucceed() {
        DatastoreOptions options = Databases.options(database)
                .schemaMode(SchemaMode.MIGRATE)
                .schemaWait(SOON)
                .build();
        Flux.range(0, 8)
                .flatMap(i -> Datastore.connect(options))
                .flatMap(Datastore::close)
                .blockLast(SOON);
        assertThat(database.queryForString("SELECT count(*) FROM nvsentinel_schema_history WHERE NOT success"))
                .isEqualTo("0");
        assertThat(database.queryForString("SELECT count(*) - count(DISTINCT version) FROM nvsentinel_schema_history"))
                .isEqualTo("0");
    }

    @Test
    void validatingRefusesADatabaseWithoutTheSchema() {
        assertThatThrownBy(() -> open(SchemaMode.VALIDATE))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("The schema is at version none and requires ")
                .hasMessageContaining("apply the SQL files");
        assertThat(database.queryForString(TABLES, "public")).isEqualTo("0");
    }

    @Test
    void validatingRefusesAnOlderSchemaAndAcceptsANewerOne() {
        open(SchemaMode.MIGRATE);
        database.execute("INSERT INTO nvsentinel_schema_history SELECT installed_rank + 1, '900', 'newer', type,"
                + " 'V900__newer.sql', 1, installed_by, installed_on, 1, true FROM nvsentinel_schema_history"
                + " ORDER BY installed_rank DESC LIMIT 1");
        open(SchemaMode.VALIDATE);
        open(SchemaMode.MIGRATE);
        String needed = database.queryForString(VERSION.formatted("1"));
        String before = database.queryForString(VERSION.formatted("2"));
        database.execute("DELETE FROM nvsentinel_schema_history WHERE version IN ('900', '" + needed + "')");
        assertThatThrownBy(() -> open(SchemaMode.VALIDATE))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("The schema is at version " + before + " and requires " + needed)
                .hasMessageContaining("apply the pending SQL migrations (1)");
    }

    @Test
    void tellsWhatIsAppliedPendingUnknownAndFailed() {
        SchemaStatus none = status();
        assertThat(none.current()).isNull();
        assertThat(none.pending()).hasSizeGreaterThan(50).first().isEqualTo("001 nvsentinel text");
        assertThat(none.isUsable()).isFalse();
        assertThat(database.queryForString(TABLES, "public")).isEqualTo("0");

        open(SchemaMode.MIGRATE);
        assertThat(status()).isEqualTo(new SchemaStatus(none.needed(), none.needed(), List.of(), List.of(), List.of()));

        database.execute("INSERT INTO nvsentinel_schema_history SELECT installed_rank + 1, '900', 'newer', type,"
                + " 'V900__newer.sql', 1, installed_by, installed_on, 1, true FROM nvsentinel_schema_history"
                + " ORDER BY installed_rank DESC LIMIT 1");
        assertThat(status().unknown()).containsExactly("900 newer");
        assertThat(status().current()).isEqualTo("900");
        assertThat(status().isUsable()).isTrue();

        database.execute("DELETE FROM nvsentinel_schema_history WHERE version = '900';"
                + " UPDATE nvsentinel_schema_history SET success = false WHERE version = '" + none.needed() + "'");
        assertThat(status().failed()).singleElement().asString().startsWith(none.needed());
        assertThat(status().isUsable()).isFalse();
    }

    private SchemaStatus status() {
        return SchemaStatus.of(Databases.options(database).build()).block(SOON);
    }

    @Test
    void saysWhichMigrationIsNotTheOneThatWasApplied() {
        open(SchemaMode.MIGRATE);
        database.execute("UPDATE nvsentinel_schema_history SET checksum = 1 WHERE version = '020'");
        assertThatThrownBy(() -> open(SchemaMode.MIGRATE))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("cannot be migrated")
                .hasMessageContaining("checksum mismatch for migration version 020");
    }

    @Test
    void livesInAnotherSchema() {
        insertAndUpdate(Databases.options(database).schema("nv").schemaMode(SchemaMode.MIGRATE));
        insertAndUpdate(Databases.options(database).schema("nv").schemaMode(SchemaMode.VALIDATE));
        insertAndUpdate(Databases.options(database).schema("nv").schemaMode(SchemaMode.NONE));
        assertThat(database.queryForString("SELECT count(*) FROM nv.health_events"))
                .isEqualTo("3");
        assertThat(database.queryForString("SELECT count(*) FROM nv.datastore_changelog"))
                .isEqualTo("6");
        assertThat(database.queryForString(TABLES, "public")).isEqualTo("0");
    }

    @Test
    void livesInASchemaWhoseNameNeedsQuotes() {
        insertAndUpdate(Databases.options(database).schema("N v").schemaMode(SchemaMode.MIGRATE));
        assertThat(database.queryForString("SELECT count(*) FROM \"N v\".health_events"))
                .isEqualTo("1");
    }

    /** A restored dump sets search_path to nothing before it writes. */
    @Test
    void worksWithoutASearchPath() {
        open(SchemaMode.MIGRATE);
        database.execute("SET search_path = ''; INSERT INTO public.health_events (data) VALUES"
                + " ('{\"createdAt\": \"2026-10-17T02:20:51Z\", \"healthevent\": {\"nodeName\": \"n\","
                + " \"recommendedAction\": 15}, \"healtheventstatus\": {\"faultremediated\": "
                + "{\"value\": true}}}');"
                + " INSERT INTO public.maintenance_events (data) VALUES ('{\"eventId\": \"e\"}');"
                + " UPDATE public.health_events SET data = data || '{\"x\": 1}'; DELETE FROM "
                + "public.maintenance_events");
        assertThat(database.queryForString("SELECT concat_ws(' ', node_name, recommended_action, fault_remediated,"
                        + " extract(epoch FROM created_at)::bigint) FROM health_events"))
                .isEqualTo("n RESTART_VM t 1792203651");
        assertThat(database.queryForString("SELECT count(*) FROM datastore_changelog"))
                .isEqualTo("4");
    }

    private void open(SchemaMode mode) {
        Databases.connect(Databases.options(database).schemaMode(mode)).close().block(SOON);
    }

    private static void insertAndUpdate(DatastoreOptions.Builder options) {
        Datastore datastore = Databases.connect(options);
        try {
            HealthEventStore store = datastore.healthEvents();
            UUID id = store.insert(HealthEventDocument.of(
                            Instant.EPOCH, HealthEvent.builder().nodeName("n").build()))
                    .block(SOON);
            store.updateNodeQuarantineStatus(id, Status.QUARANTINED).block(SOON);
            assertThat(store.findById(id).block(SOON).document().status().nodeQuarantined())
                    .isEqualTo(Status.QUARANTINED);
        } finally {
            datastore.close().block(SOON);
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore;

import static io.nvsentinel.datastore.Databases.SOON;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nvsentinel.datastore.model.HealthEvent;
import io.nvsentinel.datastore.model.HealthEventDocument;
import io.nvsentinel.datastore.model.Status;
import io.nvsentinel.testserver.PostgresServer;
import io.nvsentinel.testserver.TestDatabase;
import java.io.File;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;

class SchemaTest {

    private static final String HISTORY = "SELECT count(*) || ' ' || max(installed_rank) || ' ' || max(installed_on)"
            + " FROM nvsentinel_schema_history";
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
        DatastoreOptions options =
                Databases.options(database).schemaMode(SchemaMode.MIGRATE).build();
        Flux.range(0, 3)
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
                .isInstanceOf(MisconfiguredException.class)
                .hasMessageContaining(
                        "The schema is at version none and needs " + versions().get(0))
                .hasMessageContaining("apply the pending SQL migrations");
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
        List<String> versions = versions();
        database.execute("DELETE FROM nvsentinel_schema_history WHERE version IN ('900', '" + versions.get(0) + "')");
        assertThatThrownBy(() -> open(SchemaMode.VALIDATE))
                .isInstanceOf(MisconfiguredException.class)
                .hasMessageContaining("The schema is at version " + versions.get(1) + " and needs " + versions.get(0));
    }

    @Test
    void validatingNeedsNoRightToCreate() {
        open(SchemaMode.MIGRATE);
        String role = "plain_" + database.name();
        database.execute("CREATE ROLE " + role + " LOGIN PASSWORD 'p'; REVOKE ALL ON SCHEMA public FROM PUBLIC;"
                + " REVOKE ALL ON DATABASE " + database.name() + " FROM PUBLIC; GRANT CONNECT ON DATABASE "
                + database.name() + " TO " + role + "; GRANT USAGE ON SCHEMA public TO " + role
                + "; GRANT SELECT, INSERT, UPDATE ON ALL TABLES IN SCHEMA public TO " + role
                + "; GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO " + role);
        try {
            DatastoreOptions.Builder options = Databases.options(database.as(role, "p"));
            insertAndUpdate(options.schemaMode(SchemaMode.VALIDATE));
        } finally {
            database.execute("DROP OWNED BY " + role + "; DROP ROLE " + role);
        }
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
        database.execute(
                "SET search_path = ''; INSERT INTO public.health_events (data) VALUES"
                        + " ('{\"createdAt\": \"2026-10-17T02:20:51Z\", \"healthevent\": {\"nodeName\": \"n\","
                        + " \"recommendedAction\": 15}, \"healtheventstatus\": {\"faultremediated\": {\"value\": true}}}');"
                        + " INSERT INTO public.maintenance_events (data) VALUES ('{\"eventId\": \"e\"}');"
                        + " UPDATE public.health_events SET data = data || '{\"x\": 1}'; DELETE FROM public.maintenance_events");
        assertThat(database.queryForString("SELECT concat_ws(' ', node_name, recommended_action, fault_remediated,"
                        + " extract(epoch FROM created_at)::bigint) FROM health_events"))
                .isEqualTo("n RESTART_VM t 1792203651");
        assertThat(database.queryForString("SELECT count(*) FROM datastore_changelog"))
                .isEqualTo("4");
    }

    /** The versions of the schema's files, newest first. */
    private static List<String> versions() {
        String[] files = new File("src/main/resources/io/nvsentinel/datastore/schema").list();
        return Stream.of(files)
                .map(file -> file.substring(1, file.indexOf("__")))
                .sorted(Comparator.reverseOrder())
                .toList();
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

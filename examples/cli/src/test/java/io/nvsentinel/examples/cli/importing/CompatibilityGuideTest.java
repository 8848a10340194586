// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.cli.importing;

import static org.assertj.core.api.Assertions.assertThat;

import io.nvsentinel.datastore.Datastore;
import io.nvsentinel.datastore.SchemaMode;
import io.nvsentinel.datastore.model.HealthEventDocument;
import io.nvsentinel.datastore.model.InternalStatus;
import io.nvsentinel.datastore.model.Status;
import io.nvsentinel.datastore.query.Filter;
import io.nvsentinel.testserver.PostgresDatabase;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import reactor.core.publisher.Mono;

/** What {@code docs/compatibility.md} says about moving from the Go provider's tables, done as it says. */
class CompatibilityGuideTest {

    private static final UUID ID = UUID.fromString("00112233-4455-6677-8899-aabbccddeeff");

    private static final String GO_TABLES = """
            CREATE TABLE health_events (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), node_name varchar(255) NOT NULL,
                event_type varchar(100), severity varchar(50), recommended_action varchar(100), node_quarantined varchar(50),
                user_pods_eviction_status varchar(50) DEFAULT 'NotStarted', user_pods_eviction_message text,
                fault_remediated boolean, last_remediation_timestamp timestamptz, document jsonb NOT NULL,
                created_at timestamptz DEFAULT now(), updated_at timestamptz DEFAULT now(),
                quarantine_finish_timestamp timestamptz, drain_finish_timestamp timestamptz);
            CREATE INDEX health_events_node_created ON health_events (node_name);
            CREATE TABLE maintenance_events (id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
                event_id varchar(255) UNIQUE NOT NULL, csp varchar(50) NOT NULL, cluster_name varchar(255) NOT NULL,
                node_name varchar(255), status varchar(50) NOT NULL, csp_status varchar(50), scheduled_start_time timestamptz,
                actual_end_time timestamptz, event_received_timestamp timestamptz NOT NULL,
                last_updated_timestamp timestamptz NOT NULL DEFAULT now(), document jsonb NOT NULL,
                created_at timestamptz DEFAULT now(), updated_at timestamptz DEFAULT now());
            CREATE TABLE datastore_changelog (id bigserial PRIMARY KEY, table_name varchar(100) NOT NULL,
                record_id uuid NOT NULL, operation varchar(20) NOT NULL, old_values jsonb, new_values jsonb,
                changed_at timestamptz DEFAULT now(), processed boolean DEFAULT false);
            CREATE TABLE resume_tokens (client_name varchar(255) PRIMARY KEY, resume_token jsonb NOT NULL,
                last_updated timestamptz DEFAULT now());
            CREATE TABLE nvsentinel_schema_migrations (version bigint PRIMARY KEY, description text NOT NULL);
            """;

    /** A whole node was quarantined and drained, and the event remediated, in columns that the document does not have. */
    private static final String GO_ROWS = """
            INSERT INTO health_events (id, node_name, event_type, node_quarantined, user_pods_eviction_status,
                user_pods_eviction_message, fault_remediated, last_remediation_timestamp, quarantine_finish_timestamp,
                created_at, document)
            VALUES ('00112233-4455-6677-8899-aabbccddeeff', 'n1', 'GpuXidError', 'Quarantined', 'Succeeded', 'done', true,
                '2026-11-01T10:00:00Z', '2026-11-01T09:00:00.25Z', '2026-11-01T08:00:00Z',
                '{"createdAt": "2026-11-01T08:00:00.5Z", "RawEvent": null, "healthevent": {"nodeName": "n1",
                  "checkName": "GpuXidError", "isFatal": true, "recommendedAction": 15,
                  "generatedTimestamp": {"seconds": 1793520000}},
                  "healtheventstatus": {"nodequarantined": null, "userpodsevictionstatus": {"status": "InProgress"},
                  "faultremediated": null}}');
            INSERT INTO health_events (node_name, user_pods_eviction_status, document) VALUES ('n2', NULL,
                '{"healthevent": {"nodename": "n2"}, "healtheventstatus": {"nodequarantined": "UnQuarantined",
                  "userpodsevictionstatus": {"Status": "AlreadyDrained"}, "faultremediated": {"value": false}}}');
            INSERT INTO maintenance_events (event_id, csp, cluster_name, status, event_received_timestamp, document)
            VALUES ('e1', 'aws', 'c', 'QUARANTINE_TRIGGERED', now(),
                '{"eventId": "e1", "csp": "aws", "clusterName": "c", "status": "DETECTED"}');
            """;

    @RegisterExtension
    static final PostgresDatabase database = PostgresDatabase.empty();

    @Test
    void movesTheTablesOfTheGoProvider() {
        database.execute(GO_TABLES + GO_ROWS);
        database.execute(sql("moving-away"));
        Datastore.connect(ImportDatabase.options(database.get())
                        .schemaMode(SchemaMode.MIGRATE)
                        .build())
                .flatMap(this::moved)
                .block();
    }

    private Mono<Void> moved(Datastore datastore) {
        database.execute(sql("copying"));
        assertThat(database.queryForString(sql("comparing"))).isEqualTo("0");
        assertThat(database.queryForString("SELECT count(*) FROM maintenance_events"))
                .isEqualTo("1");
        assertThat(database.queryForString("SELECT count(*) FROM datastore_changelog"))
                .isEqualTo("0");
        assertThat(database.queryForString("SELECT string_agg(DISTINCT tgenabled::text, '') FROM pg_trigger"
                        + " WHERE tgname = 'nvsentinel_capture'"))
                .isEqualTo("A");
        return datastore
                .healthEvents()
                .findById(ID)
                .doOnNext(event -> assertIsMoved(event.document()))
                .then(datastore.healthEvents().findLatestByNode("n2"))
                .doOnNext(event -> {
                    assertThat(event.document()
                                    .status()
                                    .userPodsEvictionStatus()
                                    .status())
                            .isEqualTo(Status.ALREADY_DRAINED);
                    assertThat(event.document().status().faultRemediated()).isFalse();
                })
                .then(datastore.maintenanceEvents().find(Filter.all()).next())
                .doOnNext(event -> assertThat(event.document().status()).isEqualTo(InternalStatus.QUARANTINE_TRIGGERED))
                .then(datastore.close());
    }

    private static void assertIsMoved(HealthEventDocument event) {
        assertThat(event.createdAt()).isEqualTo("2026-11-01T08:00:00.500Z");
        assertThat(event.event().nodeName()).isEqualTo("n1");
        assertThat(event.event().generatedTimestamp()).isEqualTo(Instant.ofEpochSecond(1793520000));
        assertThat(event.status().nodeQuarantined()).isEqualTo(Status.QUARANTINED);
        assertThat(event.status().userPodsEvictionStatus().status()).isEqualTo(Status.SUCCEEDED);
        assertThat(event.status().userPodsEvictionStatus().message()).isEqualTo("done");
        assertThat(event.status().faultRemediated()).isTrue();
        assertThat(event.status().lastRemediationTimestamp()).isEqualTo("2026-11-01T10:00:00Z");
        assertThat(event.status().quarantineFinishTimestamp()).isEqualTo("2026-11-01T09:00:00.250Z");
        assertThat(event.status().drainFinishTimestamp()).isNull();
        assertThat(event.extra()).containsEntry("RawEvent", null);
    }

    /** The block of SQL that follows a mark in the guide. */
    private static String sql(String mark) {
        try {
            String guide = Files.readString(Path.of("..", "..", "docs", "compatibility.md"));
            int begin = guide.indexOf("```sql\n", guide.indexOf("<!-- " + mark + " -->")) + "```sql\n".length();
            return guide.substring(begin, guide.indexOf("```", begin));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore;

import static io.nvsentinel.datastore.Databases.SOON;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nvsentinel.datastore.error.InvalidRequestException;
import io.nvsentinel.datastore.model.Csp;
import io.nvsentinel.datastore.model.InternalStatus;
import io.nvsentinel.datastore.model.MaintenanceEvent;
import io.nvsentinel.datastore.model.MaintenanceType;
import io.nvsentinel.datastore.model.ProviderStatus;
import io.nvsentinel.datastore.query.Filter;
import io.nvsentinel.testserver.PostgresDatabase;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import reactor.core.publisher.Flux;

/** The pool has one connection, but for the race. */
@Tag("essential")
class MaintenanceEventStoreTest {

    @RegisterExtension
    static final PostgresDatabase DATABASE = PostgresDatabase.from(Databases.MIGRATED);

    private static final Instant T = Instant.parse("2026-11-01T00:00:00.123456Z");

    private Datastore datastore;
    private MaintenanceEventStore store;

    @BeforeEach
    void open() {
        DATABASE.execute("TRUNCATE maintenance_events");
        datastore = Databases.connect(Databases.options(DATABASE.get()).maxConnections(1));
        store = datastore.maintenanceEvents();
    }

    @AfterEach
    void close() {
        datastore.close().block(SOON);
    }

    @Test
    void storesAndReplacesByEventId() {
        MaintenanceEvent first = event("e", InternalStatus.DETECTED)
                .csp(Csp.GCP)
                .clusterName("c1")
                .nodeName("n1")
                .eventReceivedTimestamp(T)
                .build();
        UpsertResult inserted = store.upsert(first).block(SOON);
        assertThat(inserted.inserted()).isTrue();
        StoredDocument<MaintenanceEvent> stored = store.findByEventId("e").block(SOON);
        assertThat(stored.document()).isEqualTo(first);
        assertThat(stored.version()).isEqualTo(1);

        MaintenanceEvent second = event("e", InternalStatus.MAINTENANCE_ONGOING)
                .csp(Csp.AWS)
                .clusterName("c2")
                .nodeName("n2")
                .eventReceivedTimestamp(T.plusSeconds(1))
                .cspStatus(ProviderStatus.ONGOING)
                .scheduledStartTime(T.plusSeconds(2))
                .actualEndTime(T.plusSeconds(3))
                .lastUpdatedTimestamp(T.plusSeconds(4))
                .recommendedAction("RESTART_VM")
                .build();
        UpsertResult updated = store.upsert(second).block(SOON);

        assertThat(updated).isEqualTo(new UpsertResult(inserted.id(), false, true));
        StoredDocument<MaintenanceEvent> after = store.findByEventId("e").block(SOON);
        assertThat(after.document()).isEqualTo(second);
        assertThat(after.createdAt()).isEqualTo(stored.createdAt());
        assertThat(after.version()).isEqualTo(2);
        assertThat(DATABASE.queryForString("SELECT concat_ws('|', csp, cluster_name, node_name, status, csp_status,"
                        + " event_received_timestamp = (data ->> 'eventReceivedTimestamp')::timestamptz)"
                        + " FROM maintenance_events"))
                .isEqualTo("aws|c2|n2|MAINTENANCE_ONGOING|ONGOING|t");
    }

    @Test
    void anEqualEventIsNotWrittenAgain() {
        MaintenanceEvent event = event("e", InternalStatus.DETECTED)
                .nodeName("n")
                .eventReceivedTimestamp(T)
                .build();
        UpsertResult first = store.upsert(event).block(SOON);
        String changes = DATABASE.queryForString("SELECT count(*) FROM datastore_changelog");
        assertThat(store.upsert(event).block(SOON)).isEqualTo(new UpsertResult(first.id(), false, false));
        assertThat(store.findByEventId("e").block(SOON).version()).isEqualTo(1);
        assertThat(DATABASE.queryForString("SELECT count(*) FROM datastore_changelog"))
                .isEqualTo(changes);
        assertThat(store.upsert(event.toBuilder().nodeName("").build()).block(SOON))
                .isEqualTo(new UpsertResult(first.id(), false, true));
        assertThat(store.findByEventId("e").block(SOON).document().nodeName()).isEmpty();
    }

    @Test
    void oneRecordIsLeftWhenManyUpsertEqualEventsAtOnce() {
        Datastore wide = Databases.connect(Databases.options(DATABASE.get()).maxConnections(4));
        try {
            List<UpsertResult> results = Flux.range(0, 80)
                    .flatMap(
                            i -> wide.maintenanceEvents()
                                    .upsert(event("e" + i / 4, InternalStatus.DETECTED)
                                            .build()),
                            8)
                    .collectList()
                    .block(SOON);
            assertThat(results).hasSize(80).filteredOn(UpsertResult::inserted).hasSize(20);
            assertThat(DATABASE.queryForString("SELECT max(version) FROM maintenance_events"))
                    .isEqualTo("1");
        } finally {
            wide.close().block(SOON);
        }
    }

    @Test
    void anUpsertNeedsAnId() {
        assertThatThrownBy(() ->
                        store.upsert(event("", InternalStatus.DETECTED).build()).block(SOON))
                .isInstanceOf(InvalidRequestException.class)
                .hasMessageContaining("eventId");
        assertThat(store.findByEventId("x").block(SOON)).isNull();
    }

    @Test
    void oneRecordIsLeftWhenManyUpsertAtOnce() {
        Datastore wide = Databases.connect(Databases.options(DATABASE.get()).maxConnections(4));
        try {
            List<UpsertResult> results = Flux.range(0, 40)
                    .flatMap(
                            i -> wide.maintenanceEvents()
                                    .upsert(event("e" + i % 4, InternalStatus.DETECTED)
                                            .recommendedAction("a" + i)
                                            .build()),
                            8)
                    .collectList()
                    .block(SOON);
            assertThat(results).filteredOn(UpsertResult::inserted).hasSize(4);
            assertThat(wide.maintenanceEvents().count(Filter.all()).block(SOON)).isEqualTo(4);
            assertThat(DATABASE.queryForString("SELECT sum(version) FROM maintenance_events"))
                    .isEqualTo("40");
        } finally {
            wide.close().block(SOON);
        }
    }

    @Test
    void findsWhatIsDueByTheDatabasesClock() {
        Instant now = Instant.parse(DATABASE.queryForString(
                "SELECT to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')"));
        due("soon", InternalStatus.DETECTED, now.plusSeconds(1800), null);
        due("past", InternalStatus.DETECTED, now.minusSeconds(86400), null);
        due("later", InternalStatus.DETECTED, now.plusSeconds(7200), null);
        due("never", InternalStatus.DETECTED, null, null);
        due("done", InternalStatus.MAINTENANCE_COMPLETE, now.minusSeconds(10), null);
        due("not complete", InternalStatus.QUARANTINE_TRIGGERED, now.minusSeconds(9000), now.minusSeconds(4000));
        due("over", InternalStatus.MAINTENANCE_COMPLETE, now.minusSeconds(9000), now.minusSeconds(4000));
        due("long over", InternalStatus.MAINTENANCE_COMPLETE, now.minusSeconds(9000), now.minusSeconds(8000));
        due("just over", InternalStatus.MAINTENANCE_COMPLETE, now.minusSeconds(9000), now.minusSeconds(60));

        assertThat(ids(store.findToTriggerQuarantine(Duration.ofHours(1)))).containsExactly("soon");
        assertThat(ids(store.findToTriggerQuarantine(Duration.ofHours(3)))).containsExactly("soon", "later");
        assertThat(ids(store.findToTriggerQuarantine(Duration.ZERO))).isEmpty();
        assertThat(ids(store.findToTriggerHealthy(Duration.ofHours(1)))).containsExactly("long over", "over");
        assertThat(ids(store.findToTriggerHealthy(Duration.ZERO))).containsExactly("long over", "over", "just over");
        assertThat(ids(store.findToTriggerHealthy(Duration.ofDays(10_000)))).isEmpty();
        for (Duration bad : List.of(Duration.ofNanos(-1), Duration.ofDays(10_001))) {
            assertThatThrownBy(() -> ids(store.findToTriggerQuarantine(bad)))
                    .isInstanceOf(InvalidRequestException.class);
        }
    }

    @Test
    void recordsTheStatusInTheDocumentAndItsColumn() {
        store.upsert(event("e", InternalStatus.DETECTED).build()).block(SOON);
        assertThat(store.updateStatus("e", InternalStatus.QUARANTINE_TRIGGERED).block(SOON))
                .isEqualTo(new UpdateResult(1, 1));
        StoredDocument<MaintenanceEvent> stored = store.findByEventId("e").block(SOON);
        assertThat(stored.document().status()).isEqualTo(InternalStatus.QUARANTINE_TRIGGERED);
        assertThat(stored.document().lastUpdatedTimestamp()).isEqualTo(stored.updatedAt());
        assertThat(DATABASE.queryForString(
                        "SELECT concat_ws('|', status, last_updated_timestamp = updated_at) FROM maintenance_events"))
                .isEqualTo("QUARANTINE_TRIGGERED|t");
        assertThat(store.updateStatus("x", InternalStatus.ERROR).block(SOON)).isEqualTo(new UpdateResult(0, 0));
    }

    @Test
    void knowsUntilWhenEventsWereReceived() {
        assertThat(store.findLastReceived("c", Csp.GCP).block(SOON)).isNull();
        IntStream.of(2, 3, 1)
                .forEach(i -> store.upsert(event("e" + i, InternalStatus.DETECTED)
                                .csp(Csp.GCP)
                                .clusterName("c")
                                .eventReceivedTimestamp(T.plusSeconds(i))
                                .build())
                        .block(SOON));
        store.upsert(event("other", InternalStatus.DETECTED)
                        .csp(Csp.AWS)
                        .clusterName("c")
                        .eventReceivedTimestamp(T.plusSeconds(9))
                        .build())
                .block(SOON);
        assertThat(store.findLastReceived("c", Csp.GCP).block(SOON)).isEqualTo(T.plusSeconds(3));
        assertThat(store.findLastReceived("d", Csp.GCP).block(SOON)).isNull();
        store.upsert(event("elsewhere", InternalStatus.DETECTED)
                        .csp(Csp.GCP)
                        .clusterName("d")
                        .eventReceivedTimestamp(T.plusSeconds(5))
                        .build())
                .block(SOON);
        assertThat(store.findLastReceived(Csp.GCP).block(SOON)).isEqualTo(T.plusSeconds(5));
        assertThat(store.findLastReceived(new Csp("none")).block(SOON)).isNull();
    }

    @Test
    void findsEmergenciesAndWhatWasCancelled() {
        store.upsert(event("now", InternalStatus.DETECTED)
                        .metadata(Map.of("urgency", "EMERGENCY"))
                        .build())
                .block(SOON);
        store.upsert(event("handled", InternalStatus.QUARANTINE_TRIGGERED)
                        .metadata(Map.of("urgency", "EMERGENCY"))
                        .build())
                .block(SOON);
        store.upsert(event("calm", InternalStatus.DETECTED)
                        .metadata(Map.of("urgency", "LOW"))
                        .build())
                .block(SOON);
        store.upsert(event("second", InternalStatus.CANCELLED)
                        .lastUpdatedTimestamp(T.plusSeconds(1))
                        .build())
                .block(SOON);
        store.upsert(event("first", InternalStatus.CANCELLED)
                        .lastUpdatedTimestamp(T)
                        .build())
                .block(SOON);

        assertThat(ids(store.findEmergencies())).containsExactly("now");
        assertThat(ids(store.findCancelled())).containsExactly("first", "second");
    }

    @Test
    void findsTheLatestEventOfANode() {
        received("old", InternalStatus.MAINTENANCE_ONGOING, MaintenanceType.SCHEDULED, 1);
        received("newer", InternalStatus.MAINTENANCE_ONGOING, MaintenanceType.SCHEDULED, 0);
        received("new", InternalStatus.DETECTED, MaintenanceType.UNSCHEDULED, 2);
        received("over", InternalStatus.MAINTENANCE_COMPLETE, MaintenanceType.UNSCHEDULED, 3);

        assertThat(store.findLatestOngoing("n").block(SOON).document().eventId())
                .isEqualTo("newer");
        assertThat(store.findLatestOngoing("m").block(SOON)).isNull();
        assertThat(store.findLatestActive(
                                "n",
                                MaintenanceType.SCHEDULED,
                                List.of(InternalStatus.DETECTED, InternalStatus.MAINTENANCE_ONGOING))
                        .block(SOON)
                        .document()
                        .eventId())
                .isEqualTo("newer");
        assertThat(store.findLatestActive("n", MaintenanceType.SCHEDULED, List.of())
                        .block(SOON))
                .isNull();
        assertThat(ids(store.findByStatuses(
                        Csp.GCP, List.of(InternalStatus.MAINTENANCE_COMPLETE, InternalStatus.MAINTENANCE_ONGOING))))
                .containsExactly("over", "old", "newer");
        assertThat(ids(store.findByProviderStatuses(Csp.GCP, List.of(ProviderStatus.ACTIVE, ProviderStatus.ONGOING))))
                .containsExactly("over", "old");
        assertThat(ids(store.findByProviderStatuses(Csp.AWS, List.of(ProviderStatus.ACTIVE))))
                .isEmpty();
        assertThat(ids(store.findByStatuses(Csp.GCP, List.of()))).isEmpty();
        assertThat(ids(store.findByStatuses(Csp.AWS, List.of(InternalStatus.DETECTED))))
                .isEmpty();
    }

    private static MaintenanceEvent.Builder event(String id, InternalStatus status) {
        return MaintenanceEvent.builder().eventId(id).status(status);
    }

    private void due(String id, InternalStatus status, Instant scheduledStart, Instant actualEnd) {
        store.upsert(event(id, status)
                        .scheduledStartTime(scheduledStart)
                        .actualEndTime(actualEnd)
                        .build())
                .block(SOON);
    }

    private void received(String id, InternalStatus status, MaintenanceType type, int second) {
        store.upsert(event(id, status)
                        .csp(Csp.GCP)
                        .nodeName("n")
                        .maintenanceType(type)
                        .cspStatus(second % 2 == 0 ? ProviderStatus.PENDING : ProviderStatus.ACTIVE)
                        .eventReceivedTimestamp(T.plusSeconds(second))
                        .lastUpdatedTimestamp(T.minusSeconds(second))
                        .build())
                .block(SOON);
    }

    private static List<String> ids(Flux<StoredDocument<MaintenanceEvent>> events) {
        return events.map(event -> event.document().eventId()).collectList().block(SOON);
    }
}

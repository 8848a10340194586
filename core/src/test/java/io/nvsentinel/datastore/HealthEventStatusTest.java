// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore;

import static io.nvsentinel.datastore.Databases.SOON;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nvsentinel.datastore.error.InvalidRequestException;
import io.nvsentinel.datastore.error.NotFoundException;
import io.nvsentinel.datastore.model.HealthEvent;
import io.nvsentinel.datastore.model.HealthEventDocument;
import io.nvsentinel.datastore.model.HealthEventStatus;
import io.nvsentinel.datastore.model.OperationStatus;
import io.nvsentinel.datastore.model.Status;
import io.nvsentinel.datastore.query.Filter;
import io.nvsentinel.testserver.PostgresDatabase;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What the services ask of health events and record in them. The pool has one connection. */
class HealthEventStatusTest {

    @RegisterExtension
    static final PostgresDatabase DATABASE = PostgresDatabase.from(Databases.MIGRATED);

    private static final HealthEventStatus FULL = HealthEventStatus.builder()
            .nodeQuarantined(Status.QUARANTINED)
            .quarantineFinishTimestamp(Instant.ofEpochSecond(1, 1))
            .userPodsEvictionStatus(new OperationStatus(Status.IN_PROGRESS, "evicting", Map.of("pods", 3), Map.of()))
            .drainFinishTimestamp(Instant.ofEpochSecond(2, 2))
            .faultRemediated(true)
            .lastRemediationTimestamp(Instant.ofEpochSecond(3, 3))
            .spanIds(Map.of("node-drainer", "d1"))
            .faultQuarantineRecovery("completed")
            .build();

    /** What the columns say, in the words of the document. */
    private static final String COLUMNS = "SELECT concat_ws('|', node_quarantined, user_pods_eviction_status,"
            + " user_pods_eviction_message, fault_remediated, extract(epoch FROM quarantine_finish_timestamp)::bigint,"
            + " extract(epoch FROM drain_finish_timestamp)::bigint,"
            + " extract(epoch FROM last_remediation_timestamp)::bigint) FROM health_events WHERE id = ?";

    private Datastore datastore;
    private HealthEventStore store;

    @BeforeEach
    void open() {
        DATABASE.execute("TRUNCATE health_events");
        datastore = Databases.connect(Databases.options(DATABASE.get()).maxConnections(1));
        store = datastore.healthEvents();
    }

    @AfterEach
    void close() {
        datastore.close().block(SOON);
    }

    @Test
    void recordsAllPartsOfAStatus() {
        UUID id = insert("a", 0);
        store.updateStatus(id, FULL).block(SOON);
        HealthEventStatus status = status(id);
        assertThat(status.userPodsEvictionStatus().metadata().get("pods")).hasToString("3");
        assertThat(status.toBuilder()
                        .userPodsEvictionStatus(FULL.userPodsEvictionStatus())
                        .build())
                .isEqualTo(FULL);
        assertThat(columns(id)).isEqualTo("Quarantined|InProgress|evicting|t|1|2|3");
    }

    @Test
    void leavesWhatIsNotSaid() {
        UUID id = insert("a", 0);
        store.updateStatus(id, FULL).block(SOON);
        HealthEventStatus before = status(id);

        store.updateStatus(
                        id,
                        HealthEventStatus.builder()
                                .nodeQuarantined(Status.UN_QUARANTINED)
                                .build())
                .block(SOON);
        store.updateStatus(
                        id,
                        HealthEventStatus.builder()
                                .faultRemediated(false)
                                .spanIds(Map.of("fault-remediation", "r.1"))
                                .build())
                .block(SOON);

        assertThat(status(id))
                .isEqualTo(before.toBuilder()
                        .nodeQuarantined(Status.UN_QUARANTINED)
                        .faultRemediated(false)
                        .spanIds(Map.of("node-drainer", "d1", "fault-remediation", "r.1"))
                        .build());
        assertThat(columns(id)).isEqualTo("UnQuarantined|InProgress|evicting|f|1|2|3");
        assertThatThrownBy(
                        () -> store.updateStatus(id, HealthEventStatus.builder().build())
                                .block(SOON))
                .isInstanceOf(InvalidRequestException.class)
                .hasMessageContaining("the status is empty");
        assertThatThrownBy(() -> store.updateStatus(UUID.randomUUID(), FULL).block(SOON))
                .isInstanceOf(NotFoundException.class);
    }

    @Test
    void replacesStatusMessageAndMetadataOfTheEvictionTogether() {
        UUID id = insert("a", 0);
        store.updateStatus(
                        id, eviction(new OperationStatus(Status.IN_PROGRESS, "evicting", Map.of("pods", 3), Map.of())))
                .block(SOON);
        assertThat(status(id).userPodsEvictionStatus().metadata()).containsOnlyKeys("pods");

        OperationStatus done = new OperationStatus(Status.SUCCEEDED, "");
        store.updateStatus(id, eviction(done)).block(SOON);
        assertThat(status(id).userPodsEvictionStatus()).isEqualTo(done);
    }

    private static HealthEventStatus eviction(OperationStatus status) {
        return HealthEventStatus.builder().userPodsEvictionStatus(status).build();
    }

    @Test
    void recordsTheStatusOfAllEventsOfANode() {
        List<UUID> ids = List.of(insert("a", 0), insert("a", 1));
        UUID other = insert("b", 2);
        assertThat(store.updateStatusByNode("a", FULL).block(SOON)).isEqualTo(new UpdateResult(2, 2));
        assertThat(store.updateStatusByNode("c", FULL).block(SOON)).isEqualTo(new UpdateResult(0, 0));
        ids.forEach(id -> {
            assertThat(columns(id)).isEqualTo("Quarantined|InProgress|evicting|t|1|2|3");
            assertThat(status(id).quarantineFinishTimestamp()).isEqualTo(Instant.ofEpochSecond(1, 1));
        });
        assertThat(columns(other)).isEmpty();
    }

    /** The other members of an object in an old spelling must not be lost behind the new one. */
    @Test
    void keepsTheRestOfAStatusInAnOldSpelling() {
        UUID id = UUID.fromString(DATABASE.queryForString("""
                INSERT INTO health_events (data) VALUES ('{"healthevent": {"nodeName": "a"},
                    "healthEventStatus": {"nodeQuarantined": "Quarantined", "faultRemediated": true,
                        "userPodsEvictionStatus": {"status": "InProgress", "message": "m", "metadata": {"x": 1}},
                        "spanIds": {"node-drainer": "d"}}}') RETURNING id"""));

        store.updateSpanId(id, "fault-quarantine", "q").block(SOON);
        store.updatePodEvictionStatus(id, new OperationStatus(Status.FAILED, "no luck"))
                .block(SOON);

        HealthEventStatus status = status(id);
        assertThat(status.nodeQuarantined()).isEqualTo(Status.QUARANTINED);
        assertThat(status.faultRemediated()).isTrue();
        assertThat(status.spanIds()).isEqualTo(Map.of("node-drainer", "d", "fault-quarantine", "q"));
        assertThat(status.userPodsEvictionStatus().status()).isEqualTo(Status.FAILED);
        assertThat(status.userPodsEvictionStatus().message()).isEqualTo("no luck");
        assertThat(status.userPodsEvictionStatus().metadata()).containsOnlyKeys("x");
        assertThat(columns(id)).startsWith("Quarantined|Failed|no luck|t");
    }

    @Test
    void recordsQuarantineWithItsSpanAndTime() {
        UUID id = insert("a", 0);
        store.updateNodeQuarantineStatus(id, Status.QUARANTINED, "s1").block(SOON);
        HealthEventStatus status = status(id);
        assertThat(status.nodeQuarantined()).isEqualTo(Status.QUARANTINED);
        assertThat(status.spanIds()).isEqualTo(Map.of("fault-quarantine", "s1"));
        // The database's clock, in the document as in the column.
        assertThat(status.quarantineFinishTimestamp())
                .isEqualTo(store.findById(id).block(SOON).updatedAt());

        store.updateNodeQuarantineStatus(id, Status.UN_QUARANTINED).block(SOON);
        assertThat(status(id))
                .isEqualTo(status.toBuilder()
                        .nodeQuarantined(Status.UN_QUARANTINED)
                        .build());
    }

    @Test
    void recordsRemediationByTheDatabasesClock() {
        UUID id = insert("a", 0);
        store.updateRemediationStatus(id, true).block(SOON);
        assertThat(status(id).faultRemediated()).isTrue();
        assertThat(status(id).lastRemediationTimestamp())
                .isEqualTo(store.findById(id).block(SOON).updatedAt());
        assertThat(DATABASE.queryForString(
                        "SELECT last_remediation_timestamp = updated_at FROM health_events WHERE id = ?", id))
                .isEqualTo("t");
    }

    @Test
    void recordsSpansOfEachService() {
        UUID id = insert("a", 0);
        String hostile = "a.b'\"\\$1\u00e4";
        store.updateSpanId(id, "one", "1").block(SOON);
        store.updateSpanId(id, hostile, "2").block(SOON);
        store.updateSpanId(id, "one", "3").block(SOON);
        assertThat(status(id).spanIds()).isEqualTo(Map.of("one", "3", hostile, "2"));
        // Even if there is no status at all, or if it is null.
        for (String document :
                List.of("{}", "{\"healtheventstatus\": null}", "{\"healtheventstatus\": {\"spanids\": null}}")) {
            UUID bare = UUID.fromString(DATABASE.queryForString(
                    "INSERT INTO health_events (data) VALUES (CAST(? AS jsonb)) RETURNING id", document));
            store.updateSpanId(bare, "one", "1").block(SOON);
            assertThat(status(bare).spanIds()).isEqualTo(Map.of("one", "1"));
        }
        assertThatThrownBy(
                        () -> store.updateSpanId(UUID.randomUUID(), "one", "1").block(SOON))
                .isInstanceOf(NotFoundException.class);
    }

    @Test
    void readsTheNewestFirst() {
        UUID a1 = insert("a", 1);
        UUID b2 = insert("b", 2);
        UUID a3 = insert("a", 3);
        UUID a3too = insert("a", 3);
        UUID last = a3.toString().compareTo(a3too.toString()) > 0 ? a3 : a3too;
        UUID first = last == a3 ? a3too : a3;

        assertThat(store.findByNode("a").map(StoredDocument::id).collectList().block(SOON))
                .containsExactly(last, first, a1);
        // H7, H8
        StoredDocument<HealthEventDocument> latest = store.findLatestByNode("a").block(SOON);
        assertThat(latest.id()).isEqualTo(last);
        assertThat(latest.createdAt()).isEqualTo(Instant.ofEpochSecond(3));
        assertThat(store.findLatest(Filter.lt("createdAt", Instant.ofEpochSecond(3)))
                        .block(SOON)
                        .id())
                .isEqualTo(b2);
        assertThat(store.findLatestByNode("c").block(SOON)).isNull();
        assertThat(store.findByFilter(Map.of("node_name", "a", "createdAt", Map.of("$gte", Instant.ofEpochSecond(2))))
                        .map(StoredDocument::id)
                        .collectList()
                        .block(SOON))
                .containsExactly(last, first);
        assertThat(store.findByFilter(null).count().block(SOON)).isEqualTo(4);
        assertThatThrownBy(() ->
                        store.findByFilter(Map.of("a", Map.of("$near", 1))).blockLast(SOON))
                .isInstanceOf(InvalidRequestException.class)
                .hasMessageContaining("$near");
    }

    @Test
    void findsByTheStateOfTheEviction() {
        UUID old = insert("a", 1);
        UUID recent = insert("b", 2);
        insert("c", 3);
        for (UUID id : List.of(old, recent)) {
            store.updatePodEvictionStatus(id, new OperationStatus(Status.IN_PROGRESS, ""))
                    .block(SOON);
        }
        assertThat(store.findByPodEvictionStatus(Status.IN_PROGRESS)
                        .map(StoredDocument::id)
                        .collectList()
                        .block(SOON))
                .containsExactly(recent, old);
        assertThat(store.findByPodEvictionStatus(Status.FAILED).collectList().block(SOON))
                .isEmpty();
    }

    @Test
    void knowsWhetherANodeWasDrained() {
        UUID old = insert("a", 100);
        insert("a", 200);
        assertThat(store.isNodeDrained("a").block(SOON)).isFalse();
        store.updatePodEvictionStatus(old, new OperationStatus(Status.SUCCEEDED, ""))
                .block(SOON);
        assertThat(store.isNodeDrained("a").block(SOON)).isTrue();
        assertThat(store.isNodeDrained("b").block(SOON)).isFalse();
        assertThat(store.isNodeDrained("a", Instant.ofEpochSecond(100)).block(SOON))
                .isTrue();
        assertThat(store.isNodeDrained("a", Instant.ofEpochSecond(101)).block(SOON))
                .isFalse();
    }

    private UUID insert(String node, long second) {
        return store.insert(HealthEventDocument.of(
                        Instant.ofEpochSecond(second),
                        HealthEvent.builder().nodeName(node).build()))
                .block(SOON);
    }

    private HealthEventStatus status(UUID id) {
        return store.findById(id).block(SOON).document().status();
    }

    private static String columns(UUID id) {
        return DATABASE.queryForString(COLUMNS, id);
    }
}

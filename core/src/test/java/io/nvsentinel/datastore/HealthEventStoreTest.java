// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore;

import static io.nvsentinel.datastore.Databases.SOON;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nvsentinel.datastore.error.ConflictException;
import io.nvsentinel.datastore.error.DatastoreException;
import io.nvsentinel.datastore.error.NotFoundException;
import io.nvsentinel.datastore.model.BehaviourOverrides;
import io.nvsentinel.datastore.model.HealthEvent;
import io.nvsentinel.datastore.model.HealthEventDocument;
import io.nvsentinel.datastore.model.HealthEventStatus;
import io.nvsentinel.datastore.model.MaintenanceEvent;
import io.nvsentinel.datastore.model.OperationStatus;
import io.nvsentinel.datastore.model.RecommendedAction;
import io.nvsentinel.datastore.model.Status;
import io.nvsentinel.datastore.query.Filter;
import io.nvsentinel.datastore.query.Update;
import io.nvsentinel.testserver.Await;
import io.nvsentinel.testserver.PostgresDatabase;
import java.io.IOException;
import java.io.InputStream;
import java.io.StringReader;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.postgresql.PGConnection;
import reactor.core.publisher.Flux;
import reactor.test.StepVerifier;
import reactor.test.subscriber.TestSubscriber;

/** The pool has one connection, so an operation that kept it would stop the next one. */
@Tag("surroundings")
@Tag("essential")
class HealthEventStoreTest {

    @RegisterExtension
    static final PostgresDatabase DATABASE = PostgresDatabase.from(Databases.MIGRATED);

    private static final Instant MADE = Instant.parse("2026-10-17T02:20:51.128456789Z");
    private static final Instant MADE_MICROS = Instant.parse("2026-10-17T02:20:51.128456Z");

    private static final String MIRRORS = "concat_ws('|', node_name, event_type, severity, recommended_action,"
            + " coalesce(node_quarantined, '-'), coalesce(user_pods_eviction_status, '-'),"
            + " coalesce(user_pods_eviction_message, '-'), coalesce(fault_remediated::text, '-'),"
            + " coalesce(extract(epoch FROM quarantine_finish_timestamp)::bigint::text, '-'),"
            + " coalesce(extract(epoch FROM drain_finish_timestamp)::bigint::text, '-'),"
            + " coalesce(extract(epoch FROM last_remediation_timestamp)::bigint::text, '-'))";

    private static final String CAMEL_CASE = """
            {"createdAt": "2026-10-17T02:20:51.128Z",
             "healthevent": {"nodeName": "camel", "checkName": "GpuXidError", "componentClass": "GPU",
                             "recommendedAction": 15},
             "healthEventStatus": {"nodeQuarantined": "Quarantined", "faultRemediated": true,
                             "userPodsEvictionStatus": {"status": "InProgress", "message": "evicting"},
                             "quarantineFinishTimestamp": "1970-01-01T00:00:01Z",
                             "drainFinishTimestamp": "1970-01-01T00:00:02Z",
                             "lastRemediationTimestamp": "1970-01-01T00:00:03Z"}}""";

    private Datastore datastore;
    private HealthEventStore store;

    @BeforeEach
    void open() {
        DATABASE.execute("TRUNCATE health_events, maintenance_events");
        datastore = Databases.connect(Databases.options(DATABASE.get()).maxConnections(1));
        store = datastore.healthEvents();
    }

    @AfterEach
    void close() {
        datastore.close().block(SOON);
    }

    @Test
    void readsBackWhatWasInserted() {
        HealthEventDocument document = full();

        UUID id = store.insert(document).block(SOON);

        StoredDocument<HealthEventDocument> stored = store.findById(id).block(SOON);
        assertThat(stored.id()).isEqualTo(id);
        // H17: the document keeps nanoseconds, the record's own stamps are PostgreSQL's microseconds.
        assertThat(stored.document()).isEqualTo(document);
        assertThat(stored.createdAt()).isEqualTo(MADE_MICROS);
        assertThat(stored.updatedAt()).isAfter(stored.createdAt());
        assertThat(store.find(Filter.all()).collectList().block(SOON)).containsExactly(stored);
        assertThat(store.findByNode("full").collectList().block(SOON)).containsExactly(stored);
        assertThat(store.findByNode("other").collectList().block(SOON)).isEmpty();
        assertThat(store.count(Filter.all()).block(SOON)).isEqualTo(1);
        assertThat(store.count(Filter.eq("healthevent.nodeName", "other")).block(SOON))
                .isZero();
    }

    @Test
    void isColdAndFindsNothingUnderAnUnknownId() {
        var insert = store.insert(event("cold"));
        assertThat(store.count(Filter.all()).block(SOON)).isZero();
        assertThat(insert.block(SOON)).isNotEqualTo(insert.block(SOON));
        assertThat(store.count(Filter.all()).block(SOON)).isEqualTo(2);
        StepVerifier.create(store.findById(UUID.randomUUID())).expectComplete().verify(SOON);
    }

    @Test
    void insertsManyInOrder() {
        List<HealthEventDocument> documents = IntStream.range(0, 300)
                .mapToObj(i -> event("many-" + (299 - i)))
                .toList();

        List<UUID> ids = store.insertMany(documents).block(SOON);

        assertThat(ids).hasSize(300).doesNotHaveDuplicates();
        Map<UUID, StoredDocument<HealthEventDocument>> stored =
                store.find(Filter.all()).collectMap(StoredDocument::id).block(SOON);
        for (int i = 0; i < ids.size(); i++) {
            assertThat(stored.get(ids.get(i)).document()).isEqualTo(documents.get(i));
        }
        assertThat(store.insertMany(List.of()).block(SOON)).isEmpty();
    }

    @Test
    void insertsAllOrNone() {
        HealthEventDocument bad = HealthEventDocument.of(
                MADE, HealthEvent.builder().nodeName("nul").message("a\0b").build());
        assertThatThrownBy(() -> store.insertMany(List.of(event("before"), bad, event("after")))
                        .block(SOON))
                .isInstanceOf(DatastoreException.class)
                .satisfies(error ->
                        assertThat(((DatastoreException) error).isRetryable()).isFalse());
        assertThat(store.count(Filter.all()).block(SOON)).isZero();

        DocumentCollection<MaintenanceEvent> maintenance = datastore.maintenanceEvents();
        assertThatThrownBy(() -> maintenance
                        .insertMany(List.of(maintenance("a"), maintenance("b"), maintenance("a"), maintenance("c")))
                        .block(SOON))
                .isInstanceOf(ConflictException.class);
        assertThat(maintenance.count(Filter.all()).block(SOON)).isZero();
    }

    @Test
    void updatesWhatMatches() {
        List<UUID> ids =
                store.insertMany(List.of(event("a"), event("b"), event("a"))).block(SOON);

        assertThat(store.updateMany(
                                Filter.eq("healthevent.nodeName", "a"),
                                Update.set("healtheventstatus.nodequarantined", "Quarantined"))
                        .block(SOON))
                .isEqualTo(new UpdateResult(2, 2));
        assertThat(store.updateMany(Filter.eq("healthevent.nodeName", "c"), Update.set("x", 1))
                        .block(SOON))
                .isEqualTo(new UpdateResult(0, 0));

        assertThat(status(ids.get(0)).nodeQuarantined()).isEqualTo(Status.QUARANTINED);
        assertThat(status(ids.get(1)).nodeQuarantined()).isEqualTo(Status.UNSET);
        assertThat(status(ids.get(2)).nodeQuarantined()).isEqualTo(Status.QUARANTINED);
        assertThat(store.count(Filter.eq("healtheventstatus.nodequarantined", "Quarantined"))
                        .block(SOON))
                .isEqualTo(2);
    }

    @Test
    void saysWhichRecordIsNotThere() {
        UUID unknown = UUID.randomUUID();
        List.of(
                        store.updateById(unknown, Update.set("x", 1)),
                        store.updateNodeQuarantineStatus(unknown, Status.QUARANTINED),
                        store.updatePodEvictionStatus(unknown, new OperationStatus(Status.FAILED, "m")),
                        store.updateRemediationStatus(unknown, true))
                .forEach(update -> assertThatThrownBy(() -> update.block(SOON))
                        .isInstanceOf(NotFoundException.class)
                        .hasMessageContaining(unknown.toString())
                        .hasMessageContaining("health_events"));
    }

    @Test
    void recordsTheStatusOfADocumentOfEitherSpelling() throws IOException {
        for (String document : List.of(CAMEL_CASE, sample())) {
            UUID id = insertPlain(document);
            Instant before = Instant.now().minusSeconds(1);

            store.updateNodeQuarantineStatus(id, Status.UN_QUARANTINED).block(SOON);
            store.updatePodEvictionStatus(id, new OperationStatus(Status.FAILED, "no luck"))
                    .block(SOON);
            store.updateRemediationStatus(id, false).block(SOON);

            HealthEventStatus status = status(id);
            assertThat(status.nodeQuarantined()).isEqualTo(Status.UN_QUARANTINED);
            assertThat(status.userPodsEvictionStatus()).isEqualTo(new OperationStatus(Status.FAILED, "no luck"));
            assertThat(status.faultRemediated()).isFalse();
            assertThat(status.lastRemediationTimestamp())
                    .isBetween(before, Instant.now().plusSeconds(1));
            assertThat(mirrors(id)).contains("|UnQuarantined|Failed|no luck|false|");
            assertThat(store.find(Filter.eq("healtheventstatus.nodequarantined", "UnQuarantined"))
                            .map(StoredDocument::id)
                            .collectList()
                            .block(SOON))
                    .contains(id);
        }
    }

    @Test
    void mirrorsDocumentsOfEitherSpelling() throws IOException {
        assertThat(mirrors(store.insert(full()).block(SOON)))
                .isEqualTo("full|GpuXidError|GPU|RESTART_VM|Quarantined|InProgress|evicting|true|1|2|3");
        assertThat(mirrors(insertPlain(CAMEL_CASE)))
                .isEqualTo("camel|GpuXidError|GPU|RESTART_VM|Quarantined|InProgress|evicting|true|1|2|3");

        UUID id = insertPlain(sample());
        assertThat(mirrors(id)).isEqualTo("gpu-node-0099|GpuXidError|GPU|COMPONENT_RESET|-|NotStarted||-|-|-|-");
        DATABASE.execute("UPDATE health_events SET data = jsonb_set(data, '{healthevent,nodename}', '\"moved\"')"
                + " || '{\"createdAt\": \"2026-10-18T00:00:00Z\"}' WHERE id = '" + id + "'");
        assertThat(mirrors(id)).startsWith("moved|");
        assertThat(store.findById(id).block(SOON).createdAt()).isEqualTo("2026-10-18T00:00:00Z");
        assertThat(store.findByNode("moved").collectList().block(SOON)).hasSize(1);
        assertThatThrownBy(() -> DATABASE.execute("UPDATE health_events SET node_name = 'x'"))
                .hasStackTraceContaining("node_name");
    }

    @Test
    void takesTheCreationTimeFromTheDocumentElseTheClock() throws IOException {
        assertThat(createdAt(store.insert(event("a")).block(SOON))).isEqualTo(MADE_MICROS);
        assertThat(createdAt(insertPlain(sample()))).isEqualTo("2026-10-17T02:20:51.128Z");
        assertThat(createdAt(insertPlain("{\"createdat\": {\"seconds\": 7}}"))).isEqualTo(Instant.ofEpochSecond(7));
        Instant before = Instant.now().minusSeconds(1);
        assertThat(createdAt(store.insert(event("a").withCreatedAt(null)).block(SOON)))
                .isBetween(before, Instant.now().plusSeconds(1));
    }

    @Test
    void pagesThroughMoreThanAPageEachRecordOnce() {
        // Three creation times only: pages end in the middle of equal times.
        DATABASE.execute("INSERT INTO health_events (data) SELECT jsonb_build_object('createdAt',"
                + " '2026-10-17T00:00:0' || n % 3 || 'Z', 'healthevent', jsonb_build_object('nodeName', 'n' || n))"
                + " FROM generate_series(1, 1200) AS n");

        StepVerifier.create(store.find(Filter.all()).collectList())
                .assertNext(all -> {
                    assertThat(all).hasSize(1200);
                    assertThat(all).extracting(StoredDocument::id).doesNotHaveDuplicates();
                    assertThat(all)
                            .extracting(StoredDocument::createdAt)
                            .isSortedAccordingTo(Comparator.naturalOrder());
                })
                .expectComplete()
                .verify(SOON);
    }

    @Test
    void holdsNoConnectionWhileASubscriberThinksOrAfterItLeft() {
        DATABASE.execute("INSERT INTO health_events (data) SELECT '{}' FROM generate_series(1, 1200)");
        Flux<StoredDocument<HealthEventDocument>> found = store.find(Filter.all());

        TestSubscriber<StoredDocument<HealthEventDocument>> slow =
                TestSubscriber.builder().initialRequest(3).build();
        found.subscribe(slow);
        Await.until("what was requested", SOON, () -> slow.getReceivedOnNext().size() == 3);
        assertThat(store.count(Filter.all()).block(SOON)).isEqualTo(1200);
        slow.request(700);
        Await.until("what was requested", SOON, () -> slow.getReceivedOnNext().size() == 703);
        assertThat(store.count(Filter.all()).block(SOON)).isEqualTo(1200);
        slow.cancel();
        assertThat(found.take(3).collectList().block(SOON)).hasSize(3);
        assertThat(store.count(Filter.all()).block(SOON)).isEqualTo(1200);
    }

    @Test
    void oneConnectionServesManySubscribers() {
        List<HealthEventDocument> documents =
                IntStream.range(0, 50).mapToObj(i -> event("n" + i)).toList();
        List<UUID> ids = Flux.fromIterable(documents)
                .flatMap(store::insert, 50)
                .collectList()
                .block(SOON);
        assertThat(Flux.fromIterable(ids)
                        .flatMap(store::findById, 50)
                        .collectList()
                        .block(SOON))
                .extracting(StoredDocument::document)
                .containsExactlyInAnyOrderElementsOf(documents);
    }

    @Test
    void takesDocumentsByCopy() throws Exception {
        try (Connection connection = DATABASE.connect()) {
            long copied = connection
                    .unwrap(PGConnection.class)
                    .getCopyAPI()
                    .copyIn(
                            "COPY health_events (data) FROM STDIN",
                            new StringReader("{\"healthevent\": {\"nodename\": \"copied\"}}\n{\"createdAt\":"
                                    + " \"2026-10-17T00:00:00Z\", \"healthevent\": {\"nodeName\": \"copied\"}}\n"));
            assertThat(copied).isEqualTo(2);
        }
        assertThat(store.findByNode("copied").collectList().block(SOON)).hasSize(2);
    }

    private static HealthEventDocument event(String node) {
        return HealthEventDocument.of(MADE, HealthEvent.builder().nodeName(node).build());
    }

    private static MaintenanceEvent maintenance(String id) {
        return MaintenanceEvent.builder().eventId(id).build();
    }

    private static HealthEventDocument full() {
        HealthEvent event = HealthEvent.builder()
                .nodeName("full")
                .checkName("GpuXidError")
                .componentClass("GPU")
                .recommendedAction(RecommendedAction.RESTART_VM)
                .message("Größe 😀 \"quoted\"")
                .generatedTimestamp(MADE.minusNanos(1))
                .drainOverrides(new BehaviourOverrides(true, false))
                .build();
        return HealthEventDocument.of(MADE, event)
                .withStatus(HealthEventStatus.builder()
                        .nodeQuarantined(Status.QUARANTINED)
                        .userPodsEvictionStatus(new OperationStatus(Status.IN_PROGRESS, "evicting"))
                        .faultRemediated(true)
                        .quarantineFinishTimestamp(Instant.ofEpochSecond(1, 1))
                        .drainFinishTimestamp(Instant.ofEpochSecond(2, 2))
                        .lastRemediationTimestamp(Instant.ofEpochSecond(3, 3))
                        .build());
    }

    private static String sample() throws IOException {
        try (InputStream in = HealthEventStoreTest.class.getResourceAsStream("/samples/health_events.json")) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8)
                    .lines()
                    .findFirst()
                    .orElseThrow();
        }
    }

    private static UUID insertPlain(String document) {
        return UUID.fromString(DATABASE.queryForString(
                "INSERT INTO health_events (data) VALUES (CAST(? AS jsonb)) RETURNING id", document));
    }

    private static String mirrors(UUID id) {
        return DATABASE.queryForString("SELECT " + MIRRORS + " FROM health_events WHERE id = ?", id);
    }

    private HealthEventStatus status(UUID id) {
        return store.findById(id).block(SOON).document().status();
    }

    private Instant createdAt(UUID id) {
        return store.findById(id).block(SOON).createdAt();
    }
}

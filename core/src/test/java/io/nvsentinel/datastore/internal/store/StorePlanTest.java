// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.internal.store;

import static org.assertj.core.api.Assertions.assertThat;

import io.nvsentinel.datastore.Datastore;
import io.nvsentinel.datastore.DatastoreOptions;
import io.nvsentinel.datastore.DatastoreSession;
import io.nvsentinel.datastore.DocumentCollection;
import io.nvsentinel.datastore.SchemaMode;
import io.nvsentinel.datastore.aggregation.Aggregation;
import io.nvsentinel.datastore.aggregation.Stage;
import io.nvsentinel.datastore.codec.DocumentCodec;
import io.nvsentinel.datastore.codec.JsonCodec;
import io.nvsentinel.datastore.model.Csp;
import io.nvsentinel.datastore.model.HealthEvent;
import io.nvsentinel.datastore.model.HealthEventDocument;
import io.nvsentinel.datastore.model.HealthEventStatus;
import io.nvsentinel.datastore.model.InternalStatus;
import io.nvsentinel.datastore.model.MaintenanceType;
import io.nvsentinel.datastore.model.ProviderStatus;
import io.nvsentinel.datastore.model.Status;
import io.nvsentinel.datastore.query.Filter;
import io.nvsentinel.datastore.query.Query;
import io.nvsentinel.datastore.query.Sort;
import io.nvsentinel.testserver.PostgresDatabase;
import io.nvsentinel.testserver.Template;
import io.nvsentinel.testserver.TestDatabase;
import io.nvsentinel.tls.SslMode;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;

/** Each index serves a query of the stores, over filled tables, by the statements that the stores really run. */
@Tag("essential")
class StorePlanTest {

    private static final Template FILLED = new Template("nvsentinel_filled", StorePlanTest::fill);

    @RegisterExtension
    static final PostgresDatabase DATABASE = PostgresDatabase.from(FILLED);

    private static final Duration SOON = Duration.ofSeconds(60);
    private static final Instant T = Instant.parse("2026-10-17T00:00:00Z");

    private Datastore datastore;
    private RecordingSession session;
    private DefaultHealthEventStore health;
    private DefaultMaintenanceEventStore maintenance;

    @BeforeEach
    void open() {
        datastore = Datastore.connect(options(DATABASE.get(), SchemaMode.NONE)).block(SOON);
        session = new RecordingSession(((DefaultDatastore) datastore).connections());
        health = new DefaultHealthEventStore(session, JsonCodec.jackson3());
        maintenance = new DefaultMaintenanceEventStore(session, JsonCodec.jackson3());
    }

    @AfterEach
    void close() {
        datastore.close().block(SOON);
    }

    private static DatastoreOptions options(TestDatabase database, SchemaMode mode) {
        return DatastoreOptions.builder()
                .host(database.host())
                .port(database.port())
                .database(database.name())
                .username(database.user())
                .password(database.password())
                .sslMode(SslMode.DISABLE)
                .schemaMode(mode)
                .build();
    }

    private static void fill(TestDatabase database) {
        Datastore.connect(options(database, SchemaMode.MIGRATE))
                .flatMap(Datastore::close)
                .block(SOON);
        database.execute("ALTER TABLE health_events DISABLE TRIGGER nvsentinel_capture;"
                + " ALTER TABLE maintenance_events DISABLE TRIGGER nvsentinel_capture");
        database.execute("INSERT INTO health_events (data) SELECT jsonb_build_object('createdAt',"
                + " to_char(timestamp '2026-10-17' + n * interval '1 minute', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"'),"
                + " 'healthevent', jsonb_build_object('nodeName', 'n' || n % 200, 'agent', 'a' || n % 500,"
                + " 'message', 'word' || n || ' of a message', 'errorCode', jsonb_build_array((n % 900)::text)),"
                + " 'healtheventstatus', jsonb_build_object('userpodsevictionstatus', jsonb_build_object('status',"
                + " CASE WHEN n % 400 = 7 THEN 'Succeeded' WHEN n % 300 = 0 THEN 'InProgress' ELSE 'NotStarted' END)))"
                + " FROM generate_series(1, 20000) AS n");
        database.execute("INSERT INTO maintenance_events (data) SELECT jsonb_build_object('eventId', 'e' || n,"
                + " 'csp', CASE n % 20 WHEN 0 THEN 'gcp' ELSE 'aws' END, 'clusterName', 'c' || n % "
                + "30, 'nodeName', 'n' || n % 300,"
                + " 'maintenanceType', 'SCHEDULED', 'status', CASE WHEN n % 100 = 0 THEN 'DETECTED' WHEN n % 100 = 1"
                + " THEN 'MAINTENANCE_COMPLETE' WHEN n % 500 = 2 THEN 'CANCELLED'"
                + " ELSE 'HEALTHY_TRIGGERED' END,"
                + " 'scheduledStartTime', jsonb_build_object('seconds', 1793000000 + n * 60),"
                + " 'actualEndTime', jsonb_build_object('seconds', 1793000000 + n * 60),"
                + " 'eventReceivedTimestamp', jsonb_build_object('seconds', 1793000000 + n * 60))"
                + " FROM generate_series(1, 10000) AS n");
        database.execute("VACUUM ANALYZE health_events");
        database.execute("VACUUM ANALYZE maintenance_events");
    }

    private Map<String, Publisher<?>> queries() {
        return Map.ofEntries(
                Map.entry("health_events_pkey", health.findById(UUID.randomUUID())),
                Map.entry(
                        "health_events_created",
                        health.find(Query.all().skip(100).limit(10))),
                Map.entry("health_events_node_created", health.findLatestByNode("n7")),
                Map.entry("health_events_eviction", health.findByPodEvictionStatus(Status.IN_PROGRESS)),
                Map.entry("health_events_drained", health.isNodeDrained("n9")),
                Map.entry("health_events_data", health.find(Filter.eq("healthevent.agent", "a77"))),
                Map.entry("maintenance_events_pkey", maintenance.deleteById(UUID.randomUUID())),
                Map.entry("healthevent_idempotency_key_unique", health.insertManyIdempotent(List.of(keyed()))),
                Map.entry(
                        "maintenance_events_created",
                        maintenance.find(Query.all().limit(10))),
                Map.entry("maintenance_events_event_id_unique", maintenance.findByEventId("e5")),
                Map.entry("maintenance_events_due", maintenance.findToTriggerQuarantine(Duration.ofHours(1))),
                Map.entry("maintenance_events_over", maintenance.findToTriggerHealthy(Duration.ofHours(1))),
                Map.entry("maintenance_events_cancelled", maintenance.findCancelled()),
                Map.entry("maintenance_events_received", maintenance.findLastReceived("c3", Csp.AWS)),
                Map.entry("maintenance_events_node", maintenance.findLatestOngoing("n7")));
    }

    private static HealthEventDocument keyed() {
        return HealthEventDocument.of(
                T,
                HealthEvent.builder().metadata(Map.of("idempotencyKey", "key")).build());
    }

    @Test
    void eachIndexServesAQueryAndThereIsNoOther() {
        queries().forEach((index, query) -> {
            Flux.from(query).blockLast(SOON);
            assertThat(session.plans())
                    .as(index)
                    .isNotEmpty()
                    .allSatisfy(plan -> assertThat(plan)
                            .containsPattern("(Index (Only )?Scan.*|Bitmap Index Scan on|Conflict Arbiter Indexes:) "
                                    + index + "\\b"));
        });
        assertThat(new TreeSet<>(DATABASE.get()
                        .queryForStrings("SELECT indexname FROM pg_indexes WHERE tablename IN ('health_events',"
                                + " 'maintenance_events')")))
                .isEqualTo(new TreeSet<>(queries().keySet()));
    }

    /**
     * The index of full-text search exists once it is requested; it is removed here, because another test counts
     * indexes.
     */
    @Test
    void wordsAreFoundByAnIndexOnceThereIsOne() {
        Query words = Query.where(Filter.text("word777"));
        assertThat(health.count(words).block(SOON)).isEqualTo(1);
        assertThat(session.plans()).allSatisfy(plan -> assertThat(plan).contains("Seq Scan"));
        try {
            datastore.createTextIndex("health_events").block(SOON);
            datastore.createTextIndex("health_events").block(SOON);
            assertThat(health.count(words).block(SOON)).isEqualTo(1);
            assertThat(session.plans())
                    .allSatisfy(plan ->
                            assertThat(plan).contains("Bitmap Index Scan on health_events_nvsentinel_words_idx"));
        } finally {
            DATABASE.get().execute("DROP INDEX IF EXISTS health_events_nvsentinel_words_idx");
        }
    }

    /** Even if the events are read as another class, the names and indexes of their table are known. */
    @Test
    void eventsAsBytesAreFoundByTheIndexesOfTheirStores() {
        DatastoreSession stores = new DefaultSession(session, JsonCodec.jackson3());
        DocumentCollection<byte[]> healthBytes = stores.collection("health_events", DocumentCodec.ofBytes());
        DocumentCollection<byte[]> maintenanceBytes = stores.collection("maintenance_events", DocumentCodec.ofBytes());
        Map.of(
                        "health_events_node_created", healthBytes.find(Filter.eq("healthevent.nodeName", "n7")),
                        "health_events_data", healthBytes.find(Filter.eq("healthevent.agent", "a77")),
                        "maintenance_events_event_id_unique", maintenanceBytes.find(Filter.eq("eventId", "e5")))
                .forEach((index, query) -> {
                    assertThat(query.count().block(SOON)).as(index).isPositive();
                    assertThat(session.plans())
                            .isNotEmpty()
                            .allSatisfy(plan -> assertThat(plan).contains(index).doesNotContain("Seq Scan"));
                });
    }

    /** Deep in a result, a page is found by the index, without a sort of what was read or skipped before. */
    @Test
    void noPageDegradesWithDepth() {
        for (Query query : List.of(
                Query.all(),
                Query.all().sort(Sort.descending("created_at")),
                Query.where(Filter.eq("healthevent.nodename", "n7"))
                        .sort(Sort.descending("createdAt"))
                        .pageSize(10))) {
            health.find(query).blockLast(SOON);
            List<String> plans = session.plans();
            assertThat(plans).hasSizeGreaterThan(9);
            // Of the last ones, which are no deeper, there is so little left that any plan is good.
            assertThat(plans.subList(1, plans.size() * 2 / 3))
                    .allSatisfy(plan -> assertThat(plan)
                            .containsPattern("Index Cond: .*ROW\\(created_at, id\\)")
                            .doesNotContain("Seq Scan")
                            .doesNotContain("Sort"));
        }
    }

    /** With directions that differ no single index has the order, but one still bounds what is read. */
    @Test
    void mixedDirectionsStillUseTheFirstKey() {
        health.find(Query.all()
                        .sort(Sort.descending("created_at"), Sort.ascending("id"))
                        .pageSize(2000))
                .blockLast(SOON);
        List<String> plans = session.plans();
        assertThat(plans.get(plans.size() - 2))
                .contains("health_events_created")
                .containsPattern("Index Cond: .*created_at <=");
    }

    /** The range of a window of time, and the newest of a node, as aggregations ask for them. */
    @Test
    void aggregationsUseTheIndexesOfFirstStages() {
        health.aggregate(Aggregation.of(
                        Stage.match(Filter.gte("createdAt", T.plus(Duration.ofMinutes(19_900)))), Stage.count("n")))
                .blockLast(SOON);
        health.aggregate(Aggregation.of(
                        Stage.match(Filter.eq("node_name", "n7")),
                        Stage.sort(Sort.descending("created_at")),
                        Stage.limit(3)))
                .blockLast(SOON);
        List<String> plans = session.plans();
        assertThat(plans.get(0)).contains("health_events_created").doesNotContain("Seq Scan");
        assertThat(plans.get(1)).contains("health_events_node_created").doesNotContain("Seq Scan");
    }

    @Test
    void otherQueriesOfTheStoresNeedNoScanOfTheTable() {
        Stream.<Publisher<?>>of(
                        health.findByNode("n7"),
                        health.isNodeDrained("n9", T),
                        health.exists(Filter.contains("healthevent.errorCode", List.of("5"))),
                        health.find(Filter.eq("healthevent.errorcode", "5")),
                        health.updateStatusByNode(
                                "n7",
                                HealthEventStatus.builder()
                                        .nodeQuarantined(Status.QUARANTINED)
                                        .build()),
                        maintenance.updateStatus("e7", InternalStatus.ERROR),
                        maintenance.findLatestActive(
                                "n7", MaintenanceType.SCHEDULED, List.of(InternalStatus.MAINTENANCE_COMPLETE)),
                        maintenance.findEmergencies(),
                        maintenance.findLastReceived(Csp.GCP),
                        maintenance.findByProviderStatuses(Csp.GCP, List.of(ProviderStatus.ACTIVE)),
                        maintenance.findByStatuses(Csp.GCP, List.of(InternalStatus.DETECTED)))
                .forEach(query -> {
                    Flux.from(query).blockLast(SOON);
                    assertThat(session.plans())
                            .allSatisfy(plan -> assertThat(plan).doesNotContain("Seq Scan"));
                });
    }
}

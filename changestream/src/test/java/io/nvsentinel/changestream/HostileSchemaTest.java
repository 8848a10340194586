// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nvsentinel.changestream.admin.RetentionOptions;
import io.nvsentinel.changestream.processing.OnFailure;
import io.nvsentinel.changestream.processing.ProcessorOptions;
import io.nvsentinel.datastore.Datastore;
import io.nvsentinel.datastore.DatastoreListener;
import io.nvsentinel.datastore.DocumentCollection;
import io.nvsentinel.datastore.HealthEventStore;
import io.nvsentinel.datastore.MaintenanceEventStore;
import io.nvsentinel.datastore.SchemaMode;
import io.nvsentinel.datastore.aggregation.Accumulator;
import io.nvsentinel.datastore.aggregation.Aggregation;
import io.nvsentinel.datastore.aggregation.Expression;
import io.nvsentinel.datastore.aggregation.Operator;
import io.nvsentinel.datastore.aggregation.Stage;
import io.nvsentinel.datastore.codec.DocumentCodec;
import io.nvsentinel.datastore.codec.JsonCodec;
import io.nvsentinel.datastore.error.ConfigurationException;
import io.nvsentinel.datastore.model.Csp;
import io.nvsentinel.datastore.model.HealthEvent;
import io.nvsentinel.datastore.model.HealthEventDocument;
import io.nvsentinel.datastore.model.InternalStatus;
import io.nvsentinel.datastore.model.MaintenanceEvent;
import io.nvsentinel.datastore.model.Status;
import io.nvsentinel.datastore.query.Filter;
import io.nvsentinel.datastore.query.Query;
import io.nvsentinel.datastore.query.ReturnDocument;
import io.nvsentinel.datastore.query.Sort;
import io.nvsentinel.datastore.query.Update;
import io.nvsentinel.testserver.PostgresServer;
import io.nvsentinel.testserver.TestDatabase;
import io.r2dbc.spi.Connection;
import io.r2dbc.spi.ConnectionFactory;
import io.r2dbc.spi.ConnectionFactoryMetadata;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * A schema in which another user has planted operators, functions and casts of many argument types under the names of
 * PostgreSQL's and of the schema's own, and sessions with temporary tables in the names of both. Each planted function
 * raises an exception, so every call of one fails.
 */
@Tag("essential")
class HostileSchemaTest {

    private static final Duration SOON = Duration.ofSeconds(60);
    private static final String PLANTED = "planted";

    private static TestDatabase database;
    private static Datastore datastore;

    @BeforeAll
    static void plant() throws IOException {
        database = PostgresServer.shared().createDatabase(Databases.MIGRATED);
        String user = planter();
        database.execute("CREATE ROLE " + user + " LOGIN PASSWORD 'p'; GRANT CREATE ON SCHEMA public TO PUBLIC");
        try (InputStream script = HostileSchemaTest.class.getResourceAsStream("plant.sql")) {
            database.as(user, "p").execute(new String(script.readAllBytes(), StandardCharsets.UTF_8));
        }
        datastore = Datastore.connect(
                        Databases.options(database)
                                .schemaMode(SchemaMode.VALIDATE)
                                .build(),
                        new PlantingListener())
                .block(SOON);
    }

    @AfterAll
    static void drop() {
        datastore.close().block(SOON);
        database.execute("DROP OWNED BY " + planter() + " CASCADE; DROP ROLE " + planter());
        database.drop();
    }

    private static String planter() {
        return "planter_" + database.name();
    }

    /** Gives each session temporary tables that would hide others if they were looked for first. */
    private static final class PlantingListener implements DatastoreListener {

        @Override
        public ConnectionFactory decorate(ConnectionFactory connections) {
            return new ConnectionFactory() {
                @Override
                public Publisher<? extends Connection> create() {
                    return Mono.from(connections.create())
                            .flatMap(connection -> Flux.fromArray(new String[] {
                                        "health_events",
                                        "maintenance_events",
                                        "datastore_changelog",
                                        "resume_tokens",
                                        "datastore_changelog_state",
                                        "pg_class",
                                        "pg_locks",
                                        "pg_stat_activity",
                                        "jsonb"
                                    })
                                    .concatMap(name -> Flux.from(connection
                                                    .createStatement("CREATE TEMP TABLE " + name + " (planted int)")
                                                    .execute())
                                            .concatMap(result -> result.getRowsUpdated()))
                                    .then(Mono.just(connection)));
                }

                @Override
                public ConnectionFactoryMetadata getMetadata() {
                    return connections.getMetadata();
                }
            };
        }
    }

    private static HealthEventDocument event(String node) {
        return HealthEventDocument.of(
                Instant.now(),
                HealthEvent.builder()
                        .nodeName(node)
                        .checkName("GpuXidError")
                        .metadata(Map.of("idempotencyKey", UUID.randomUUID().toString()))
                        .build());
    }

    @Test
    void theTestItselfNoticesWhatIsCalled() {
        assertThatThrownBy(() -> database.execute("SELECT 'n'::text = 'n'::varchar"))
                .hasMessageContaining(PLANTED);
        assertThatThrownBy(() -> database.execute("SELECT nvsentinel_create_collection('x'::varchar)"))
                .hasMessageContaining(PLANTED);
    }

    @Test
    void healthEventsCallNothingPlanted() {
        HealthEventStore events = datastore.healthEvents();
        UUID id = events.insert(event("a")).block(SOON);
        events.insertMany(List.of(event("a"), event("b"))).block(SOON);
        HealthEventDocument again = event("c");
        events.insertManyIdempotent(List.of(again, event("c"))).block(SOON);
        events.insertManyIdempotent(List.of(again)).block(SOON);
        assertThat(events.findById(id).block(SOON)).isNotNull();
        assertThat(events.findByNode("a").collectList().block(SOON)).hasSize(2);
        assertThat(events.findLatestByNode("c").block(SOON)).isNotNull();
        events.updateNodeQuarantineStatus(id, Status.QUARANTINED).block(SOON);
        events.updateRemediationStatus(id, true).block(SOON);
        events.updateSpanId(id, "service", "span").block(SOON);
        events.isNodeDrained("a", Instant.EPOCH).block(SOON);
        events.findByPodEvictionStatus(Status.SUCCEEDED).collectList().block(SOON);
        events.replaceById(id, event("d")).block(SOON);
        assertThat(events.deleteById(id).block(SOON)).isTrue();
    }

    @Test
    void maintenanceEventsCallNothingPlanted() {
        MaintenanceEventStore events = datastore.maintenanceEvents();
        MaintenanceEvent event = MaintenanceEvent.builder()
                .eventId("e")
                .nodeName("n")
                .clusterName("c")
                .build();
        events.upsert(event).block(SOON);
        events.upsert(event).block(SOON);
        assertThat(events.findByEventId("e").block(SOON)).isNotNull();
        events.updateStatus("e", InternalStatus.DETECTED).block(SOON);
        events.findToTriggerQuarantine(Duration.ofHours(1)).collectList().block(SOON);
        events.findToTriggerHealthy(Duration.ofHours(1)).collectList().block(SOON);
        events.findLastReceived("c", Csp.AWS).block(SOON);
        events.findLatestOngoing("n").block(SOON);
        events.findByStatuses(Csp.AWS, List.of(InternalStatus.DETECTED))
                .collectList()
                .block(SOON);
    }

    @Test
    void collectionsCallNothingPlanted() {
        datastore.createCollection("racks").block(SOON);
        datastore.createTextIndex("racks").block(SOON);
        DocumentCollection<Map<String, Object>> racks = datastore.collection(
                "racks", DocumentCodec.ofTree(JsonCodec.jackson3(), tree -> tree, tree -> Map.copyOf(tree)));
        List<UUID> ids = racks.insertMany(List.of(
                        Map.of("n", 1, "s", "one", "at", "2026-01-01T00:00:00Z", "list", List.of(1, 2)),
                        Map.of("n", 2, "s", "two", "at", "2026-01-02T00:00:00Z", "list", List.of(Map.of("x", 1)))))
                .block(SOON);
        for (Filter filter : List.of(
                Filter.eq("id", ids.get(0)),
                Filter.eq("n", 1),
                Filter.ne("s", "two"),
                Filter.gt("n", 0),
                Filter.lte("s", "zzz"),
                Filter.gte("at", Instant.EPOCH),
                Filter.gt("created_at", Instant.EPOCH),
                Filter.in("s", List.of("one", "two")),
                Filter.nin("n", List.of(7, 8)),
                Filter.exists("n", true),
                Filter.nor(Filter.eq("n", 7)),
                Filter.or(Filter.eq("n", 1), Filter.not(Filter.eq("s", "x"))),
                Filter.startsWith("s", ""),
                Filter.matches("s", "^[a-z]+$"),
                Filter.contains("list", 1),
                Filter.text("one"),
                Filter.jsonPath("$.n > 0"))) {
            assertThat(racks.count(filter).block(SOON)).as(filter.toString()).isPositive();
            racks.exists(filter).block(SOON);
        }
        racks.find(Filter.elemMatch("list", Filter.eq("x", 1))).collectList().block(SOON);
        racks.find(Query.all()
                        .sort(Sort.ascending("n"), Sort.descending("at"))
                        .pageSize(1)
                        .skip(0))
                .collectList()
                .block(SOON);
        racks.findPages(Query.all().pageSize(1)).collectList().block(SOON);
        racks.findIds(Query.all().limit(1)).collectList().block(SOON);
        racks.findFields(Query.all(), List.of("n", "list")).collectList().block(SOON);
        racks.distinct("s", Filter.all()).collectList().block(SOON);
        racks.updateMany(
                        Filter.all(),
                        Update.of(
                                Update.set("a.b", 1),
                                Update.set("list.0", 5),
                                Update.inc("n", 1),
                                Update.push("p", 1),
                                Update.pull("p", 2),
                                Update.addToSet("q", 1),
                                Update.currentDate("seen"),
                                Update.rename("s", "t"),
                                Update.unset("at")))
                .block(SOON);
        racks.findAndUpdate(Query.where(Filter.gt("n", 0)), Update.set("n", 3), ReturnDocument.AFTER)
                .block(SOON);
        racks.upsert(Filter.eq("n", 99), Update.set("z", 1)).block(SOON);
        racks.updateOne(Query.where(Filter.eq("n", 3)), Update.set("n", 4)).block(SOON);
        racks.deleteOne(Query.where(Filter.eq("n", 99))).block(SOON);
        racks.deleteMany(Filter.eq("n", 100)).block(SOON);
        datastore
                .inTransaction(session -> session.healthEvents().insert(event("t")))
                .block(SOON);
    }

    @Test
    void aggregationsCallNothingPlanted() {
        HealthEventStore events = datastore.healthEvents();
        events.insertMany(List.of(event("g"), event("g"))).block(SOON);
        Expression node = Expression.field("healthevent.nodeName");
        Expression number = Expression.literal(1);
        assertThat(events.aggregate(Aggregation.of(
                                Stage.match(Filter.eq("healthevent.nodeName", "g")),
                                Stage.addFields(Map.of(
                                        "object",
                                        Expression.object(Map.of("a", number)),
                                        "list",
                                        Expression.literal(List.of(1, 2)))),
                                Stage.where(Expression.of(Operator.EQ, node, Expression.literal("g"))),
                                Stage.unwind("list"),
                                Stage.group(
                                        node,
                                        Map.of(
                                                "count", Accumulator.count(),
                                                "sum", Accumulator.sum(number),
                                                "avg", Accumulator.avg(number),
                                                "min", Accumulator.min(node),
                                                "max", Accumulator.max(node),
                                                "first", Accumulator.first(node),
                                                "last", Accumulator.last(node),
                                                "all", Accumulator.push(node),
                                                "set", Accumulator.addToSet(node))),
                                Stage.sort(Sort.descending("count")),
                                Stage.limit(5)))
                        .collectList()
                        .block(SOON))
                .hasSize(1);
    }

    @Test
    void healthAndTheSchemaCallNothingPlanted() {
        assertThat(datastore.health().block(SOON).reasons()).isEmpty();
    }

    @Test
    void changeStreamsCallNothingPlanted() {
        ChangeStreams streams = ChangeStreams.of(datastore);
        try {
            HealthEventStore events = datastore.healthEvents();
            Instant before = Instant.now().minusSeconds(60);
            Flux<ChangeEvent<HealthEventDocument>> named = streams.watch(
                    events,
                    WatchOptions.builder()
                            .clientName("hostile")
                            .startAt(StartAt.beginning())
                            .build());
            events.insertMany(List.of(event("s"), event("s"))).block(SOON);
            named.take(2).doOnNext(ChangeEvent::acknowledge).blockLast(SOON);
            streams.watch(
                            events,
                            WatchOptions.builder().startAt(StartAt.at(before)).build())
                    .take(2)
                    .blockLast(SOON);
            streams.watchAll(WatchOptions.builder().startAt(StartAt.beginning()).build())
                    .take(2)
                    .blockLast(SOON);
            streams.clients().list().collectList().block(SOON);
            streams.lag("hostile").block(SOON);
            streams.status().block(SOON);
            assertThat(streams.health().block(SOON)).isNotNull();
            process(streams, events);
            streams.keepImages(events, Images.AFTER).block(SOON);
            streams.retention(RetentionOptions.builder()
                            .retention(Duration.ofDays(1))
                            .markProcessed(true)
                            .build())
                    .run()
                    .block(SOON);
            streams.clients().reset("hostile", StartAt.now()).block(SOON);
            streams.clients().delete("hostile").block(SOON);
        } finally {
            streams.close().block(SOON);
        }
    }

    private static void process(ChangeStreams streams, HealthEventStore events) {
        ProcessorOptions once = ProcessorOptions.builder()
                .maxAttempts(1)
                .onFailure(OnFailure.DEAD_LETTER)
                .build();
        AtomicInteger calls = new AtomicInteger();
        WatchOptions letters = WatchOptions.builder()
                .clientName("letters")
                .startAt(StartAt.beginning())
                .build();
        streams.processInTransaction(
                        events,
                        letters,
                        once,
                        (change, session) -> calls.getAndIncrement() == 0
                                ? Mono.error(new IllegalStateException("broken"))
                                : session.maintenanceEvents()
                                        .findLatestOngoing("n")
                                        .then())
                .takeUntilOther(letter(streams))
                .blockOptional(SOON);
        streams.deadLetters().counts().block(SOON);
        streams.deadLetters().list("letters").collectList().block(SOON);
        streams.deadLetters().replayAll("letters").block(SOON);
        streams.deadLetters().deleteAll("letters").block(SOON);
    }

    private static Mono<Long> letter(ChangeStreams streams) {
        return streams.deadLetters()
                .counts()
                .filter(counts -> counts.containsKey("letters"))
                .repeatWhenEmpty(1_000, again -> again.delayElements(Duration.ofMillis(20)))
                .map(counts -> counts.get("letters"));
    }

    /** Migrations are not made for such a schema: what is created there would call what is planted. */
    @Test
    void migratingIsRefusedWithTheNamesOfWhatIsPlanted() {
        assertThatThrownBy(() -> Datastore.connect(Databases.options(database)
                                .schemaMode(SchemaMode.MIGRATE)
                                .build())
                        .block(SOON))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("nvsentinel_")
                .hasMessageContaining(planter())
                .hasMessageContaining("REVOKE CREATE ON SCHEMA");
    }
}

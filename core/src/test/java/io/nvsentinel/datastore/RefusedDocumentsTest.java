// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore;

import static io.nvsentinel.datastore.Databases.SOON;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.nvsentinel.datastore.codec.DocumentCodec;
import io.nvsentinel.datastore.error.ConflictException;
import io.nvsentinel.datastore.error.DatastoreException;
import io.nvsentinel.datastore.error.InvalidRequestException;
import io.nvsentinel.datastore.error.LimitExceededException;
import io.nvsentinel.datastore.model.HealthEvent;
import io.nvsentinel.datastore.model.HealthEventDocument;
import io.nvsentinel.datastore.model.MaintenanceEvent;
import io.nvsentinel.datastore.query.Filter;
import io.nvsentinel.datastore.query.Query;
import io.nvsentinel.datastore.query.Update;
import io.nvsentinel.testserver.PostgresDatabase;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** Among many documents, the one that cannot be stored is identified by its index, and a failing source loses none. */
class RefusedDocumentsTest {

    @RegisterExtension
    static final PostgresDatabase DATABASE = PostgresDatabase.from(Databases.MIGRATED);

    private Datastore datastore;

    @BeforeEach
    void open() {
        DATABASE.execute("TRUNCATE health_events, maintenance_events");
        datastore = Databases.connect(Databases.options(DATABASE.get()).maxConnections(1));
    }

    @AfterEach
    void close() {
        datastore.close().block(SOON);
    }

    private static void assertNamed(Mono<?> insert, Class<? extends DatastoreException> type, String place) {
        assertThatExceptionOfType(type).isThrownBy(() -> insert.block(SOON)).withMessageContaining(place);
        assertThat(DATABASE.queryForString("SELECT count(*) FROM maintenance_events"))
                .isEqualTo("0");
        assertThat(DATABASE.queryForString("SELECT count(*) FROM health_events"))
                .isEqualTo("0");
    }

    @Test
    void namesTheDocumentThatTheCodecCannotEncode() {
        DocumentCodec<String> picky = new DocumentCodec<>() {
            @Override
            public byte[] encode(String value) {
                if (value.equals("bad")) {
                    throw new IllegalStateException("secret");
                }
                return "{}".getBytes(StandardCharsets.UTF_8);
            }

            @Override
            public String decode(byte[] json) {
                return "good";
            }
        };
        DocumentCollection<String> collection = datastore.collection("health_events", picky);
        assertNamed(
                collection.insertMany(List.of("a", "b", "bad", "d")),
                InvalidRequestException.class,
                "Insert into health_events: document 2 of 4 (from 0): the codec cannot encode the document:"
                        + " java.lang.IllegalStateException");
        assertNamed(
                collection.insertMany(Arrays.asList("a", null)),
                InvalidRequestException.class,
                "document 1 of 2 (from 0): the document is null");
        assertThat(collection
                        .insertStream(
                                Flux.just("a", "bad", "c"),
                                BatchOptions.builder().stopAtFailure(false).build())
                        .blockLast(SOON))
                .satisfies(result -> {
                    assertThat(result.stored())
                            .extracting(BatchResult.Stored::index)
                            .containsExactly(0L, 2L);
                    assertThat(result.failed())
                            .extracting(BatchResult.Failed::index)
                            .containsExactly(1L);
                });
    }

    @Test
    void namesTheDocumentThatTheDatabaseRefuses() {
        List<MaintenanceEvent> events = new ArrayList<>(
                IntStream.range(0, 40).mapToObj(i -> maintenance("e" + i)).toList());
        events.set(23, maintenance("x".repeat(2001)));
        assertNamed(
                datastore.maintenanceEvents().insertMany(events),
                LimitExceededException.class,
                "Insert into maintenance_events: document 23 of 40 (from 0): eventId is too long for its index");
        events.set(23, maintenance("e7"));
        assertNamed(
                datastore.maintenanceEvents().insertMany(events),
                ConflictException.class,
                "document 23 of 40 (from 0): ");
        assertThatExceptionOfType(ConflictException.class)
                .isThrownBy(
                        () -> datastore.maintenanceEvents().insertMany(events).block(SOON))
                .satisfies(e -> assertThat(e.constraint()).isEqualTo("maintenance_events_event_id_unique"))
                .satisfies(e -> assertThat(e.sqlState()).isEqualTo("23505"));
    }

    @Test
    void namesTheDocumentThatTheDatabaseRefusesAmongThoseWithKeys() {
        List<HealthEventDocument> events = new ArrayList<>(IntStream.range(0, 20)
                .mapToObj(i -> health("n", "key-" + i % 15))
                .toList());
        events.set(17, health("n".repeat(2001), "key"));
        assertNamed(
                datastore.healthEvents().insertManyIdempotent(events),
                LimitExceededException.class,
                "document 17 of 20 (from 0): healthevent.nodeName is too long");
    }

    /** A transaction takes no further statement after an error. */
    @Test
    void inATransactionTheErrorIsTheFirstOne() {
        assertThatExceptionOfType(LimitExceededException.class)
                .isThrownBy(() -> datastore
                        .inTransaction(session -> session.maintenanceEvents()
                                .insertMany(List.of(maintenance("a"), maintenance("x".repeat(2001)))))
                        .block(SOON))
                .withMessageContaining("eventId is too long");
    }

    @Test
    void aSourceThatFailsLosesNoDocumentThatItHadGiven() {
        Flux<MaintenanceEvent> source = Flux.range(0, 7)
                .map(i -> maintenance("e" + i))
                .concatWith(Flux.error(new IllegalStateException("source")));
        BatchOptions options = BatchOptions.builder()
                .maxDocuments(5)
                .linger(Duration.ofMinutes(1))
                .build();
        List<Long> stored = new ArrayList<>();
        assertThatExceptionOfType(IllegalStateException.class)
                .isThrownBy(() -> datastore
                        .maintenanceEvents()
                        .insertStream(source, options)
                        .doOnNext(result -> result.stored().forEach(each -> stored.add(each.index())))
                        .blockLast(SOON))
                .withMessage("source");
        assertThat(stored).containsExactly(0L, 1L, 2L, 3L, 4L, 5L, 6L);
        assertThat(DATABASE.queryForString("SELECT count(*) FROM maintenance_events"))
                .isEqualTo("7");
    }

    @Test
    void aSourceThatFailsAtOnceIsJustThat() {
        assertThatExceptionOfType(IllegalStateException.class)
                .isThrownBy(() -> datastore
                        .maintenanceEvents()
                        .insertStream(Flux.error(new IllegalStateException("source")), BatchOptions.defaults())
                        .blockLast(SOON))
                .withMessage("source");
    }

    @Test
    void anEmptyIdempotencyKeyIsNoKey() {
        HealthEventStore store = datastore.healthEvents();
        List<HealthEventDocument> events =
                List.of(health("a", ""), health("b", ""), health("c", "k"), health("d", "k"));
        assertThat(store.insertManyIdempotent(events).block(SOON).records())
                .extracting(IdempotentResult.Stored::duplicate)
                .containsExactly(false, false, false, true);
        store.insert(health("e", "")).block(SOON);
        store.insertMany(List.of(health("f", ""), health("g", ""))).block(SOON);
        store.updateMany(Filter.eq("healthevent.nodeName", "c"), Update.set("healthevent.metadata.idempotencyKey", ""))
                .block(SOON);
        assertThat(store.find(Query.all())
                        .map(each -> each.document().event().metadata())
                        .collectList()
                        .block(SOON))
                .hasSize(6)
                .allSatisfy(metadata -> assertThat(metadata).doesNotContainKey("idempotencyKey"));
    }

    private static MaintenanceEvent maintenance(String id) {
        return MaintenanceEvent.builder().eventId(id).build();
    }

    private static HealthEventDocument health(String node, String key) {
        HealthEvent event = HealthEvent.builder()
                .nodeName(node)
                .metadata(Map.of("idempotencyKey", key))
                .build();
        return HealthEventDocument.of(Instant.EPOCH, event);
    }
}

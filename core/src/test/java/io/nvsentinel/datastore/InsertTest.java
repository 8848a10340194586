// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore;

import static io.nvsentinel.datastore.Databases.SOON;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.nvsentinel.datastore.codec.DocumentCodec;
import io.nvsentinel.datastore.codec.JsonCodec;
import io.nvsentinel.datastore.error.ConflictException;
import io.nvsentinel.datastore.error.InvalidRequestException;
import io.nvsentinel.datastore.model.HealthEvent;
import io.nvsentinel.datastore.model.HealthEventDocument;
import io.nvsentinel.datastore.model.MaintenanceEvent;
import io.nvsentinel.datastore.query.Filter;
import io.nvsentinel.testserver.Await;
import io.nvsentinel.testserver.PostgresDatabase;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.reactivestreams.Subscription;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.CoreSubscriber;
import reactor.core.Disposable;
import reactor.core.publisher.BaseSubscriber;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.test.StepVerifier;
import reactor.test.subscriber.TestSubscriber;

/** Single inserts that share statements, streams in batches, and inserts that may be repeated. */
@Tag("essential")
class InsertTest {

    @RegisterExtension
    static final PostgresDatabase DATABASE = PostgresDatabase.from(Databases.MIGRATED);

    private static final Logger LOG = LoggerFactory.getLogger(InsertTest.class);
    private static final String INDEX = "healthevent_idempotency_key_unique";

    private Datastore datastore;
    private HealthEventStore events;
    private MaintenanceEventStore maintenance;

    @BeforeEach
    void open() {
        DATABASE.execute("TRUNCATE health_events, maintenance_events");
        datastore = Databases.connect(Databases.options(DATABASE.get()).maxConnections(1));
        events = datastore.healthEvents();
        maintenance = datastore.maintenanceEvents();
    }

    @AfterEach
    void close() {
        datastore.close().block(SOON);
    }

    /** Against the rules of Reactive Streams, but not for others to suffer from. */
    @Test
    void aSubscriberThatThrowsHarmsNoOtherInsert() throws Exception {
        List<CompletableFuture<UUID>> others = new ArrayList<>();
        try (Connection holder = lock("health_events")) {
            events.insert(event("first")).subscribe(new Throwing());
            Await.until("a statement that waits", SOON, () -> waiting() == 1);
            others.add(events.insert(event("second")).toFuture());
            events.insert(event("third")).subscribe(new Throwing());
            others.add(events.insert(event("fourth")).toFuture());
            holder.rollback();
        }
        for (CompletableFuture<UUID> other : others) {
            assertThat(other.get(SOON.toSeconds(), TimeUnit.SECONDS)).isNotNull();
        }
        assertThat(events.insert(event("fifth")).block(SOON)).isNotNull();
        assertThat(events.count(Filter.all()).block(SOON)).isEqualTo(5);
    }

    /** As a caller does whose timeout expired while it subscribed. */
    @Test
    void whoCancelsBeforeAnythingBeganIsNotWaitedFor() {
        for (int i = 0; i < 3; i++) {
            events.insert(event("gone")).subscribe(new BaseSubscriber<>() {
                @Override
                protected void hookOnSubscribe(Subscription subscription) {
                    subscription.cancel();
                }
            });
        }
        assertThat(events.insert(event("n")).block(SOON)).isNotNull();
    }

    private static final class Throwing implements CoreSubscriber<UUID> {

        @Override
        public void onSubscribe(Subscription subscription) {
            subscription.request(1);
        }

        @Override
        public void onNext(UUID id) {
            throw new IllegalStateException("thrown by the test");
        }

        @Override
        public void onError(Throwable error) {
            throw new IllegalStateException("thrown by the test", error);
        }

        @Override
        public void onComplete() {}
    }

    @Test
    void insertsOfANodeWhileOneIsUnderWayShareOneTransactionAndKeepTheirOrder() throws Exception {
        int many = 200;
        List<CompletableFuture<UUID>> inserts = new ArrayList<>();
        try (Connection holder = lock("health_events")) {
            inserts.add(events.insert(event("n")).toFuture());
            // Until then it has no connection, and other callers would share its statement.
            Await.until("a statement that waits", SOON, () -> waiting() == 1);
            IntStream.range(1, many)
                    .forEach(i -> inserts.add(events.insert(event("n")).toFuture()));
            holder.rollback();
        }
        List<String> ids = new ArrayList<>();
        for (CompletableFuture<UUID> insert : inserts) {
            ids.add(insert.join().toString());
        }

        assertThat(ids).doesNotHaveDuplicates();
        assertThat(stored("n")).isEqualTo(ids);
        assertThat(DATABASE.queryForString("SELECT count(DISTINCT xmin::text) FROM health_events"))
                .isEqualTo("2");
    }

    @Test
    void manyInsertsOfOtherNodesPassOneThatWaitsAndThoseOfItsOwnNodeDoNot() throws Exception {
        reconnect(2);
        CompletableFuture<UUID> first;
        CompletableFuture<UUID> second;
        List<CompletableFuture<UUID>> others;
        try (Connection holder = DATABASE.connect()) {
            holder.setAutoCommit(false);
            holder.createStatement()
                    .execute("INSERT INTO health_events (data)"
                            + " VALUES ('{\"healthevent\": {\"metadata\": {\"idempotencyKey\": \"a\"}}}')");
            first = events.insert(keyed("a")).toFuture();
            Await.until("a statement that waits", SOON, () -> waiting() == 1);
            second = events.insert(keyed("b")).toFuture();
            others = IntStream.range(0, 16)
                    .mapToObj(i -> events.insert(event("n" + i)).toFuture())
                    .toList();
            for (CompletableFuture<UUID> other : others) {
                other.get(SOON.toSeconds(), TimeUnit.SECONDS);
            }
            assertThat(waiting()).isEqualTo(1);
            assertThat(first).isNotDone();
            assertThat(second).isNotDone();
            holder.rollback();
        }
        List<String> inOrder = List.of(first.join().toString(), second.join().toString());
        assertThat(stored("keyed")).isEqualTo(inOrder);
    }

    @Test
    void manyAtOnceKeepTheOrderOfEachNodeWhoeverGivesUp() {
        reconnect(4);
        long seed = System.nanoTime();
        LOG.info("seed {}", seed);
        Random random = new Random(seed);
        Flux.range(0, 4000)
                .flatMap(
                        i -> {
                            String node = "n" + random.nextInt(i < 2000 ? 500 : 5);
                            HealthEventDocument event = event(node, i);
                            return random.nextInt(5) > 0
                                    ? events.insert(event).then()
                                    : events.insert(event)
                                            .timeout(Duration.ofNanos(random.nextInt(5_000_000)))
                                            .onErrorComplete()
                                            .then();
                        },
                        200)
                .then()
                .block(SOON);
        assertThat(events.insert(event("n0", 4000)).block(SOON)).isNotNull();

        List<String> rows = DATABASE.get()
                .queryForStrings("SELECT e.node_name || ' ' || (e.data #>> '{healthevent,message}')"
                        + " FROM datastore_changelog c JOIN health_events e ON e.id = c.record_id ORDER BY c.id");
        assertThat(rows).hasSizeGreaterThan(3000).doesNotHaveDuplicates();
        Map<String, Integer> last = new HashMap<>();
        for (String row : rows) {
            String[] parts = row.split(" ");
            int number = Integer.parseInt(parts[1]);
            assertThat(number).as(row).isGreaterThan(last.getOrDefault(parts[0], -1));
            last.put(parts[0], number);
        }
    }

    /** A statement that the server ended has stored nothing, and none of its documents is the cause. */
    @Test
    void insertsThatMeetInADeadlockAreRunAgain() throws Exception {
        assertThat(inADeadlock(events.insertStream(Flux.just(keyed("a"), keyed("b")), BatchOptions.defaults())
                        .collectList()))
                .hasSize(1)
                .allSatisfy(result -> assertThat(result.failed()).isEmpty());
        assertThat(stored("keyed")).hasSize(2);
    }

    /** Which takes no further statement, so that the batch by halves would hide why. */
    @Test
    void aBatchThatMeetsADeadlockInATransactionIsForTheTransactionToRepeat() throws Exception {
        List<BatchResult> results = inADeadlock(datastore.inTransaction(session -> session.healthEvents()
                .insertStream(Flux.just(keyed("a"), keyed("b")), BatchOptions.defaults())
                .collectList()));
        assertThat(results)
                .hasSize(1)
                .allSatisfy(result -> assertThat(result.failed()).isEmpty());
        assertThat(stored("keyed")).hasSize(2);
    }

    @Test
    void aBatchThatIsRefusedInATransactionTellsWhyAndStoresNothing() {
        events.insert(keyed("b")).block(SOON);
        BatchOptions goOn = BatchOptions.builder().stopAtFailure(false).build();
        ConflictException error = fails(
                ConflictException.class,
                datastore.inTransaction(session -> session.healthEvents()
                        .insertStream(Flux.just(keyed("a"), keyed("b"), keyed("c")), goOn)
                        .collectList()));
        assertThat(error.constraint()).isEqualTo(INDEX);
        assertThat(stored("keyed")).hasSize(1);
    }

    /** While another transaction holds key b, then waits for a, and finally rolls back. */
    private static <T> T inADeadlock(Mono<T> storesAAndThenB) throws Exception {
        CompletableFuture<T> result;
        try (Connection other = DATABASE.connect();
                Statement sql = other.createStatement()) {
            sql.execute("SET deadlock_timeout = '1min'");
            other.setAutoCommit(false);
            String insert = "INSERT INTO health_events (data)"
                    + " VALUES ('{\"healthevent\": {\"metadata\": {\"idempotencyKey\": \"%s\"}}}')";
            sql.execute(insert.formatted("b"));
            result = storesAAndThenB.toFuture();
            Await.until("a statement that waits", SOON, () -> waiting() == 1);
            sql.execute(insert.formatted("a"));
            other.rollback();
        }
        return result.get(SOON.toSeconds(), TimeUnit.SECONDS);
    }

    @Test
    void aRefusedDocumentFailsForItsOwnCallerAlone() throws Exception {
        List<CompletableFuture<UUID>> inserts;
        try (Connection holder = lock("maintenance_events")) {
            inserts = IntStream.range(0, 50)
                    .mapToObj(i -> maintenance
                            .insert(maintenance("e" + (i == 17 || i == 33 ? 3 : i)))
                            .toFuture())
                    .toList();
            Await.until("a statement that waits", SOON, () -> waiting() == 1);
            holder.rollback();
        }
        for (int i = 0; i < inserts.size(); i++) {
            CompletableFuture<UUID> insert = inserts.get(i);
            if (i == 17 || i == 33) {
                ConflictException error = fails(ConflictException.class, Mono.fromFuture(insert));
                assertThat(error.constraint()).isEqualTo("maintenance_events_event_id_unique");
            } else {
                assertThat(insert.join()).isNotNull();
            }
        }
        assertThat(maintenance.count(Filter.all()).block(SOON)).isEqualTo(48);
    }

    @Test
    void anInsertThatIsCancelledBeforeItIsSentIsNotStoredAndTheOthersAre() throws Exception {
        CompletableFuture<UUID> second;
        try (Connection holder = lock("health_events")) {
            Disposable first = events.insert(event("first")).subscribe();
            Await.until("a statement that waits", SOON, () -> waiting() == 1);
            Disposable cancelled = events.insert(event("cancelled")).subscribe();
            second = events.insert(event("second")).toFuture();
            cancelled.dispose();
            // It was sent, so it is stored; and the waiting callers do not depend on it.
            first.dispose();
            holder.rollback();
        }
        assertThat(second.join()).isNotNull();
        assertThat(DATABASE.get().queryForStrings("SELECT node_name FROM health_events ORDER BY 1"))
                .containsExactly("first", "second");
    }

    @Test
    void cancellingAtAnyMomentNeverStopsTheOthers() {
        long seed = System.nanoTime();
        LOG.info("seed {}", seed);
        Random random = new Random(seed);
        ConcurrentLinkedQueue<UUID> stored = new ConcurrentLinkedQueue<>();
        Flux.range(0, 2000)
                .flatMap(
                        i -> {
                            Mono<UUID> insert = events.insert(event("n")).doOnNext(stored::add);
                            return i % 2 == 0
                                    ? insert
                                    : insert.timeout(Duration.ofNanos(random.nextInt(5_000_000)))
                                            .onErrorComplete();
                        },
                        64)
                .then()
                .block(SOON);

        assertThat(stored).hasSizeGreaterThanOrEqualTo(1000).doesNotHaveDuplicates();
        assertThat(events.count(Filter.all()).block(SOON)).isGreaterThanOrEqualTo(stored.size());
        assertThat(events.insert(event("last")).block(SOON)).isNotNull();
    }

    @Test
    void inATransactionEachGoesByItselfAndIsRolledBackWithIt() {
        assertThat(fails(
                        IllegalStateException.class,
                        datastore.inTransaction(session -> Flux.range(0, 20)
                                .flatMap(i -> session.healthEvents().insert(event("n" + i)))
                                .then(events.insert(event("outside")).timeout(Duration.ofMillis(200)))
                                .onErrorResume(e -> Mono.error(new IllegalStateException("mine"))))))
                .hasMessage("mine");
        assertThat(events.count(Filter.all()).block(SOON)).isZero();
    }

    @Test
    void aDocumentWithTheCharacterThatJsonbCannotHoldIsRefusedWithItsPlace() {
        DocumentCollection<Map<String, Object>> notes = notes();
        for (String text : List.of("\u0000", "a\\\u0000b")) {
            InvalidRequestException one = fails(InvalidRequestException.class, notes.insert(Map.of("text", text)));
            assertThat(one.isDeterministic()).isTrue();
            InvalidRequestException many = fails(
                    InvalidRequestException.class,
                    notes.insertMany(List.of(Map.of("text", "fine"), Map.of("text", text))));
            assertThat(many.getMessage()).contains("document 1 of 2").doesNotContain("fine");
        }
        assertThat(notes.insert(Map.of("text", "\\u0000")).block(SOON)).isNotNull();
        assertThat(notes.count(Filter.all()).block(SOON)).isEqualTo(1);
    }

    @Test
    void storesAStreamInBatchesAndReportsEach() {
        BatchOptions options = BatchOptions.builder().maxDocuments(40).build();
        List<BatchResult> results = events.insertStream(Flux.range(0, 100).map(i -> event("n" + i)), options)
                .collectList()
                .block(SOON);

        assertThat(results).extracting(result -> result.stored().size()).containsExactly(40, 40, 20);
        assertThat(results.get(2).stored().get(19).index()).isEqualTo(99);
        assertThat(DATABASE.queryForString("SELECT node_name FROM health_events WHERE id = '"
                        + results.get(1).stored().get(2).id() + "'"))
                .isEqualTo("n42");
        assertThat(events.insertStream(Flux.empty(), options).collectList().block(SOON))
                .isEmpty();
    }

    @Test
    void aBatchIsBoundedByItsBytesAndGoesWhenNothingMoreComes() {
        BatchOptions small = BatchOptions.builder().maxBytes(1).build();
        assertThat(events.insertStream(Flux.range(0, 3).map(i -> event("n" + i)), small)
                        .count()
                        .block(SOON))
                .isEqualTo(3);

        BatchOptions lingering =
                BatchOptions.builder().linger(Duration.ofMillis(1)).build();
        StepVerifier.create(events.insertStream(Flux.concat(Mono.just(event("only")), Flux.never()), lingering))
                .assertNext(result -> assertThat(result.stored()).hasSize(1))
                .thenCancel()
                .verify(SOON);
    }

    @Test
    void doesNotRunAheadOfItsSubscriber() {
        BatchOptions options = BatchOptions.builder().maxDocuments(10).build();
        TestSubscriber<BatchResult> slow =
                TestSubscriber.builder().initialRequest(1).build();
        AtomicLong taken = new AtomicLong();
        events.insertStream(
                        Flux.range(0, 100_000)
                                .doOnNext(i -> taken.incrementAndGet())
                                .map(i -> event("n")),
                        options)
                .subscribe(slow);
        Await.until("a result", SOON, () -> slow.getReceivedOnNext().size() == 1);
        assertThat(taken.get()).isLessThanOrEqualTo(60);
        slow.cancel();
    }

    @Test
    void goesOnPastARefusedDocumentOrStopsThere() {
        Flux<MaintenanceEvent> documents = Flux.range(0, 30).map(i -> maintenance("e" + (i == 12 ? 5 : i)));
        BatchOptions goOn =
                BatchOptions.builder().maxDocuments(20).stopAtFailure(false).build();
        List<BatchResult> all =
                maintenance.insertStream(documents, goOn).collectList().block(SOON);
        assertThat(all).hasSize(2);
        assertThat(all.get(0).stored()).hasSize(19);
        assertThat(all.get(0).failed()).singleElement().satisfies(failed -> {
            assertThat(failed.index()).isEqualTo(12);
            assertThat(failed.error()).isInstanceOf(ConflictException.class);
        });
        assertThat(all.get(1).stored()).hasSize(10);

        DATABASE.execute("TRUNCATE maintenance_events");
        BatchOptions stop = BatchOptions.builder().maxDocuments(20).build();
        StepVerifier.create(maintenance.insertStream(documents, stop))
                .assertNext(result -> {
                    assertThat(result.stored()).hasSize(12);
                    assertThat(result.failed().get(0).index()).isEqualTo(12);
                })
                .expectError(ConflictException.class)
                .verify(SOON);
        assertThat(maintenance.count(Filter.all()).block(SOON)).isEqualTo(12);
    }

    @Test
    void reportsADocumentThatCannotEvenBeSent() {
        BatchOptions goOn = BatchOptions.builder().stopAtFailure(false).build();
        List<BatchResult> results = notes().insertStream(
                        Flux.just(Map.of("text", "a"), Map.of("text", "\u0000"), Map.of("text", "c")), goOn)
                .collectList()
                .block(SOON);
        assertThat(results).singleElement().satisfies(result -> {
            assertThat(result.stored()).extracting(BatchResult.Stored::index).containsExactly(0L, 2L);
            assertThat(result.failed()).extracting(BatchResult.Failed::index).containsExactly(1L);
        });
    }

    @Test
    void aRepeatIsCountedAndNotStoredTwice() {
        IdempotentResult first = events.insertManyIdempotent(List.of(keyed("a"), keyed("b"), event("unkeyed")))
                .block(SOON);
        assertThat(first.duplicateCount()).isZero();
        assertThat(first.records()).extracting(IdempotentResult.Stored::id).doesNotHaveDuplicates();

        IdempotentResult second = events.insertManyIdempotent(
                        List.of(keyed("b"), keyed("c"), event("unkeyed"), keyed("c")))
                .block(SOON);
        assertThat(second.records())
                .extracting(IdempotentResult.Stored::duplicate)
                .containsExactly(true, false, false, true);
        assertThat(second.records().get(0).id())
                .isEqualTo(first.records().get(1).id());
        assertThat(second.records().get(3).id())
                .isEqualTo(second.records().get(1).id());
        assertThat(second.duplicateCount()).isEqualTo(2);
        assertThat(events.count(Filter.all()).block(SOON)).isEqualTo(5);
        assertThat(events.insertManyIdempotent(List.of()).block(SOON).records()).isEmpty();
    }

    @Test
    void aBatchHasOneKeyAndItsEventsAreStoredOnce() {
        IdempotentResult first = events.insertManyIdempotent("batch", List.of(keyed("claimed"), event("n")))
                .block(SOON);
        assertThat(first.duplicateCount()).isZero();
        IdempotentResult second = events.insertManyIdempotent(
                        "batch", List.of(keyed("claimed"), event("other"), event("more")))
                .block(SOON);
        assertThat(second.records())
                .extracting(IdempotentResult.Stored::duplicate)
                .containsExactly(true, true, false);
        assertThat(DATABASE.queryForString("SELECT string_agg(data #>> '{healthevent,metadata,idempotencyKey}', ' '"
                        + " ORDER BY data #>> '{healthevent,metadata,idempotencyKey}') FROM health_events"))
                .isEqualTo("batch/0 batch/1 batch/2");
        assertThat(events.insertManyIdempotent("other batch", List.of(keyed("claimed")))
                        .block(SOON)
                        .duplicateCount())
                .isZero();
        for (String bad : List.of("", "x".repeat(1901))) {
            fails(InvalidRequestException.class, events.insertManyIdempotent(bad, List.of(event("n"))));
        }
    }

    @Test
    void aRepeatThatRunsAtTheSameTimeFindsTheRecordOfTheOther() throws Exception {
        CompletableFuture<IdempotentResult> repeat;
        String id;
        try (Connection other = DATABASE.connect()) {
            other.setAutoCommit(false);
            other.createStatement()
                    .execute("INSERT INTO health_events (data)"
                            + " VALUES ('{\"healthevent\": {\"metadata\": {\"idempotencyKey\": \"a\"}}}')");
            repeat = events.insertManyIdempotent(List.of(keyed("new"), keyed("a")))
                    .toFuture();
            Await.until("a statement that waits", SOON, () -> waiting() == 1);
            other.commit();
        }
        id = DATABASE.queryForString("SELECT id FROM health_events WHERE node_name IS NULL");
        assertThat(repeat.join().records())
                .extracting(IdempotentResult.Stored::duplicate)
                .containsExactly(false, true);
        assertThat(repeat.join().records().get(1).id().toString()).isEqualTo(id);
    }

    @Test
    void anEventThatRepeatsAKeyOutsideAnIdempotentInsertConflictsOnTheIndex() {
        events.insert(keyed("a")).block(SOON);
        ConflictException error = fails(ConflictException.class, events.insert(keyed("a")));
        assertThat(error.constraint()).isEqualTo(INDEX);
        assertThat(error.getMessage()).contains(INDEX);
        assertThat(error.isRetryable()).isFalse();
    }

    private DocumentCollection<Map<String, Object>> notes() {
        datastore.createCollection("notes").block(SOON);
        DATABASE.execute("TRUNCATE notes");
        JsonCodec json = JsonCodec.jackson3();
        return datastore.collection("notes", DocumentCodec.ofTree(json, tree -> tree, tree -> tree));
    }

    private void reconnect(int connections) {
        datastore.close().block(SOON);
        datastore = Databases.connect(Databases.options(DATABASE.get()).maxConnections(connections));
        events = datastore.healthEvents();
    }

    /** The ids of a node's events, in the order of their changes. */
    private static List<String> stored(String node) {
        return DATABASE.get()
                .queryForStrings(
                        "SELECT record_id FROM datastore_changelog c JOIN health_events e ON e.id = c.record_id"
                                + " WHERE e.node_name = '" + node + "' ORDER BY c.id");
    }

    private static HealthEventDocument event(String node, int number) {
        return HealthEventDocument.of(
                Instant.EPOCH,
                HealthEvent.builder()
                        .nodeName(node)
                        .message(Integer.toString(number))
                        .build());
    }

    private static HealthEventDocument event(String node) {
        return HealthEventDocument.of(
                Instant.EPOCH, HealthEvent.builder().nodeName(node).build());
    }

    private static HealthEventDocument keyed(String key) {
        return HealthEventDocument.of(
                Instant.EPOCH,
                HealthEvent.builder()
                        .nodeName("keyed")
                        .metadata(Map.of("idempotencyKey", key))
                        .build());
    }

    private static MaintenanceEvent maintenance(String id) {
        return MaintenanceEvent.builder().eventId(id).build();
    }

    private static Connection lock(String table) throws Exception {
        Connection connection = DATABASE.connect();
        connection.setAutoCommit(false);
        connection.createStatement().execute("LOCK TABLE " + table + " IN ACCESS EXCLUSIVE MODE");
        return connection;
    }

    private static int waiting() {
        return Integer.parseInt(DATABASE.queryForString("SELECT count(*) FROM pg_stat_activity"
                + " WHERE datname = current_database() AND wait_event_type = 'Lock'"));
    }

    private static <E extends Throwable> E fails(Class<E> type, Mono<?> action) {
        return catchThrowableOfType(type, () -> action.block(SOON));
    }
}

// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore;

import static io.nvsentinel.datastore.Databases.SOON;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.nvsentinel.datastore.error.ConflictException;
import io.nvsentinel.datastore.error.DatastoreException;
import io.nvsentinel.datastore.error.InvalidRequestException;
import io.nvsentinel.datastore.error.OutcomeUnknownException;
import io.nvsentinel.datastore.error.UnavailableException;
import io.nvsentinel.datastore.model.HealthEvent;
import io.nvsentinel.datastore.model.HealthEventDocument;
import io.nvsentinel.testserver.Await;
import io.nvsentinel.testserver.PostgresDatabase;
import io.nvsentinel.testserver.proxy.TcpProxy;
import java.sql.Connection;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.test.subscriber.TestSubscriber;

/**
 * The result of each caller if inserts that share a statement, a batch or a key encounter a lost connection or a full
 * queue. An event is rejected if its node's name is {@code raise} and an SQLSTATE, and ends its session if the name is
 * {@code die}.
 */
class InsertFailureTest {

    @RegisterExtension
    static final PostgresDatabase DATABASE = PostgresDatabase.from(Databases.MIGRATED);

    private static final String FAULTS = """
            CREATE OR REPLACE FUNCTION fault() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                IF NEW.data #>> '{healthevent,nodeName}' LIKE 'raise %' THEN
                    RAISE EXCEPTION USING ERRCODE = substr(NEW.data #>> '{healthevent,nodeName}', 7), MESSAGE = 'as asked';
                ELSIF NEW.data #>> '{healthevent,nodeName}' = 'die' THEN
                    PERFORM pg_terminate_backend(pg_backend_pid());
                END IF;
                RETURN NEW;
            END $$;
            CREATE OR REPLACE TRIGGER fault BEFORE INSERT ON health_events FOR EACH ROW EXECUTE FUNCTION fault();
            TRUNCATE health_events""";
    private static final String REFUSED = "raise 23514";
    private static final String UNAVAILABLE = "raise 55P03";
    private static final String DIE = "die";
    /** Only their size decides which documents are in one batch. */
    private static final Duration LONG_LINGER = Duration.ofHours(1);

    private static final BatchOptions GO_ON = BatchOptions.builder()
            .maxDocuments(8)
            .linger(LONG_LINGER)
            .stopAtFailure(false)
            .build();
    private static final BatchOptions STOP =
            BatchOptions.builder().maxDocuments(8).linger(LONG_LINGER).build();

    private Datastore datastore;
    private HealthEventStore events;

    @BeforeEach
    void open() {
        DATABASE.execute(FAULTS);
        datastore = Databases.connect(Databases.options(DATABASE.get()).maxConnections(1));
        events = datastore.healthEvents();
    }

    @AfterEach
    void close() {
        datastore.close().block(SOON);
    }

    @Test
    void losingTheConnectionIsAnUnknownOutcomeForThoseInFlightAndNotForThoseWhoWait() throws Exception {
        for (int round = 0; round < 10; round++) {
            CompletableFuture<UUID> waits;
            try (Connection holder = lock()) {
                CompletableFuture<UUID> sent = events.insert(event("sent")).toFuture();
                String session = awaitTheOneThatWaits("");
                waits = events.insert(event("waits")).toFuture();
                DATABASE.queryForString("SELECT pg_terminate_backend(" + session + ")");
                assertThat(fails(DatastoreException.class, sent)).isInstanceOf(OutcomeUnknownException.class);
                awaitTheOneThatWaits(session);
                holder.rollback();
            }
            assertThat(Mono.fromFuture(waits).block(SOON)).isNotNull();
        }
        assertThat(nodes()).hasSize(10).containsOnly("waits");
    }

    @Test
    void theNetworkThatBreaksUnderAStatementDoesNotReachThoseWhoWait() throws Exception {
        try (TcpProxy proxy = proxy()) {
            Datastore remote = Databases.connect(through(proxy).maxConnections(1));
            CompletableFuture<UUID> waits;
            try (Connection holder = lock()) {
                CompletableFuture<UUID> sent =
                        remote.healthEvents().insert(event("sent")).toFuture();
                String session = awaitTheOneThatWaits("");
                waits = remote.healthEvents().insert(event("waits")).toFuture();
                proxy.cut();
                fails(OutcomeUnknownException.class, sent);
                // The server does not notice that the first client is gone before the lock is free.
                Await.until(
                        "the next statement waits too", SOON, () -> waiting().size() == 2);
                DATABASE.queryForString("SELECT pg_terminate_backend(" + session + ")");
                holder.rollback();
            }
            assertThat(Mono.fromFuture(waits).block(SOON)).isNotNull();
            remote.close().block(SOON);
        }
        assertThat(nodes()).containsExactly("waits");
    }

    /** The statement of all is refused, then by halves; one half breaks off, and the rest was not sent with it. */
    @ParameterizedTest
    @CsvSource({DIE + ", true", UNAVAILABLE + ", false"})
    void ofAGroupOnlyThoseInTheLastStatementFailWithIt(String fault, boolean unknown) throws Exception {
        List<CompletableFuture<UUID>> inserts;
        try (Connection holder = lock()) {
            CompletableFuture<UUID> first = events.insert(event("first")).toFuture();
            awaitTheOneThatWaits("");
            inserts = Stream.of("a", REFUSED, fault, "d", "e", "f", "g", "h")
                    .map(node -> events.insert(event(node)).toFuture())
                    .toList();
            holder.rollback();
            assertThat(Mono.fromFuture(first).block(SOON)).isNotNull();
        }
        fails(InvalidRequestException.class, inserts.get(1));
        for (int i : new int[] {2, 3}) {
            assertThat(fails(DatastoreException.class, inserts.get(i)).isOutcomeUnknown())
                    .isEqualTo(unknown);
        }
        for (int i : new int[] {0, 4, 5, 6, 7}) {
            assertThat(Mono.fromFuture(inserts.get(i)).block(SOON)).isNotNull();
        }
        assertThat(nodes()).containsExactly("a", "e", "f", "first", "g", "h");
    }

    @Test
    void withoutAServerThoseWhoWaitFailTogetherAndLaterOnesAreStored() {
        try (TcpProxy proxy = proxy()) {
            Datastore remote = Databases.connect(through(proxy).acquireTimeout(Duration.ofMillis(500)));
            proxy.refuse();
            proxy.cut();
            // Until then the driver might send an insert over a connection of which it does not know that it is cut.
            Await.until(
                    "no connection to send by",
                    SOON,
                    () -> fails(DatastoreException.class, remote.ping().toFuture())
                            .getMessage()
                            .contains("cannot connect"));
            List<CompletableFuture<UUID>> inserts = IntStream.range(0, 50)
                    .mapToObj(i -> remote.healthEvents().insert(event("n" + i)).toFuture())
                    .toList();
            inserts.forEach(
                    insert -> assertThat(fails(DatastoreException.class, insert).isOutcomeUnknown())
                            .isFalse());
            proxy.heal();
            assertThat(remote.healthEvents().insert(event("later")).block(SOON)).isNotNull();
            remote.close().block(SOON);
        }
        assertThat(nodes()).containsExactly("later");
    }

    @Test
    void noMoreThanTenThousandWait() throws Exception {
        List<CompletableFuture<UUID>> inserts = new ArrayList<>();
        try (Connection holder = lock()) {
            CompletableFuture<UUID> first = events.insert(event("n")).toFuture();
            awaitTheOneThatWaits("");
            IntStream.range(0, 10_000)
                    .forEach(i -> inserts.add(events.insert(event("n")).toFuture()));
            CompletableFuture<UUID> tooMany = events.insert(event("too many")).toFuture();
            assertThat(fails(UnavailableException.class, tooMany).isRetryable()).isTrue();

            inserts.remove(5_000).cancel(true);
            inserts.add(events.insert(event("n")).toFuture());
            holder.rollback();
            inserts.add(first);
        }
        assertThat(inserts.stream().map(insert -> Mono.fromFuture(insert).block(SOON)))
                .doesNotContainNull();
        assertThat(nodes()).hasSize(10_001).containsOnly("n");
    }

    @Test
    void noMoreThan64MebibytesWait() throws Exception {
        String megabyte = "x".repeat(1 << 20);
        List<CompletableFuture<UUID>> inserts = new ArrayList<>();
        try (Connection holder = lock()) {
            CompletableFuture<UUID> first = events.insert(event("n")).toFuture();
            awaitTheOneThatWaits("");
            IntStream.range(0, 64)
                    .forEach(
                            i -> inserts.add(events.insert(event("n", megabyte)).toFuture()));
            fails(UnavailableException.class, events.insert(event("too many")).toFuture());

            inserts.remove(60).cancel(true);
            inserts.add(events.insert(event("n")).toFuture());
            holder.rollback();
            inserts.add(first);
        }
        assertThat(inserts.stream().map(insert -> Mono.fromFuture(insert).block(SOON)))
                .doesNotContainNull();
        assertThat(nodes()).hasSize(65);
    }

    /**
     * The documents of the first half must not be stored again, so their results are emitted before the error of the
     * second half.
     */
    @ParameterizedTest
    @CsvSource({DIE + ", true", UNAVAILABLE + ", false"})
    void aBatchThatBreaksOffHalfWayTellsWhatIsStoredAndWhatMayBe(String fault, boolean unknown) {
        TestSubscriber<BatchResult> results = insertStream(
                GO_ON, "0", "1", "2", "3", "4", "5", "6", "7", "a", REFUSED, fault, "d", "e", "f", "g", "h", "i");
        DatastoreException error = (DatastoreException) results.expectTerminalError();
        assertThat(error.isOutcomeUnknown()).isEqualTo(unknown);
        assertThat(results.getReceivedOnNext()).hasSize(2);
        assertThat(results.getReceivedOnNext().get(0).stored()).hasSize(8);
        BatchResult last = results.getReceivedOnNext().get(1);
        assertThat(last.stored()).extracting(BatchResult.Stored::index).containsExactly(8L);
        assertThat(last.failed()).extracting(BatchResult.Failed::index).containsExactly(9L, 10L, 11L);
        assertThat(last.failed().get(0).error()).isInstanceOf(InvalidRequestException.class);
        assertThat(last.failed().subList(1, 3))
                .allSatisfy(failed -> assertThat(failed.error()).isSameAs(error));
        assertThat(nodes()).containsExactly("0", "1", "2", "3", "4", "5", "6", "7", "a");
    }

    @Test
    void aBatchThatIsToStopAtARefusalTellsAllThatMayBeStoredToo() {
        TestSubscriber<BatchResult> results = insertStream(STOP, "a", DIE, "c");
        assertThat(results.expectTerminalError()).isInstanceOf(OutcomeUnknownException.class);
        assertThat(results.getReceivedOnNext()).singleElement().satisfies(lost -> {
            assertThat(lost.stored()).isEmpty();
            assertThat(lost.failed()).extracting(BatchResult.Failed::index).containsExactly(0L, 1L, 2L);
        });
        assertThat(nodes()).isEmpty();
    }

    /** I10. */
    @Test
    void aStreamThatIsCancelledStopsWithTheBatchUnderWay() throws Exception {
        try (Connection holder = lock()) {
            Disposable all = events.insertStream(
                            Flux.range(0, 100).map(i -> event("n" + i)),
                            BatchOptions.builder()
                                    .maxDocuments(2)
                                    .linger(LONG_LINGER)
                                    .build())
                    .subscribe();
            awaitTheOneThatWaits("");
            all.dispose();
            holder.rollback();
        }
        datastore.ping().block(SOON);
        assertThat(List.of("n0", "n1")).containsAll(nodes());
    }

    /** For every outcome, repeating the same call leaves each event stored once. */
    @Test
    void anIdempotentInsertWhoseAnswerIsLostMayBeRepeated() throws Exception {
        List<HealthEventDocument> keyed = List.of(keyed("a"), keyed("b"));
        try (TcpProxy proxy = proxy()) {
            Datastore remote = Databases.connect(through(proxy).maxConnections(1));
            try (Connection holder = lock()) {
                CompletableFuture<IdempotentResult> killed =
                        remote.healthEvents().insertManyIdempotent(keyed).toFuture();
                String session = awaitTheOneThatWaits("");
                DATABASE.queryForString("SELECT pg_terminate_backend(" + session + ")");
                fails(OutcomeUnknownException.class, killed);
                CompletableFuture<IdempotentResult> lost =
                        remote.healthEvents().insertManyIdempotent(keyed).toFuture();
                awaitTheOneThatWaits(session);
                proxy.blackHole();
                holder.rollback();
                Await.until("both stored", SOON, () -> nodes().size() == 2);
                proxy.cut();
                fails(OutcomeUnknownException.class, lost);
            }
            proxy.heal();
            assertThat(remote.healthEvents()
                            .insertManyIdempotent(keyed)
                            .block(SOON)
                            .duplicateCount())
                    .isEqualTo(2);
            remote.close().block(SOON);
        }
        assertThat(nodes()).hasSize(2);
    }

    /** I2, I9: what is no repeat is not taken for one, and stores nothing. */
    @Test
    void anIdempotentInsertFailsForOtherReasonsThanItsKeys() {
        for (String state : List.of("23502", "22P02")) {
            InvalidRequestException error = fails(
                    InvalidRequestException.class,
                    events.insertManyIdempotent(List.of(keyed("a"), event("raise " + state)))
                            .toFuture());
            assertThat(error.sqlState()).isEqualTo(state);
        }
        DATABASE.execute("CREATE UNIQUE INDEX one_per_node ON health_events (node_name)");
        try {
            ConflictException error = fails(
                    ConflictException.class,
                    events.insertManyIdempotent(List.of(keyed("a"), keyed("b"))).toFuture());
            assertThat(error.constraint()).isEqualTo("one_per_node");
        } finally {
            DATABASE.execute("DROP INDEX one_per_node");
        }
        assertThat(nodes()).isEmpty();
    }

    private TestSubscriber<BatchResult> insertStream(BatchOptions options, String... nodes) {
        TestSubscriber<BatchResult> results = TestSubscriber.create();
        events.insertStream(Flux.fromArray(nodes).map(InsertFailureTest::event), options)
                .subscribe(results);
        results.block(SOON);
        return results;
    }

    private static List<String> nodes() {
        return DATABASE.get().queryForStrings("SELECT node_name FROM health_events ORDER BY 1");
    }

    private static HealthEventDocument event(String node) {
        return event(node, "");
    }

    private static HealthEventDocument event(String node, String message) {
        return HealthEventDocument.of(
                Instant.EPOCH,
                HealthEvent.builder().nodeName(node).message(message).build());
    }

    private static HealthEventDocument keyed(String key) {
        return HealthEventDocument.of(
                Instant.EPOCH,
                HealthEvent.builder()
                        .nodeName("keyed")
                        .metadata(Map.of("idempotencyKey", key))
                        .build());
    }

    private static Connection lock() throws Exception {
        Connection connection = DATABASE.connect();
        connection.setAutoCommit(false);
        connection.createStatement().execute("LOCK TABLE health_events IN SHARE MODE");
        return connection;
    }

    /** The session that waits for the lock; another than the one given, which may not have ended yet. */
    private static String awaitTheOneThatWaits(String other) {
        return Await.until(
                        "a statement that waits",
                        SOON,
                        InsertFailureTest::waiting,
                        sessions -> sessions.stream().anyMatch(session -> !session.equals(other)))
                .stream()
                .filter(session -> !session.equals(other))
                .findFirst()
                .orElseThrow();
    }

    private static List<String> waiting() {
        return DATABASE.get()
                .queryForStrings("SELECT pid FROM pg_stat_activity"
                        + " WHERE datname = current_database() AND wait_event_type = 'Lock'");
    }

    private static DatastoreOptions.Builder through(TcpProxy proxy) {
        return Databases.options(DATABASE.get()).host(proxy.host()).port(proxy.port());
    }

    private static TcpProxy proxy() {
        return TcpProxy.to(DATABASE.get().host(), DATABASE.get().port());
    }

    private static <E extends Throwable> E fails(Class<E> type, CompletableFuture<?> insert) {
        return catchThrowableOfType(type, () -> Mono.fromFuture(insert).block(SOON));
    }
}

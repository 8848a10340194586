// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore;

import static io.nvsentinel.datastore.Databases.SOON;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.nvsentinel.datastore.error.ConflictException;
import io.nvsentinel.datastore.error.DatastoreException;
import io.nvsentinel.datastore.error.InvalidRequestException;
import io.nvsentinel.datastore.error.OutcomeUnknownException;
import io.nvsentinel.datastore.error.UnavailableException;
import io.nvsentinel.datastore.model.HealthEvent;
import io.nvsentinel.datastore.model.HealthEventDocument;
import io.nvsentinel.datastore.model.MaintenanceEvent;
import io.nvsentinel.datastore.model.Status;
import io.nvsentinel.datastore.query.Filter;
import io.nvsentinel.testserver.Await;
import io.nvsentinel.testserver.PostgresDatabase;
import io.nvsentinel.testserver.proxy.TcpProxy;
import io.r2dbc.spi.ConnectionFactory;
import java.sql.Connection;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/** The pool has one connection unless a test says otherwise, so a transaction that kept it would stop the next one. */
@Tag("essential")
class TransactionTest {

    @RegisterExtension
    static final PostgresDatabase DATABASE = PostgresDatabase.from(Databases.MIGRATED);

    private static final Logger LOG = LoggerFactory.getLogger(TransactionTest.class);

    private Datastore datastore;

    @BeforeEach
    void open() {
        DATABASE.execute("TRUNCATE health_events, maintenance_events");
        datastore = Databases.connect(options().maxConnections(1));
    }

    @AfterEach
    void close() {
        datastore.close().block(SOON);
    }

    @Test
    void whatItWritesIsSeenTogetherAfterTheCommit() {
        AtomicReference<String> seenByOthers = new AtomicReference<>();
        UUID id = datastore
                .inTransaction(session -> session.healthEvents()
                        .insert(event("a"))
                        .flatMap(inserted -> session.maintenanceEvents()
                                .insert(maintenance("m"))
                                .then(session.healthEvents().findById(inserted))
                                .map(StoredDocument::id))
                        .publishOn(Schedulers.boundedElastic())
                        .doOnNext(inserted -> seenByOthers.set(rows())))
                .block(SOON);

        assertThat(seenByOthers.get()).isEqualTo("0");
        assertThat(rows()).isEqualTo("2");
        assertThat(datastore.healthEvents().findById(id).block(SOON)).isNotNull();
    }

    @Test
    void anErrorOfTheFunctionRollsBackAndArrivesAsItIs() {
        IllegalStateException mine = new IllegalStateException("mine");
        Mono<Object> failing = datastore.inTransaction(
                session -> session.healthEvents().insert(event("a")).then(Mono.error(mine)));
        Mono<Object> throwing = datastore.inTransaction(session -> {
            throw mine;
        });

        assertThatThrownBy(() -> failing.block(SOON)).isSameAs(mine);
        assertThatThrownBy(() -> throwing.block(SOON)).isSameAs(mine);
        assertThat(rows()).isEqualTo("0");
        assertThat(datastore.healthEvents().count(Filter.all()).block(SOON)).isZero();
    }

    @Test
    void aFunctionThatSwallowsAFailureGetsItAtTheCommit() {
        Mono<String> swallowing = datastore.inTransaction(session -> session.maintenanceEvents()
                .insert(maintenance("twice"))
                .then(session.maintenanceEvents().insert(maintenance("twice")))
                .thenReturn("stored")
                .onErrorReturn("ignored"));

        ConflictException error = fails(ConflictException.class, swallowing);
        assertThat(error.sqlState()).isEqualTo("23505");
        assertThat(rows()).isEqualTo("0");
    }

    @Test
    void theSessionRefusesUseAfterTheEnd() {
        AtomicReference<DatastoreSession> kept = new AtomicReference<>();
        datastore
                .inTransaction(session -> Mono.fromRunnable(() -> kept.set(session)))
                .block(SOON);

        InvalidRequestException error =
                fails(InvalidRequestException.class, kept.get().healthEvents().insert(event("late")));
        assertThat(error.getMessage()).contains("health_events").contains("ended");
        assertThat(rows()).isEqualTo("0");
    }

    @Test
    void operationsAtTheSameTimeRunOneAfterAnother() {
        // More than the driver queues on one connection.
        int many = 1000;
        Long count = datastore
                .inTransaction(session -> Flux.range(0, many)
                        .flatMap(i -> session.healthEvents().insert(event("n" + i)), many)
                        .then(session.healthEvents().count(Filter.all())))
                .block(SOON);

        assertThat(count).isEqualTo(many);
        assertThat(rows()).isEqualTo("1000");
    }

    @Test
    void readOnlyRefusesWritesAndIsolationIsTheOneAskedFor() {
        TransactionOptions readOnly =
                TransactionOptions.builder().readOnly(true).build();
        DatastoreException refused = fails(
                DatastoreException.class,
                datastore.inTransaction(
                        readOnly, session -> session.healthEvents().insert(event("a"))));
        assertThat(refused.sqlState()).isEqualTo("25006");

        for (TransactionIsolation isolation : TransactionIsolation.values()) {
            Long seen = datastore
                    .inTransaction(
                            TransactionOptions.builder().isolation(isolation).build(),
                            session -> session.healthEvents()
                                    .count(Filter.all())
                                    .publishOn(Schedulers.boundedElastic())
                                    .doOnNext(
                                            count -> DATABASE.execute("INSERT INTO health_events (data) VALUES ('{}')"))
                                    .flatMap(before -> session.healthEvents()
                                            .count(Filter.all())
                                            .map(after -> after - before)))
                    .block(SOON);
            assertThat(seen).as(isolation.name()).isEqualTo(isolation == TransactionIsolation.READ_COMMITTED ? 1 : 0);
        }
        // None of it remains on the connection.
        assertThat(datastore.healthEvents().insert(event("a")).block(SOON)).isNotNull();
    }

    @Test
    void theStatementTimeoutHoldsForTheTransactionOnly() throws Exception {
        TransactionOptions brief = TransactionOptions.builder()
                .statementTimeout(Duration.ofMillis(100))
                .build();
        try (Connection holder = lock("health_events")) {
            UnavailableException error = fails(
                    UnavailableException.class,
                    datastore.inTransaction(
                            brief, session -> session.healthEvents().insert(event("a"))));
            assertThat(error.sqlState()).isEqualTo("57014");
            CompletableFuture<UUID> patient =
                    datastore.healthEvents().insert(event("b")).toFuture();
            Await.until("a statement that waits", SOON, () -> waiting() == 1);
            Mono.delay(Duration.ofMillis(300)).block(SOON);
            assertThat(patient).isNotDone();
            holder.rollback();
            assertThat(patient.join()).isNotNull();
        }
    }

    @Test
    void aSerializationFailureRunsItAgain() {
        UUID id = datastore.healthEvents().insert(event("a")).block(SOON);
        AtomicInteger runs = new AtomicInteger();
        TransactionOptions options = TransactionOptions.builder()
                .isolation(TransactionIsolation.REPEATABLE_READ)
                .minBackoff(Duration.ofMillis(1))
                .build();

        datastore
                .inTransaction(
                        options,
                        session -> session.healthEvents()
                                .findById(id)
                                .publishOn(Schedulers.boundedElastic())
                                .doOnNext(found -> {
                                    if (runs.incrementAndGet() <= 2) {
                                        DATABASE.execute(
                                                "UPDATE health_events SET data = data || '{\"touched\": true}'");
                                    }
                                })
                                .then(session.healthEvents().updateNodeQuarantineStatus(id, Status.QUARANTINED)))
                .block(SOON);

        assertThat(runs).hasValue(3);
        assertThat(DATABASE.queryForString("SELECT node_quarantined FROM health_events"))
                .isEqualTo(Status.QUARANTINED.value());
    }

    @Test
    void attemptsAreBoundedAndCounted() {
        UUID id = datastore.healthEvents().insert(event("a")).block(SOON);
        TransactionOptions options = TransactionOptions.builder()
                .isolation(TransactionIsolation.SERIALIZABLE)
                .maxAttempts(3)
                .minBackoff(Duration.ofMillis(1))
                .build();
        AtomicInteger runs = new AtomicInteger();

        Mono<Void> never = datastore.inTransaction(
                options,
                session -> session.healthEvents()
                        .findById(id)
                        .publishOn(Schedulers.boundedElastic())
                        .doOnNext(found -> {
                            runs.incrementAndGet();
                            DATABASE.execute("UPDATE health_events SET data = data || '{\"touched\": true}'");
                        })
                        .then(session.healthEvents().updateNodeQuarantineStatus(id, Status.QUARANTINED)));

        ConflictException error = fails(ConflictException.class, never);
        assertThat(error.sqlState()).isEqualTo("40001");
        assertThat(error.isRetryable()).isTrue();
        assertThat(error.attempt()).isEqualTo(3);
        assertThat(runs).hasValue(3);
    }

    @Test
    void aDeadlockIsRunAgainUntilBothHaveDoneIt() {
        Datastore two = Databases.connect(options().maxConnections(2));
        UUID first = two.healthEvents().insert(event("first")).block(SOON);
        UUID second = two.healthEvents().insert(event("second")).block(SOON);
        CyclicBarrier bothHoldOne = new CyclicBarrier(2);
        AtomicInteger runs = new AtomicInteger();
        try {
            Mono.when(crossing(two, first, second, bothHoldOne, runs), crossing(two, second, first, bothHoldOne, runs))
                    .block(SOON);
        } finally {
            two.close().block(SOON);
        }
        assertThat(runs.get()).isEqualTo(3);
        assertThat(DATABASE.queryForString("SELECT count(*) FROM health_events WHERE node_quarantined = 'Quarantined'"))
                .isEqualTo("2");
    }

    private static Mono<Void> crossing(
            Datastore datastore, UUID one, UUID other, CyclicBarrier bothHoldOne, AtomicInteger runs) {
        return datastore.inTransaction(session -> session.healthEvents()
                .updateNodeQuarantineStatus(one, Status.QUARANTINED)
                .publishOn(Schedulers.boundedElastic())
                .then(Mono.fromRunnable(() -> {
                    if (runs.incrementAndGet() <= 2) {
                        meet(bothHoldOne);
                    }
                }))
                .then(session.healthEvents().updateNodeQuarantineStatus(other, Status.QUARANTINED)));
    }

    private static void meet(CyclicBarrier barrier) {
        try {
            barrier.await(SOON.toSeconds(), TimeUnit.SECONDS);
        } catch (Exception e) {
            throw new IllegalStateException("The other transaction did not come", e);
        }
    }

    @Test
    void otherErrorsAreNotRunAgain() {
        AtomicInteger runs = new AtomicInteger();
        Mono<UUID> conflicting = datastore.inTransaction(session -> {
            runs.incrementAndGet();
            return session.maintenanceEvents()
                    .insert(maintenance("twice"))
                    .then(session.maintenanceEvents().insert(maintenance("twice")));
        });

        assertThat(fails(ConflictException.class, conflicting).sqlState()).isEqualTo("23505");
        assertThat(runs).hasValue(1);
    }

    @Test
    void losingTheConnectionBeforeTheCommitMeansNothingWasWritten() throws Exception {
        try (TcpProxy proxy = proxy();
                Connection holder = lock("maintenance_events")) {
            Datastore through = Databases.connect(
                    options().host(proxy.host()).port(proxy.port()).maxConnections(1));
            CompletableFuture<UUID> insert = through.inTransaction(session -> session.healthEvents()
                            .insert(event("a"))
                            .then(session.maintenanceEvents().insert(maintenance("m"))))
                    .toFuture();
            Await.until("a statement that waits", SOON, () -> waiting() == 1);
            proxy.cut();

            UnavailableException error = fails(UnavailableException.class, Mono.fromFuture(insert));
            assertThat(error.isOutcomeUnknown()).isFalse();
            holder.rollback();
            Await.until("no statement that waits", SOON, () -> waiting() == 0);
            assertThat(rows()).isEqualTo("0");
            assertThat(through.healthEvents().insert(event("b")).block(SOON)).isNotNull();
            through.close().block(SOON);
        }
    }

    @Test
    void losingTheConnectionAtTheCommitIsAnUnknownOutcome() throws Exception {
        // The capture trigger runs at the commit, and waits here for the changelog.
        try (TcpProxy proxy = proxy();
                Connection holder = lock("datastore_changelog")) {
            Datastore through = Databases.connect(
                    options().host(proxy.host()).port(proxy.port()).maxConnections(1));
            AtomicInteger runs = new AtomicInteger();
            CompletableFuture<UUID> insert = through.inTransaction(session -> {
                        runs.incrementAndGet();
                        return session.healthEvents().insert(event("a"));
                    })
                    .toFuture();
            Await.until("a commit that waits", SOON, () -> waiting() == 1);
            proxy.cut();

            OutcomeUnknownException error = fails(OutcomeUnknownException.class, Mono.fromFuture(insert));
            assertThat(error.isRetryable()).isFalse();
            assertThat(runs).hasValue(1);
            holder.rollback();
            // It was committed all the same.
            Await.until("the row", SOON, () -> rows().equals("1"));
            assertThat(through.ping().thenReturn(true).block(SOON)).isTrue();
            through.close().block(SOON);
        }
    }

    @Test
    void aTransactionThatCannotBeRolledBackCostsItsConnection() throws Exception {
        try (TcpProxy proxy = proxy()) {
            Datastore through = Databases.connect(options()
                    .host(proxy.host())
                    .port(proxy.port())
                    .maxConnections(1)
                    .acquireTimeout(SOON)
                    .connectTimeout(SOON));
            AtomicBoolean dark = new AtomicBoolean();
            Disposable never = through.inTransaction(session -> session.healthEvents()
                            .insert(event("a"))
                            .doOnNext(id -> {
                                proxy.blackHole();
                                dark.set(true);
                            })
                            .then(Mono.never()))
                    .subscribe();
            Await.until("a transaction in the dark", SOON, dark::get);
            never.dispose();
            CompletableFuture<Long> next =
                    through.healthEvents().count(Filter.all()).toFuture();
            // The statement of the transaction, the statement that ends it, and now the statement of the next caller.
            Await.until("a new connection", SOON, () -> proxy.connections().size() == 3);
            proxy.heal();
            assertThat(next.join()).isZero();
            Await.until("one connection", SOON, () -> proxy.connections().size() == 1);
            through.close().block(SOON);
        }
    }

    @Test
    void cancellingStopsTheStatementAndRollsBack() throws Exception {
        try (Connection holder = lock("maintenance_events")) {
            Disposable transaction = datastore
                    .inTransaction(session -> session.healthEvents()
                            .insert(event("a"))
                            .then(session.maintenanceEvents().insert(maintenance("m"))))
                    .subscribe();
            Await.until("a statement that waits", SOON, () -> waiting() == 1);
            transaction.dispose();

            // The lock is still held, the connection is free again, and what was written before is gone.
            assertThat(datastore.healthEvents().count(Filter.all()).block(SOON)).isZero();
            holder.rollback();
        }
        assertThat(rows()).isEqualTo("0");
    }

    @Test
    void cancellingAtAnyMomentLeavesNothingOpen() {
        long seed = System.nanoTime();
        LOG.info("seed {}", seed);
        Random random = new Random(seed);
        Datastore two = Databases.connect(options().maxConnections(2));
        try {
            Flux.range(0, 300)
                    .flatMap(
                            i -> two.inTransaction(session -> session.healthEvents()
                                            .insert(event("a"))
                                            .then(session.maintenanceEvents().insert(maintenance("m" + i))))
                                    .timeout(Duration.ofNanos(random.nextInt(30_000_000)))
                                    .onErrorComplete(),
                            8)
                    .then()
                    .block(SOON);
            // Both inserts or neither; no session remains in a transaction.
            two.ping().block(SOON);
            Await.until("no open transaction", SOON, () -> openTransactions() == 0);
            assertThat(DATABASE.queryForString("SELECT (SELECT count(*) FROM health_events)"
                            + " - (SELECT count(*) FROM maintenance_events)"))
                    .isEqualTo("0");
            Mono.when(IntStream.range(0, 20)
                            .mapToObj(i -> two.inTransaction(
                                    session -> session.healthEvents().insert(event("b"))))
                            .toList())
                    .block(SOON);
        } finally {
            two.close().block(SOON);
        }
    }

    @Test
    void joinsTheTransactionOfACallersConnection() {
        ConnectionFactory factory =
                Databases.driver(DATABASE.get(), DATABASE.get().port());
        for (boolean commit : List.of(false, true)) {
            Mono.usingWhen(
                            factory.create(),
                            connection -> Mono.from(connection.beginTransaction())
                                    .then(datastore
                                            .using(connection)
                                            .healthEvents()
                                            .insert(event("joined")))
                                    .then(datastore
                                            .using(connection)
                                            .healthEvents()
                                            .count(Filter.all()))
                                    .doOnNext(count -> assertThat(count).isEqualTo(1))
                                    .then(Mono.from(
                                            commit
                                                    ? connection.commitTransaction()
                                                    : connection.rollbackTransaction())),
                            io.r2dbc.spi.Connection::close)
                    .block(SOON);
            assertThat(rows()).isEqualTo(commit ? "1" : "0");
        }
    }

    @Test
    void optionsRefuseWhatMakesNoSense() {
        InvalidRequestException error = catchThrowableOfType(
                InvalidRequestException.class,
                () -> TransactionOptions.builder()
                        .maxAttempts(0)
                        .minBackoff(Duration.ofSeconds(2))
                        .maxBackoff(Duration.ofSeconds(1))
                        .statementTimeout(Duration.ZERO)
                        .build());
        assertThat(error.getMessage()).contains("maxAttempts", "maxBackoff", "statementTimeout");
    }

    private static TcpProxy proxy() {
        return TcpProxy.to(DATABASE.get().host(), DATABASE.get().port());
    }

    private static Connection lock(String table) throws Exception {
        Connection connection = DATABASE.connect();
        connection.setAutoCommit(false);
        connection.createStatement().execute("LOCK TABLE " + table + " IN ACCESS EXCLUSIVE MODE");
        return connection;
    }

    private static int waiting() {
        return sessions("wait_event_type = 'Lock'");
    }

    private static int openTransactions() {
        return sessions("state LIKE 'idle in transaction%'");
    }

    private static int sessions(String which) {
        return Integer.parseInt(DATABASE.queryForString(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND " + which));
    }

    private static DatastoreOptions.Builder options() {
        return Databases.options(DATABASE.get());
    }

    private static String rows() {
        return DATABASE.queryForString(
                "SELECT (SELECT count(*) FROM health_events) + (SELECT count(*) FROM maintenance_events)");
    }

    private static HealthEventDocument event(String node) {
        return HealthEventDocument.of(
                Instant.EPOCH, HealthEvent.builder().nodeName(node).build());
    }

    private static MaintenanceEvent maintenance(String id) {
        return MaintenanceEvent.builder().eventId(id).build();
    }

    private static <E extends Throwable> E fails(Class<E> type, Mono<?> action) {
        return catchThrowableOfType(type, () -> action.block(SOON));
    }
}

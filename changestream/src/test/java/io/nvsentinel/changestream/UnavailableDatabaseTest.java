// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream;

import static org.assertj.core.api.Assertions.assertThat;

import io.nvsentinel.changestream.processing.CountedException;
import io.nvsentinel.changestream.processing.GroupOptions;
import io.nvsentinel.changestream.processing.OnFailure;
import io.nvsentinel.changestream.processing.ProcessingStoppedException;
import io.nvsentinel.changestream.processing.ProcessorOptions;
import io.nvsentinel.datastore.Datastore;
import io.nvsentinel.datastore.DatastoreListener;
import io.nvsentinel.datastore.DatastoreSession;
import io.nvsentinel.datastore.error.UnavailableException;
import io.nvsentinel.datastore.model.HealthEventDocument;
import io.nvsentinel.datastore.model.MaintenanceEvent;
import io.nvsentinel.testserver.Await;
import io.nvsentinel.testserver.PostgresDatabase;
import io.nvsentinel.testserver.proxy.TcpProxy;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/**
 * A processor whose database is unavailable for a while: that does not count as a failure of the changes that are being
 * handled.
 */
class UnavailableDatabaseTest {

    @RegisterExtension
    static final PostgresDatabase DATABASE = PostgresDatabase.from(Databases.MIGRATED);

    private static final Duration SOON = Duration.ofSeconds(60);
    private static final String CLIENT = "effect";
    private static final String EFFECTS = "SELECT count(*) FROM maintenance_events";
    private static final String DISTINCT = "SELECT count(DISTINCT cluster_name) FROM maintenance_events";

    private final AtomicReference<Throwable> failure = new AtomicReference<>();
    private final CountDownLatch ended = new CountDownLatch(1);
    private final AtomicInteger failures = new AtomicInteger();
    private final List<String> heard = new CopyOnWriteArrayList<>();
    private TcpProxy proxy;
    private Datastore datastore;
    private ChangeStreams streams;

    @BeforeEach
    void open() {
        DATABASE.execute("DELETE FROM resume_tokens; DELETE FROM handled_changes; DELETE FROM dead_letters;"
                + " DELETE FROM maintenance_events; DELETE FROM group_members");
        proxy = TcpProxy.to(DATABASE.get().host(), DATABASE.get().port());
        datastore = Datastore.connect(
                        Databases.options(DATABASE.get())
                                .host(proxy.host())
                                .port(proxy.port())
                                .connectTimeout(Duration.ofSeconds(1))
                                .build(),
                        new Failures())
                .block(SOON);
        streams = streams(Duration.ZERO);
    }

    private ChangeStreams streams(Duration maxOutage) {
        return ChangeStreams.of(
                datastore,
                ChangeStreamOptions.builder()
                        .maxOutage(maxOutage)
                        .listener(new ChangeStreamListener() {
                            @Override
                            public void onHandlerFailed(
                                    String client, ChangeEvent<?> change, int attempt, Throwable error) {
                                heard.add("failed " + attempt);
                            }
                        })
                        .build());
    }

    @AfterEach
    void close() {
        proxy.heal();
        streams.close().block(SOON);
        datastore.close().block(SOON);
        proxy.close();
    }

    @ParameterizedTest
    @EnumSource(OnFailure.class)
    void transactionsWaitAndCountNoAttempt(OnFailure policy) throws Exception {
        startInTransaction(processing(policy).concurrency(2), outageAtCall(3));
        insert(0, 20);
        awaitFailedTransactions();
        proxy.heal();
        awaitAllHandledOnce(20);
    }

    /** The call writes after the database has disappeared, later calls cannot even start. */
    private InTransaction outageAtCall(int wanted) {
        AtomicInteger calls = new AtomicInteger();
        return (change, session) ->
                outageIf(calls.incrementAndGet() == wanted).then(Mono.defer(() -> effect(change, session)));
    }

    @ParameterizedTest
    @EnumSource(OnFailure.class)
    void errorsOfTheDatastoreThatAHandlerPassesOnCountNoAttempt(OnFailure policy) throws Exception {
        AtomicInteger calls = new AtomicInteger();
        start(
                processing(policy),
                change -> calls.incrementAndGet() < 4
                        ? Mono.error(new IllegalStateException("wrapped", new UnavailableException("away", null, null)))
                        : plainEffect(change));
        insert(0, 3);
        awaitAllHandledOnce(3);
    }

    @Test
    void aHandlerCanSayThatAnErrorOfTheDatastoreCounts() throws Exception {
        start(
                processing(OnFailure.DEAD_LETTER),
                change -> Mono.error(CountedException.of(new UnavailableException("away", null, null))));
        insert(0, 1);
        Await.until("a dead letter", SOON, () -> letters() == 1);
        assertThat(heard).containsExactly("failed 1", "failed 2");
    }

    @Test
    void aTimeoutOfAHandlerThatWaitsForTheDatabaseCountsNoAttempt() throws Exception {
        AtomicInteger calls = new AtomicInteger();
        start(
                processing(OnFailure.DEAD_LETTER).handlerTimeout(Duration.ofSeconds(2)),
                change -> Mono.defer(() -> {
                    int call = calls.incrementAndGet();
                    return call > 3 ? plainEffect(change) : outageIf(call == 1).then(Mono.never());
                }));
        insert(0, 2);
        Await.until("more calls than attempts", SOON, () -> calls.get() > 3);
        proxy.heal();
        awaitAllHandledOnce(2);
    }

    @Test
    void aDeadLetterThatCannotBeWrittenWaits() throws Exception {
        AtomicInteger calls = new AtomicInteger();
        start(
                processing(OnFailure.DEAD_LETTER),
                change -> outageIf(calls.incrementAndGet() == 2).then(Mono.error(new IllegalStateException("broken"))));
        insert(0, 1);
        Await.until("a dead letter was tried", SOON, () -> failures("Store a dead letter") > 3);
        proxy.heal();
        Await.until("a dead letter", SOON, () -> letters() == 1);
        assertThat(ended.getCount()).isEqualTo(1);
        assertThat(heard).containsExactly("failed 1", "failed 2");
    }

    @ParameterizedTest
    @EnumSource(OnFailure.class)
    void replaysWait(OnFailure policy) throws Exception {
        AtomicInteger calls = new AtomicInteger();
        startInTransaction(
                processing(OnFailure.DEAD_LETTER),
                (change, session) -> Mono.defer(() -> {
                    int call = calls.incrementAndGet();
                    if (call <= 2) {
                        return Mono.error(new IllegalStateException("broken"));
                    }
                    return outageIf(call == 3).then(Mono.defer(() -> effect(change, session)));
                }));
        insert(0, 1);
        Await.until("a dead letter", SOON, () -> letters() == 1);
        streams.deadLetters().replayAll(CLIENT).block(SOON);
        awaitFailedTransactions();
        assertThat(DATABASE.queryForString("SELECT attempts FROM dead_letters")).isEqualTo("2");
        proxy.heal();
        Await.until("it is replayed", SOON, () -> letters() == 0);
        assertThat(count(EFFECTS)).isEqualTo(1);
        assertThat(ended.getCount()).isEqualTo(1);
    }

    @Test
    void aGroupWaits() throws Exception {
        startInTransaction(
                processing(OnFailure.SKIP).group(GroupOptions.builder(2).build()), outageAtCall(3));
        insert(0, 20);
        awaitFailedTransactions();
        proxy.heal();
        Await.until("every effect", SOON, () -> count(DISTINCT) == 20);
        assertThat(count(EFFECTS)).isEqualTo(20);
        assertThat(heard).isEmpty();
        assertThat(ended.getCount()).isEqualTo(1);
    }

    @ParameterizedTest
    @EnumSource(OnFailure.class)
    void waitingEndsAsGiveUpAfterSaysAndTheChangeComesAgain(OnFailure policy) throws Exception {
        streams.close().block(SOON);
        streams = streams(Duration.ofMillis(500));
        startInTransaction(processing(policy));
        insert(0, 1);
        Await.until("the effect", SOON, () -> count(EFFECTS) == 1);
        outage();
        insert(1, 2);
        assertThat(ended.await(60, TimeUnit.SECONDS)).isTrue();
        assertThat(failure.get())
                .satisfiesAnyOf(
                        error -> assertThat(error).isInstanceOf(ProcessingStoppedException.class),
                        error -> assertThat(error).isInstanceOf(UnavailableException.class));
        assertThat(letters()).isZero();
        assertThat(count(EFFECTS)).isEqualTo(1);
    }

    @ParameterizedTest
    @EnumSource(OnFailure.class)
    void whatTheLibraryMayNotDoStopsWhateverThePolicy(OnFailure policy) throws Exception {
        startInTransaction(processing(policy));
        insert(0, 1);
        Await.until("the effect", SOON, () -> count(EFFECTS) == 1);
        DATABASE.execute("ALTER TABLE handled_changes RENAME TO moved_changes");
        try {
            insert(1, 2);
            assertThat(ended.await(60, TimeUnit.SECONDS)).isTrue();
        } finally {
            DATABASE.execute("ALTER TABLE moved_changes RENAME TO handled_changes");
        }
        assertThat(failure.get()).isInstanceOf(ProcessingStoppedException.class);
        assertThat(letters()).isZero();
        assertThat(heard).isEmpty();
    }

    /** On a thread that may wait, as the proxy does. */
    private Mono<Void> outageIf(boolean wanted) {
        return wanted ? Mono.<Void>fromRunnable(this::outage).subscribeOn(Schedulers.boundedElastic()) : Mono.empty();
    }

    private void outage() {
        failures.set(0);
        proxy.refuse();
        proxy.cut();
    }

    /** More than would be attempted. */
    private void awaitFailedTransactions() {
        Await.until("several transactions failed", SOON, () -> failures.get() > 3);
    }

    private void awaitAllHandledOnce(int changes) {
        Await.until("every effect", SOON, () -> count(DISTINCT) == changes);
        assertThat(count(EFFECTS)).isEqualTo(changes);
        assertThat(letters()).isZero();
        assertThat(heard).isEmpty();
        assertThat(ended.getCount()).isEqualTo(1);
    }

    private static ProcessorOptions.Builder processing(OnFailure policy) {
        return ProcessorOptions.builder()
                .onFailure(policy)
                .maxAttempts(2)
                .minBackoff(Duration.ofMillis(1))
                .maxBackoff(Duration.ofMillis(2));
    }

    private interface InTransaction {
        Mono<Void> apply(ChangeEvent<HealthEventDocument> change, DatastoreSession session);
    }

    private interface Plain {
        Mono<Void> apply(ChangeEvent<HealthEventDocument> change);
    }

    private void startInTransaction(ProcessorOptions.Builder options) throws InterruptedException {
        startInTransaction(options, UnavailableDatabaseTest::effect);
    }

    private void startInTransaction(ProcessorOptions.Builder options, InTransaction handler)
            throws InterruptedException {
        CountDownLatch subscribed = new CountDownLatch(1);
        run(
                streams.processInTransaction(
                        datastore.healthEvents(), watch(subscribed), options.build(), handler::apply),
                subscribed);
    }

    private void start(ProcessorOptions.Builder options, Plain handler) throws InterruptedException {
        CountDownLatch subscribed = new CountDownLatch(1);
        run(streams.process(datastore.healthEvents(), watch(subscribed), options.build(), handler::apply), subscribed);
    }

    private void run(Mono<Void> processor, CountDownLatch subscribed) throws InterruptedException {
        processor
                .doOnError(failure::set)
                .onErrorComplete()
                .doOnTerminate(ended::countDown)
                .subscribe();
        assertThat(subscribed.await(30, TimeUnit.SECONDS)).isTrue();
    }

    private static WatchOptions watch(CountDownLatch subscribed) {
        return WatchOptions.builder()
                .clientName(CLIENT)
                .onSubscribed(token -> subscribed.countDown())
                .build();
    }

    private static Mono<Void> effect(ChangeEvent<HealthEventDocument> change, DatastoreSession session) {
        return session.maintenanceEvents().insert(event(change)).then();
    }

    private Mono<Void> plainEffect(ChangeEvent<HealthEventDocument> change) {
        return datastore.maintenanceEvents().insert(event(change)).then();
    }

    private static MaintenanceEvent event(ChangeEvent<HealthEventDocument> change) {
        return MaintenanceEvent.builder()
                .eventId("effect " + UUID.randomUUID())
                .clusterName(Handlers.name(change))
                .build();
    }

    /** All at once, so that all are read together. */
    private static void insert(int from, int to) {
        DATABASE.execute("INSERT INTO health_events (data) SELECT jsonb_build_object('healthevent',"
                + " jsonb_build_object('nodeName', 'n' || i % 3, 'checkName', 'change ' || i))"
                + " FROM generate_series(" + from + ", " + (to - 1) + ") AS i");
    }

    private static long letters() {
        return count("SELECT count(*) FROM dead_letters");
    }

    private static long count(String sql) {
        return Long.parseLong(DATABASE.queryForString(sql));
    }

    private long failures(String action) {
        return actions.stream().filter(action::equals).count();
    }

    private final List<String> actions = new CopyOnWriteArrayList<>();

    private final class Failures implements DatastoreListener {

        @Override
        public void onOperation(Operation operation) {
            if (operation.outcome() == Outcome.FAILED) {
                actions.add(operation.action());
                failures.addAndGet(operation.kind() == Kind.TRANSACTION ? 1 : 0);
            }
        }
    }
}

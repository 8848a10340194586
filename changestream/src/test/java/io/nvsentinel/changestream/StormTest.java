// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream;

import static org.assertj.core.api.Assertions.assertThat;

import io.nvsentinel.changestream.StormOracle.Change;
import io.nvsentinel.datastore.Datastore;
import io.nvsentinel.datastore.DatastoreException;
import io.nvsentinel.testserver.Await;
import io.nvsentinel.testserver.PostgresDatabase;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.Disposable;
import reactor.util.retry.Retry;

/** The contract under everything at once. {@code -Dstorm.seed} repeats what was done, {@code -Dstorm.seconds} prolongs. */
class StormTest {

    @RegisterExtension
    static final PostgresDatabase DATABASE = PostgresDatabase.from(Databases.MIGRATED);

    private static final Logger LOG = LoggerFactory.getLogger(StormTest.class);
    private static final long SEED = Long.getLong("storm.seed", System.nanoTime() % 1_000_000);
    private static final Duration LENGTH = Duration.ofSeconds(Long.getLong("storm.seconds", 15));
    private static final Duration CALM = Duration.ofSeconds(60);

    private final ExecutorService threads = Executors.newFixedThreadPool(2);
    private Datastore datastore;
    private volatile boolean over;
    private volatile long lastId = Long.MAX_VALUE;

    @BeforeEach
    void open() {
        datastore = Datastore.connect(Databases.options(DATABASE.get())
                        .applicationName("storm-reader")
                        .build())
                .block();
    }

    @AfterEach
    void close() throws InterruptedException {
        over = true;
        lastId = 0;
        threads.shutdown();
        threads.awaitTermination(60, TimeUnit.SECONDS);
        datastore.close().block(CALM);
    }

    @Test
    void everyConsumerReceivesExactlyWhatWasCommittedInOneOrder() throws Exception {
        LOG.info("storm.seed={} storm.seconds={}", SEED, LENGTH.toSeconds());
        ChangeStreams listening = ChangeStreams.of(datastore);
        ChangeStreams polling = ChangeStreams.of(
                datastore,
                ChangeStreamOptions.builder()
                        .listen(false)
                        .pollInterval(Duration.ofMillis(50))
                        .pageRows(7)
                        .build());
        AtomicReference<Throwable> failure = new AtomicReference<>();
        List<Change> heard = consume(listening, failure);
        List<Change> polled = consume(polling, failure);
        Future<List<Run>> restarted = threads.submit(this::restartAgainAndAgain);
        Future<List<Change>> plain = threads.submit(this::plainCursor);

        storm();
        over = true;
        StormOracle oracle = new StormOracle(DATABASE.get());
        lastId = oracle.lastId();
        waitFor(oracle, heard, failure);
        waitFor(oracle, polled, failure);
        listening.close().block(CALM);
        polling.close().block(CALM);

        assertThat(failure.get()).isNull();
        assertThat(oracle.size()).isGreaterThan(100);
        assertThat(oracle.problemsOfRecords(oracle.after(0)))
                .as("the changelog itself")
                .isEmpty();
        assertThat(oracle.problems(0, heard)).as("listening, seed %d", SEED).isEmpty();
        assertThat(oracle.problems(0, polled)).as("polling, seed %d", SEED).isEmpty();
        check(oracle, restarted.get(60, TimeUnit.SECONDS));
        checkPower(oracle, plain.get(60, TimeUnit.SECONDS));
    }

    private void storm() throws Exception {
        try (StormWriters writers = new StormWriters(DATABASE.get(), SEED, LENGTH);
                Connection stranger = DATABASE.connect();
                Statement statement = stranger.createStatement()) {
            stranger.setAutoCommit(false);
            statement.execute("SELECT pg_current_xact_id()");
            writers.start();
            writers.finish();
            assertThat(writers.commits()).isPositive();
            stranger.rollback();
        }
    }

    private List<Change> consume(ChangeStreams streams, AtomicReference<Throwable> failure) {
        List<Change> received = new CopyOnWriteArrayList<>();
        WatchOptions fromTheBeginning =
                WatchOptions.builder().startAt(StartAt.beginning()).build();
        streams.watch(datastore.healthEvents(), fromTheBeginning)
                .map(Change::of)
                .subscribe(received::add, failure::set);
        return received;
    }

    private static void waitFor(StormOracle oracle, List<Change> received, AtomicReference<Throwable> failure) {
        Await.until(
                "all " + oracle.size() + " changes",
                CALM,
                () -> failure.get() != null
                        || (!received.isEmpty()
                                && received.get(received.size() - 1).id() >= oracle.lastId()));
    }

    /** One time that a named client was open: where it started, what it got, what it acknowledged. */
    private record Run(AtomicReference<ResumeToken> start, List<Change> received, Set<Long> acknowledged) {

        Run() {
            this(new AtomicReference<>(), new CopyOnWriteArrayList<>(), ConcurrentHashMap.newKeySet());
        }

        boolean reached(long id) {
            return received.stream().anyMatch(change -> change.id() >= id)
                    || (start.get() != null && start.get().position().id() >= id);
        }
    }

    private List<Run> restartAgainAndAgain() {
        Random random = new Random(SEED);
        List<Run> runs = new ArrayList<>();
        boolean done = false;
        while (!done) {
            Run run = new Run();
            runs.add(run);
            int enough = 1 + random.nextInt(over ? 1000 : 60);
            ChangeStreams streams = ChangeStreams.of(datastore);
            Disposable watch = openNamed(streams, run, new Random(random.nextLong()));
            Await.until(
                    "enough changes, or the last one",
                    LENGTH.plus(CALM),
                    () -> run.received().size() >= enough || (over && run.reached(lastId)));
            done = over && run.reached(lastId);
            if (random.nextBoolean()) {
                watch.dispose();
            }
            streams.close().block(CALM);
        }
        LOG.info("The named client was opened {} times", runs.size());
        return runs;
    }

    private Disposable openNamed(ChangeStreams streams, Run run, Random random) {
        WatchOptions named = WatchOptions.builder()
                .clientName("storm")
                .startAt(StartAt.beginning())
                .onSubscribed(run.start()::set)
                .build();
        return streams.watch(datastore.healthEvents(), named)
                // Opening is not retried by the stream itself, and the storm kills that connection too.
                .retryWhen(Retry.fixedDelay(100, Duration.ofMillis(20))
                        .filter(error -> run.start().get() == null
                                && error instanceof DatastoreException failure
                                && (failure.isRetryable() || failure.isOutcomeUnknown())))
                .doOnNext(event -> run.received().add(Change.of(event)))
                .filter(event -> random.nextInt(100) > 0)
                .subscribe(event -> {
                    run.acknowledged().add(event.resumeToken().position().id());
                    event.acknowledge();
                });
    }

    private static void check(StormOracle oracle, List<Run> runs) {
        Set<Long> acknowledged = ConcurrentHashMap.newKeySet();
        for (int i = 0; i < runs.size(); i++) {
            Run run = runs.get(i);
            long start = run.start().get().position().id();
            assertThat(acknowledged)
                    .as("what was acknowledged before run %d, which starts at %d; seed %d", i, start, SEED)
                    .containsAll(oracle.idsUpTo(start));
            assertThat(oracle.problemsOfBeginning(start, run.received()))
                    .as("run %d of the named client from %d, seed %d", i, start, SEED)
                    .isEmpty();
            acknowledged.addAll(run.acknowledged());
        }
        assertThat(runs.size()).as("times that the named client was open").isGreaterThan(1);
        assertThat(runs.get(runs.size() - 1).reached(oracle.lastId())).isTrue();
    }

    /** The well-known bug: remembers the highest id and asks for what is above it. */
    private List<Change> plainCursor() throws SQLException {
        List<Change> received = new ArrayList<>();
        try (Connection connection = DATABASE.connect();
                PreparedStatement query = connection.prepareStatement("SELECT id, record_id::text, operation,"
                        + " coalesce(new_values, old_values)->>'version' FROM datastore_changelog WHERE id > ?"
                        + " ORDER BY id")) {
            long last = 0;
            while (last < lastId) {
                query.setLong(1, last);
                try (ResultSet rows = query.executeQuery()) {
                    while (rows.next()) {
                        last = rows.getLong(1);
                        received.add(new Change(last, rows.getString(2), rows.getString(3), rows.getString(4)));
                    }
                }
            }
        }
        return received;
    }

    /** A storm in which a wrong reader loses changes must be one in which the oracle says so. */
    private static void checkPower(StormOracle oracle, List<Change> plain) {
        List<String> problems = oracle.problems(0, plain);
        if (plain.size() == oracle.size()) {
            LOG.warn("By chance the plain cursor lost nothing in this storm, so it shows less; seed {}", SEED);
        } else {
            LOG.info("The plain cursor is caught: {}", problems);
            assertThat(problems).isNotEmpty();
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream.storm;

import static org.assertj.core.api.Assertions.assertThat;

import io.nvsentinel.changestream.Databases;
import io.nvsentinel.changestream.storm.GapReader.Proof;
import io.nvsentinel.changestream.storm.WrongReader.Cursor;
import io.nvsentinel.testserver.Await;
import io.nvsentinel.testserver.PostgresServer;
import io.nvsentinel.testserver.TestDatabase;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Checks that the storm and its oracle detect errors: readers with the known mistakes are caught, and a correct reader
 * is not. {@code -Dstorm.runs} repeats the storm with other seeds, for mistakes that are rarely caught.
 */
@Tag("slow")
class StormPowerTest {

    private static final Logger LOG = LoggerFactory.getLogger(StormPowerTest.class);
    private static final Duration CALM = Duration.ofSeconds(90);
    private static final int RUNS = Integer.getInteger("storm.runs", 1);
    private static final String HASTY = "ACKNOWLEDGED_BEFORE_HANDLED";

    private final Storm first = Storm.fromProperties(Duration.ofSeconds(6));
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private TestDatabase database;

    @BeforeEach
    void create() {
        database = fresh();
    }

    @AfterEach
    void drop() {
        threads.shutdownNow();
        database.drop();
    }

    private static TestDatabase fresh() {
        TestDatabase created = PostgresServer.shared().createDatabase(Databases.MIGRATED);
        StormModel.install(created);
        return created;
    }

    @Test
    @Timeout(value = 6, unit = TimeUnit.HOURS)
    void theStormCatchesWrongReadersAndNotTheRightOne() throws Exception {
        Map<String, List<Long>> caught = new LinkedHashMap<>();
        for (int run = 0; run < RUNS; run++) {
            Storm storm = new Storm(first.seed() + run, first.duration(), first.writers());
            problems(storm).forEach((reader, problems) -> {
                LOG.debug("{}: {}", reader, problems);
                caught.computeIfAbsent(reader, name -> new ArrayList<>());
                if (!problems.isEmpty()) {
                    caught.get(reader).add(storm.seed());
                }
            });
            database.drop();
            database = fresh();
        }
        caught.forEach((reader, seeds) -> LOG.info("{} is caught in {} of {} runs", reader, seeds.size(), RUNS));
        assertThat(caught.get(Proof.HOLDERS_BEFORE_PAGE.name()))
                .as("seeds in which the right reader is caught, %s", first)
                .isEmpty();
        for (String common : List.of(Cursor.ID.name(), Cursor.TIME.name(), Cursor.TRANSACTION_BELOW_XMIN.name())) {
            assertThat(caught.get(common))
                    .as("seeds that catch %s, %s", common, first)
                    .isNotEmpty();
        }
    }

    /** What the oracle says of each reader of one storm. */
    private Map<String, List<String>> problems(Storm storm) throws Exception {
        AtomicBoolean over = new AtomicBoolean();
        Map<String, Future<List<Change>>> readers = new LinkedHashMap<>();
        for (Cursor cursor : Cursor.values()) {
            readers.put(cursor.name(), read(new WrongReader(database, cursor, over::get)));
        }
        for (Proof proof : Proof.values()) {
            Random random = storm.random(proof.name());
            // As over a network that is not the fastest.
            readers.put(
                    proof.name(), read(new GapReader(database, proof, random, over::get, () -> StormWriters.rest(1))));
        }
        AtomicLong lastId = new AtomicLong(Long.MAX_VALUE);
        StormProcess.Fleet fleet = new StormProcess.Fleet();
        StormClient hasty = new StormClient("hasty", database, fleet, storm.random("hasty"), true, new StormTrace());
        Future<?> client = threads.submit(() -> hasty.live(over::get, lastId::get));
        try (StormWriters writers = new StormWriters(database, storm)) {
            writers.start();
            writers.finish();
        }
        StormOracle oracle = new StormOracle(database);
        lastId.set(oracle.lastId("health_events"));
        over.set(true);
        Map<String, List<String>> problems = new LinkedHashMap<>();
        for (Map.Entry<String, Future<List<Change>>> reader : readers.entrySet()) {
            List<Change> received = reader.getValue().get(CALM.toSeconds(), TimeUnit.SECONDS);
            problems.put(reader.getKey(), oracle.problemsOfRecords(received));
        }
        client.get(CALM.toSeconds(), TimeUnit.SECONDS);
        problems.put(HASTY, hasty.problems(oracle));
        return problems;
    }

    private Future<List<Change>> read(Callable<List<Change>> reader) {
        return threads.submit(reader);
    }

    /** A running transaction may have a higher id than the snapshot's xmax, which is one more than the last that ended. */
    @Test
    void theSnapshotsXmaxIsNoProof() throws Exception {
        assertThat(problemsOf(Proof.SNAPSHOT_XMAX, false)).isNotEmpty();
        assertThat(problemsOf(Proof.HOLDERS_BEFORE_PAGE, false)).isEmpty();
    }

    /** A change may become visible, and its transaction may end, after the page and before the holders are read. */
    @Test
    void theHoldersAfterThePageAreNoProof() throws Exception {
        assertThat(problemsOf(Proof.HOLDERS_AFTER_PAGE, true)).isNotEmpty();
        assertThat(problemsOf(Proof.HOLDERS_BEFORE_PAGE, true)).isEmpty();
    }

    /** Of a reader to which one change comes late: between two of its reads, or after it has read a few times. */
    private List<String> problemsOf(Proof proof, boolean betweenReads) throws Exception {
        try (Connection early = database.connect();
                Connection late = database.connect();
                Statement statement = early.createStatement();
                Statement later = late.createStatement()) {
            early.setAutoCommit(false);
            late.setAutoCommit(false);
            statement.execute("SELECT pg_current_xact_id()");
            later.execute("SET CONSTRAINTS ALL IMMEDIATE");
            later.execute(insertion());
            statement.execute(insertion());
            early.commit();
            AtomicBoolean over = new AtomicBoolean();
            Future<List<Change>> reader = read(new GapReader(
                    database,
                    proof,
                    new Random(0),
                    over::get,
                    betweenReads ? () -> commit(late) : () -> StormWriters.rest(0)));
            StormWriters.rest(300);
            late.commit();
            over.set(true);
            return new StormOracle(database).problemsOfRecords(reader.get(CALM.toSeconds(), TimeUnit.SECONDS));
        }
    }

    private static void commit(Connection connection) {
        try {
            connection.commit();
        } catch (SQLException e) {
            throw new IllegalStateException("Cannot commit", e);
        }
    }

    @Test
    void whoDoesNotPollAfterReconnectingMissesTheLastChange() throws Exception {
        assertThat(receivedAfterReconnecting(false)).hasSize(1);
        assertThat(receivedAfterReconnecting(true)).hasSize(4);
    }

    /** One change is notified, and one is written while the listener has no connection. */
    private List<Long> receivedAfterReconnecting(boolean polls) throws Exception {
        try (ReconnectingListener listener = new ReconnectingListener(database, polls)) {
            listener.start();
            Await.until("a session", CALM, () -> listener.session() != 0);
            database.execute(insertion());
            Await.until("the first change", CALM, () -> !listener.received().isEmpty());
            int session = listener.session();
            database.execute("SELECT pg_terminate_backend(" + session + ")");
            Await.until("no session", CALM, () -> listener.session() == 0);
            // While it exists, it is idle, and its notification may still reach the next one.
            Await.until(
                    "no process",
                    CALM,
                    () -> database.queryForStrings("SELECT pid::text FROM pg_stat_activity WHERE pid = ?", session)
                            .isEmpty());
            database.execute(insertion());
            listener.allowReconnect();
            Await.until("another session", CALM, () -> listener.session() != 0);
            return List.copyOf(listener.received());
        }
    }

    /** What it has acknowledged and not handled when it ends, its successor never gets. */
    @Test
    void whoAcknowledgesBeforeHandlingIsAheadOfItself() throws Exception {
        StormTrace traceOfHasty = new StormTrace();
        StormClient hasty = restarted(true, traceOfHasty);
        assertThat(hasty.problems(new StormOracle(database))).isNotEmpty();
        assertThat(problem(traceOfHasty))
                .hasValueSatisfying(found -> assertThat(found).contains("had not been handled"));
        StormTrace traceOfPatient = new StormTrace();
        StormClient patient = restarted(false, traceOfPatient);
        assertThat(patient.problems(new StormOracle(database))).isEmpty();
        assertThat(problem(traceOfPatient)).isEmpty();
    }

    private Optional<String> problem(StormTrace trace) throws Exception {
        return StormTraceChecker.problem(trace.complete(new StormOracle(database).after(0, "health_events")));
    }

    /** There is always something more to read, until the client has been restarted often enough. */
    private StormClient restarted(boolean hasty, StormTrace trace) throws Exception {
        String name = hasty ? "hasty" : "patient";
        StormClient client = new StormClient(name, database, new StormProcess.Fleet(), new Random(1), hasty, trace);
        AtomicBoolean enough = new AtomicBoolean();
        CompletableFuture<Void> writer = CompletableFuture.runAsync(() -> {
            while (!enough.get()) {
                database.execute(insertion());
            }
        });
        client.live(
                () -> {
                    enough.compareAndSet(false, client.runs() >= 6);
                    return writer.isDone();
                },
                () -> Long.parseLong(database.queryForString("SELECT max(id) FROM datastore_changelog")));
        writer.get(60, TimeUnit.SECONDS);
        return client;
    }

    private static String insertion() {
        return "INSERT INTO health_events (data) VALUES"
                + " ('{\"version\":1,\"healthevent\":{\"nodeName\":\"written\"}}')";
    }
}

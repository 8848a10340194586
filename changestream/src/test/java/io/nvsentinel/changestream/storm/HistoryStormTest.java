// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream.storm;

import static org.assertj.core.api.Assertions.assertThat;

import io.nvsentinel.changestream.ChangeEvent;
import io.nvsentinel.changestream.ChangeStreamOptions;
import io.nvsentinel.changestream.ChangeStreams;
import io.nvsentinel.changestream.ClientFencedException;
import io.nvsentinel.changestream.Databases;
import io.nvsentinel.changestream.HistoryForkedException;
import io.nvsentinel.changestream.HistoryLostException;
import io.nvsentinel.changestream.OnHistoryLost;
import io.nvsentinel.changestream.Operation;
import io.nvsentinel.changestream.StartAt;
import io.nvsentinel.changestream.WatchOptions;
import io.nvsentinel.changestream.admin.RetentionOptions;
import io.nvsentinel.changestream.processing.ProcessorOptions;
import io.nvsentinel.changestream.storm.HistoryReader.Check;
import io.nvsentinel.changestream.storm.StormHistory.Committed;
import io.nvsentinel.datastore.Datastore;
import io.nvsentinel.datastore.model.HealthEventDocument;
import io.nvsentinel.datastore.model.MaintenanceEvent;
import io.nvsentinel.testserver.Await;
import io.nvsentinel.testserver.EmbeddedServer;
import io.nvsentinel.testserver.PostgresServer;
import io.nvsentinel.testserver.TestDatabase;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.reactivestreams.Subscription;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.Disposable;
import reactor.core.publisher.BaseSubscriber;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Hooks;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;
import reactor.util.retry.Retry;

/**
 * What is promised while the database is restored again and again, and retention with small limits runs past watches that are
 * slow or stand still, beside fast ones in the same process. Options as for {@link StormTest}.
 */
@Tag("slow")
class HistoryStormTest {

    private static final Logger LOG = LoggerFactory.getLogger(HistoryStormTest.class);
    private static final Duration CALM = Duration.ofSeconds(120);

    private final Storm storm = Storm.fromProperties(Duration.ofSeconds(15));
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final List<StormSegment> segments = new CopyOnWriteArrayList<>();
    private final List<String> problems = new CopyOnWriteArrayList<>();
    private final List<Throwable> dropped = new CopyOnWriteArrayList<>();
    private final List<Disposable> running = new CopyOnWriteArrayList<>();
    private final AtomicInteger effects = new AtomicInteger();
    private final AtomicLong lost = new AtomicLong();
    private final AtomicLong forked = new AtomicLong();
    private EmbeddedServer server;
    private TestDatabase database;
    private StormHistory history;
    private Datastore datastore;
    private ChangeStreams streams;
    private volatile boolean over;

    @BeforeEach
    void start() {
        Hooks.onErrorDropped(dropped::add);
        server = PostgresServer.embedded().start();
        database = server.createDatabase(Databases.MIGRATED);
        history = new StormHistory(database);
        datastore = Datastore.connect(
                        Databases.options(database).maxConnections(6).build())
                .block();
        streams = ChangeStreams.of(
                datastore,
                ChangeStreamOptions.builder()
                        .batchSize(20)
                        .pollInterval(Duration.ofMillis(200))
                        .build());
    }

    @AfterEach
    void stop() {
        Hooks.resetOnErrorDropped();
        over = true;
        threads.shutdownNow();
        running.forEach(Disposable::dispose);
        streams.close().block(CALM);
        datastore.close().block(CALM);
        server.close();
    }

    @Test
    @Timeout(value = 6, unit = TimeUnit.HOURS)
    void everyStreamIsExactlyOnceFromWhereItStartsOrEndsWithItsOwnVerdict() throws Exception {
        LOG.info("{}", storm);
        List<Future<?>> writers = new ArrayList<>();
        for (int i = 0; i < Math.min(6, storm.writers()); i++) {
            int number = i;
            writers.add(threads.submit(() -> write(number)));
        }
        Await.until("changes", CALM, () -> history.committed().size() > 10);
        Map<Check, Future<List<StormSegment>>> readers = new EnumMap<>(Check.class);
        for (Check check : Check.values()) {
            readers.put(check, threads.submit(new HistoryReader(database, check, () -> over)));
        }
        Watching fresh = new Watching("fresh", WatchOptions.builder().startAt(StartAt.now()), 1_000_000, 0);
        Watching oldest = new Watching("oldest", anew(OnHistoryLost.START_AT_OLDEST), 1_000_000, 0);
        Watching slow = new Watching("slow", anew(OnHistoryLost.START_AT_OLDEST), 30, 200);
        Watching standing = new Watching("standing", anew(OnHistoryLost.START_AT_OLDEST), 2, 4_000);
        Watching named =
                new Watching("named", anew(OnHistoryLost.START_AT_OLDEST).clientName("named"), 1_000_000, 0);
        Watching snapshot = new Watching("snapshot", anew(OnHistoryLost.TAKE_SNAPSHOT), 1_000_000, 0);
        List<Watching> all = List.of(fresh, oldest, slow, standing, named, snapshot);
        all.forEach(Watching::run);
        running.add(process());
        running.add(streams.retention(RetentionOptions.builder()
                        .maxRows(400)
                        .markProcessed(false)
                        .build())
                .run()
                .onErrorComplete()
                .repeatWhen(done -> done.delayElements(Duration.ofMillis(150)))
                .subscribe());

        rage();
        over = true;
        for (Future<?> writer : writers) {
            writer.get(CALM.toSeconds(), TimeUnit.SECONDS);
        }
        running.get(running.size() - 1).dispose();
        all.forEach(Watching::hurry);
        long last = Long.parseLong(database.queryForString("SELECT max(id) FROM datastore_changelog"));
        for (Watching watching : List.of(fresh, oldest, slow, standing, named)) {
            Await.until(watching.name + " has the last change", CALM, () -> watching.lastId() >= last);
        }
        check(readers, snapshot);
    }

    private void rage() throws InterruptedException {
        Random random = storm.random("history");
        long end = System.nanoTime() + storm.duration().toNanos();
        boolean backedUp = false;
        while (System.nanoTime() < end) {
            TimeUnit.MILLISECONDS.sleep(200 + random.nextInt(1_200));
            backedUp |= history.backUp();
            TimeUnit.MILLISECONDS.sleep(100 + random.nextInt(1_500));
            if (backedUp) {
                history.restore(random.nextBoolean());
            }
        }
        TimeUnit.MILLISECONDS.sleep(1_000);
    }

    private void check(Map<Check, Future<List<StormSegment>>> readers, Watching snapshot) throws Exception {
        List<Committed> committed = history.committed();
        LOG.info(
                "{} changes, {} restores, {} segments, lost {} times and forked {} times, {} effects",
                committed.size(),
                history.generation(),
                segments.size(),
                lost,
                forked,
                effects);
        assertThat(history.generation()).isPositive();
        assertThat(problems).as("ends that are not the stream's own, %s", storm).isEmpty();
        assertThat(dropped).as("errors that no subscriber received, %s", storm).isEmpty();
        assertThat(problemsOf(segments, committed)).as("%s", storm).isEmpty();
        Map<Check, List<String>> found = new EnumMap<>(Check.class);
        for (Map.Entry<Check, Future<List<StormSegment>>> reader : readers.entrySet()) {
            found.put(
                    reader.getKey(), problemsOf(reader.getValue().get(CALM.toSeconds(), TimeUnit.SECONDS), committed));
        }
        assertThat(found.get(Check.LAST_ROW)).as("the right reader, %s", storm).isEmpty();
        assertThat(found.get(Check.NONE))
                .as("a reader that looks at nothing, %s", storm)
                .isNotEmpty();
        assertThat(found.get(Check.END_OF_SEQUENCE))
                .as("a reader that looks at the sequence only, %s", storm)
                .isNotEmpty();
        List<String> records = database.queryForStrings("SELECT data #>> '{healthevent,nodeName}' FROM health_events");
        Await.until("all records", CALM, () -> snapshot.stamps().size() >= records.size());
        assertThat(snapshot.stamps()).as("the snapshot, %s", storm).containsExactlyInAnyOrderElementsOf(records);
        String twice = "SELECT cluster_name FROM maintenance_events GROUP BY 1 HAVING count(*) > 1";
        assertThat(database.queryForStrings(twice))
                .as("effects twice, %s", storm)
                .isEmpty();
        String missing = "SELECT id FROM datastore_changelog WHERE table_name = 'health_events'"
                + " AND id >= (SELECT oldest_id FROM datastore_changelog_state)"
                + " AND new_values #>> '{healthevent,nodeName}' NOT IN (SELECT cluster_name FROM maintenance_events)";
        Await.until(
                "the effects of what is kept",
                CALM,
                () -> database.queryForStrings(missing).isEmpty());
        assertThat(database.queryForStrings(twice))
                .as("effects twice, %s", storm)
                .isEmpty();
    }

    private List<String> problemsOf(List<StormSegment> received, List<Committed> committed) {
        return received.stream()
                .flatMap(segment -> segment.problem(committed, history.generation()).stream())
                .toList();
    }

    private void write(int number) {
        Random random = storm.random("writer " + number);
        try (Connection connection = database.connect();
                PreparedStatement insert = connection.prepareStatement("INSERT INTO health_events (data) VALUES"
                        + " (jsonb_build_object('healthevent', jsonb_build_object('nodeName', ?)))")) {
            connection.setAutoCommit(false);
            for (int n = 0; !over; n++) {
                for (int rows = 1 + random.nextInt(3); rows > 0; rows--) {
                    insert.setString(1, number + "-" + n + "-" + rows);
                    insert.execute();
                }
                if (random.nextInt(8) == 0) {
                    connection.rollback();
                } else {
                    connection.commit();
                }
                StormWriters.rest(random.nextInt(12));
            }
        } catch (SQLException e) {
            throw new IllegalStateException("A writer failed", e);
        }
    }

    private static WatchOptions.Builder anew(OnHistoryLost choice) {
        return WatchOptions.builder().startAt(StartAt.beginning()).onHistoryLost(choice);
    }

    private Disposable process() {
        return streams.processInTransaction(
                        datastore.healthEvents(),
                        anew(OnHistoryLost.START_AT_OLDEST)
                                .clientName("processor")
                                .build(),
                        ProcessorOptions.builder()
                                .concurrency(3)
                                .maxAttempts(1_000)
                                .minBackoff(Duration.ofMillis(1))
                                .maxBackoff(Duration.ofMillis(20))
                                .build(),
                        (change, session) -> session.maintenanceEvents()
                                .insert(MaintenanceEvent.builder()
                                        .eventId("effect " + effects.incrementAndGet())
                                        .clusterName(change.after().event().nodeName())
                                        .build())
                                .then())
                .doOnError(error -> LOG.info("The processor ends: {}", error.toString()))
                .retryWhen(Retry.fixedDelay(Long.MAX_VALUE, Duration.ofMillis(50))
                        .filter(error -> error instanceof ClientFencedException
                                || error.getCause() instanceof ClientFencedException))
                .subscribe(done -> {}, error -> problems.add("the processor: " + error));
    }

    /** One stream that is subscribed to again whenever it ends with a verdict on its history. */
    private final class Watching {

        private final String name;
        private final WatchOptions.Builder options;
        private final Random random;
        private volatile int most;
        private volatile int thinks;
        private volatile StormSegment segment;
        private volatile int opened;
        private volatile List<String> stamps = new CopyOnWriteArrayList<>();

        private Watching(String name, WatchOptions.Builder options, int most, int thinks) {
            this.name = name;
            this.options = options;
            this.random = storm.random(name);
            this.most = most;
            this.thinks = thinks;
            this.segment = new StormSegment(name, 0);
        }

        private void run() {
            WatchOptions built =
                    options.onSubscribed(token -> begin(Change.id(token))).build();
            Flux<ChangeEvent<HealthEventDocument>> watch = Flux.defer(() -> {
                opened = history.generation();
                return streams.watch(datastore.healthEvents(), built).doOnError(this::judge);
            });
            Demanding subscriber = new Demanding();
            running.add(subscriber);
            watch.retryWhen(Retry.fixedDelay(Long.MAX_VALUE, Duration.ofMillis(20))
                            .filter(error -> !over || isVerdict(error)))
                    .subscribe(subscriber);
        }

        private void begin(long start) {
            stamps = new CopyOnWriteArrayList<>();
            segment = new StormSegment(name, start);
            if (!name.equals("snapshot")) {
                segments.add(segment);
            }
        }

        private boolean isVerdict(Throwable error) {
            return error instanceof HistoryForkedException
                    || error instanceof HistoryLostException
                    || error instanceof ClientFencedException;
        }

        /** Forked only if the history was set back since it was opened, and lost only if something was removed behind it. */
        private void judge(Throwable error) {
            if (error instanceof HistoryForkedException) {
                forked.incrementAndGet();
                int before = opened;
                Schedulers.boundedElastic().schedule(() -> {
                    if (Integer.parseInt(database.queryForString("SELECT n FROM storm_generation")) <= before) {
                        problems.add(name + ": " + error);
                    }
                });
            } else if (error instanceof HistoryLostException) {
                lost.incrementAndGet();
            } else if (error instanceof ClientFencedException && history.generation() > opened) {
                LOG.info("{} was created after the backup", name);
            } else {
                problems.add(name + ": " + error);
            }
        }

        private void hurry() {
            most = 1_000;
            thinks = 0;
        }

        private long lastId() {
            return segment.lastId();
        }

        private List<String> stamps() {
            return stamps;
        }

        private final class Demanding extends BaseSubscriber<ChangeEvent<HealthEventDocument>> {

            private int open;

            @Override
            protected void hookOnSubscribe(Subscription subscription) {
                ask();
            }

            @Override
            protected void hookOnNext(ChangeEvent<HealthEventDocument> event) {
                Change change = Change.health(event);
                stamps.add(change.stamp());
                if (event.operation() != Operation.SNAPSHOT) {
                    segment.add(change);
                }
                event.acknowledge();
                if (--open == 0) {
                    Mono.delay(Duration.ofMillis(thinks == 0 ? 0 : random.nextInt(thinks)))
                            .subscribe(late -> ask());
                }
            }

            private void ask() {
                open = 1 + random.nextInt(most);
                request(open);
            }

            @Override
            protected void hookOnError(Throwable error) {
                problems.add(name + " ended: " + error);
            }
        }
    }
}

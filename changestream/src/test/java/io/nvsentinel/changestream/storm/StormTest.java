// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream.storm;

import static org.assertj.core.api.Assertions.assertThat;

import io.nvsentinel.changestream.ChangeStreamOptions;
import io.nvsentinel.changestream.Databases;
import io.nvsentinel.changestream.ResumeToken;
import io.nvsentinel.changestream.StartAt;
import io.nvsentinel.changestream.WatchOptions;
import io.nvsentinel.changestream.storm.StormTrace.Event;
import io.nvsentinel.changestream.storm.StormTrace.Kind;
import io.nvsentinel.datastore.query.Filter;
import io.nvsentinel.testserver.Await;
import io.nvsentinel.testserver.EmbeddedServer;
import io.nvsentinel.testserver.PostgresServer;
import io.nvsentinel.testserver.TestDatabase;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Hooks;

/**
 * The contract under everything at once. {@code -Dstorm.seed} repeats what was done, {@code -Dstorm.duration} (such as
 * {@code 10m}) prolongs it, {@code -Dstorm.writers} thickens it.
 */
@Tag("slow")
class StormTest {

    private static final Logger LOG = LoggerFactory.getLogger(StormTest.class);
    private static final Duration CALM = Duration.ofSeconds(120);

    private final Storm storm = Storm.fromProperties(Duration.ofSeconds(10));
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final StormProcess.Fleet fleet = new StormProcess.Fleet();
    private final StormTrace trace = new StormTrace();
    private final List<Throwable> dropped = new CopyOnWriteArrayList<>();
    private EmbeddedServer server;
    private TestDatabase database;
    private TestDatabase other;
    private volatile boolean over;
    private volatile long lastId = Long.MAX_VALUE;

    @BeforeEach
    void start() {
        Hooks.onErrorDropped(dropped::add);
        server = PostgresServer.embedded().start();
        database = server.createDatabase(Databases.MIGRATED);
        other = server.createDatabase(Databases.MIGRATED);
        StormModel.install(database);
        database.execute("CREATE TABLE storm_elsewhere (n int)");
    }

    @AfterEach
    void stop() {
        Hooks.resetOnErrorDropped();
        over = true;
        lastId = 0;
        threads.shutdownNow();
        server.close();
    }

    @Test
    @Timeout(value = 6, unit = TimeUnit.HOURS)
    void everyConsumerReceivesExactlyWhatWasCommittedInOneOrder() throws Exception {
        LOG.info("{}", storm);
        List<Consumer> consumers = consumers();
        StormClient slow = new StormClient("slow", database, fleet, storm.random("slow"), false, trace);
        StormClient fast = new StormClient("fast", database, fleet, storm.random("fast"), false, trace);
        List<Future<?>> clients = List.of(
                threads.submit(() -> slow.live(() -> over, () -> lastId)),
                threads.submit(() -> fast.live(() -> over, () -> lastId)));
        StormGroup group = new StormGroup(database, fleet);
        List<Future<?>> members = Stream.of("a", "b", "c")
                .<Future<?>>map(name -> threads.submit(() -> group.live(storm.random("member " + name))))
                .toList();

        rage();
        StormOracle oracle = new StormOracle(database);
        lastId = oracle.lastId("health_events");
        over = true;
        group.finish(oracle.after(0, "health_events").size());
        assertThat(oracle.problemsOfChangelog()).as("the changelog, %s", storm).isEmpty();
        for (Consumer consumer : consumers) {
            consumer.awaitEnd(oracle);
        }
        for (Future<?> client : clients) {
            client.get(CALM.toSeconds(), TimeUnit.SECONDS);
        }
        for (Future<?> member : members) {
            member.get(CALM.toSeconds(), TimeUnit.SECONDS);
        }
        LOG.info("{} changes", oracle.size());
        assertThat(oracle.size()).isGreaterThan(100);
        consumers.forEach(consumer -> consumer.check(oracle));
        assertThat(group.problems(oracle)).as("the group, %s", storm).isEmpty();
        assertThat(group.lives()).as("members that the group had").isGreaterThan(2);
        StormClient.assertGood(slow, oracle, storm);
        StormClient.assertGood(fast, oracle, storm);
        checkTrace(trace.complete(oracle.after(0, "health_events")));
        assertThat(slow.runs() + fast.runs())
                .as("times that named clients were open")
                .isGreaterThan(2);
        consumers.forEach(Consumer::close);
        assertThat(dropped).as("errors that no subscriber received, %s", storm).isEmpty();
    }

    /** What was noted keeps the promises, and would not if one delivery or one handled change were missing. */
    private void checkTrace(List<Event> events) {
        assertThat(StormTraceChecker.problem(events)).as("the trace, %s", storm).isEmpty();
        Map<String, Long> stored = new HashMap<>();
        Map<String, Integer> times = new HashMap<>();
        for (Event event : events) {
            if (event.kind() == Kind.STORED) {
                stored.merge(event.reader(), event.id(), Math::max);
            }
            times.merge(event.kind() + event.reader() + event.id(), 1, Integer::sum);
        }
        for (Kind kind : List.of(Kind.DELIVERED, Kind.HANDLED, Kind.COMMITTED)) {
            List<Event> necessary = events.stream()
                    .filter(event -> event.kind() == kind && isNecessary(event, stored, times))
                    .toList();
            List<Event> tampered = new ArrayList<>(events);
            tampered.remove(necessary.get(storm.random("tampering").nextInt(necessary.size())));
            assertThat(StormTraceChecker.problem(tampered))
                    .as("the trace without one %s, %s", kind, storm)
                    .isPresent();
        }
    }

    /** What a client receives or handles behind its stored position may come again to its next run. */
    private static boolean isNecessary(Event event, Map<String, Long> stored, Map<String, Integer> times) {
        return event.id() <= stored.getOrDefault(event.reader(), Long.MAX_VALUE)
                && times.get(event.kind() + event.reader() + event.id()) == 1;
    }

    private void rage() throws Exception {
        try (StormWriters writers = new StormWriters(database, storm);
                StormStrangers strangers = new StormStrangers()) {
            strangers.start(database, other);
            writers.start();
            try (StormFaults faults = new StormFaults(server, database, fleet, storm)) {
                faults.start();
                StormWriters.rest((int) storm.duration().toMillis());
            }
            writers.finish();
            assertThat(writers.commits()).isPositive();
        }
    }

    private List<Consumer> consumers() {
        ChangeStreamOptions polling = ChangeStreamOptions.builder()
                .listen(false)
                .pollInterval(Duration.ofMillis(50))
                .batchSize(7)
                .build();
        List<Consumer> consumers = new ArrayList<>();
        StormProcess first = fleet.start(database, ChangeStreamOptions.builder().build());
        consumers.add(health(first, "unbounded", 1_000_000, Duration.ZERO));
        consumers.add(health(first, "one by one, beside it", 1, Duration.ZERO));
        consumers.add(maintenance(first));
        consumers.add(filtered(first, "updates only", Filter.eq("operationType", "update"), Set.of("UPDATE")));
        // Judged in memory, as the documents are compared.
        consumers.add(filtered(
                first,
                "new versions",
                Filter.exists("updateDescription.updatedFields.version", true),
                Set.of("UPDATE")));
        consumers.add(filtered(
                first,
                "all but updates",
                Filter.not(Filter.eq("operationType", "update")),
                Set.of("INSERT", "DELETE", "TRUNCATE")));
        consumers.add(health(fleet.start(database, polling), "polling", 20, Duration.ofMillis(5)));
        consumers.add(health(
                fleet.start(
                        database, ChangeStreamOptions.builder().batchSize(50).build()),
                "thinking",
                200,
                Duration.ofMillis(300)));
        return consumers;
    }

    private Consumer health(StormProcess process, String name, int most, Duration thinks) {
        return subscribe(new Consumer(name, "health_events", process, most, thinks), Filter.all());
    }

    private Consumer filtered(StormProcess process, String name, Filter filter, Set<String> operations) {
        Consumer consumer = new Consumer(name, "health_events", process, 50, Duration.ofMillis(10));
        consumer.operations = operations;
        return subscribe(consumer, filter);
    }

    private static Consumer subscribe(Consumer consumer, Filter filter) {
        StormProcess process = consumer.process;
        process.streams()
                .watch(
                        process.datastore().healthEvents(),
                        consumer.options().filter(filter).build())
                .map(Change::health)
                .doOnNext(consumer::note)
                .subscribe(consumer.subscriber);
        return consumer;
    }

    private Consumer maintenance(StormProcess process) {
        Consumer consumer = new Consumer("maintenance", "maintenance_events", process, 10, Duration.ofMillis(10));
        process.streams()
                .watch(
                        process.datastore().maintenanceEvents(),
                        consumer.options().build())
                .map(Change::maintenance)
                .subscribe(consumer.subscriber);
        return consumer;
    }

    /** A process that is never restarted. */
    private final class Consumer {
        private final String name;
        private final String collection;
        private final StormProcess process;
        private final StormSubscriber subscriber;
        private final AtomicReference<@Nullable ResumeToken> start = new AtomicReference<>();
        private Set<String> operations = Set.of("INSERT", "UPDATE", "DELETE", "TRUNCATE");

        private Consumer(String name, String collection, StormProcess process, int most, Duration thinks) {
            this.name = name;
            this.collection = collection;
            this.process = process;
            this.subscriber = new StormSubscriber(storm.random(name), most, thinks);
        }

        private WatchOptions.Builder options() {
            return WatchOptions.builder().startAt(StartAt.beginning()).onSubscribed(this::opened);
        }

        private void opened(ResumeToken token) {
            start.set(token);
            if (isTraced()) {
                trace.add(Kind.OPENED, name, 1, Change.id(token));
            }
        }

        private void note(Change change) {
            if (isTraced()) {
                trace.add(Kind.DELIVERED, name, 1, change.id());
            }
        }

        /** If it receives every change of health events. */
        private boolean isTraced() {
            return collection.equals("health_events") && operations.size() == 4;
        }

        private List<Change> wanted(StormOracle oracle) {
            return oracle.after(0, collection).stream()
                    .filter(change -> operations.contains(change.operation()))
                    .toList();
        }

        /** Until it stands still: how far behind it is depends on the machine and on how long the storm was. */
        private void awaitEnd(StormOracle oracle) {
            long last = wanted(oracle).stream().mapToLong(Change::id).max().orElse(0);
            for (long reached = 0; reached < last; ) {
                long before = reached;
                reached = Await.until(
                        "changes behind " + before + ", up to " + last + ", for " + name + ", " + storm,
                        CALM,
                        () -> subscriber.failure() != null ? Long.MAX_VALUE : subscriber.lastId(),
                        id -> id > before);
            }
        }

        private void check(StormOracle oracle) {
            assertThat(subscriber.failure()).as("%s, %s", name, storm).isNull();
            assertThat(StormOracle.problems(wanted(oracle), subscriber.received()))
                    .as("%s, %s", name, storm)
                    .isEmpty();
        }

        private void close() {
            process.close();
        }
    }
}

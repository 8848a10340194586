// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.nvsentinel.changestream.admin.RetentionOptions;
import io.nvsentinel.changestream.admin.RetentionReport;
import io.nvsentinel.changestream.processing.GroupOptions;
import io.nvsentinel.changestream.processing.OnFailure;
import io.nvsentinel.changestream.processing.ProcessorOptions;
import io.nvsentinel.datastore.Datastore;
import io.nvsentinel.datastore.DatastoreOptions;
import io.nvsentinel.datastore.DatastoreSession;
import io.nvsentinel.datastore.SchemaMode;
import io.nvsentinel.datastore.model.HealthEvent;
import io.nvsentinel.datastore.model.HealthEventDocument;
import io.nvsentinel.datastore.model.MaintenanceEvent;
import io.nvsentinel.datastore.query.Filter;
import io.nvsentinel.testserver.Await;
import io.nvsentinel.testserver.PostgresDatabase;
import io.nvsentinel.testserver.TestDatabase;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** The pool behind PgBouncer in transaction mode, where each transaction may have another session. */
class PgBouncerTest {

    private static final Duration SOON = Duration.ofSeconds(60);
    private static final int CHANGES = 300;
    private static final AtomicInteger EFFECT = new AtomicInteger();

    @RegisterExtension
    static final PostgresDatabase DATABASE = PostgresDatabase.empty();

    private PgBouncer pooler;
    private Datastore datastore;
    private ChangeStreams streams;

    @BeforeEach
    void start() throws Exception {
        assumeTrue(
                PgBouncer.program().isPresent(),
                "There is no pgbouncer on the path, and the variable PGBOUNCER names none");
        pooler = PgBouncer.before(DATABASE.get());
    }

    @AfterEach
    void stop() throws Exception {
        if (streams != null) {
            streams.close().block(SOON);
            datastore.close().block(SOON);
        }
        if (pooler != null) {
            pooler.close();
        }
    }

    private void open(ChangeStreamOptions.Builder options) {
        datastore = Datastore.connect(datastoreOptions("first")).block(SOON);
        streams = ChangeStreams.of(datastore, options.build());
        DATABASE.execute("DELETE FROM resume_tokens; DELETE FROM group_members; DELETE FROM dead_letters");
    }

    private DatastoreOptions datastoreOptions(String applicationName) {
        TestDatabase database = DATABASE.get();
        return Databases.options(database)
                .host("127.0.0.1")
                .port(pooler.port())
                .directHost(database.host() + ":" + database.port())
                .applicationName(applicationName)
                .preparedStatements(0)
                .maxConnections(10)
                .schemaMode(SchemaMode.MIGRATE)
                .build();
    }

    @Test
    void wakeUpsComeOnADirectConnection() throws Exception {
        // Nothing but a wake-up can bring a change within this interval.
        open(ChangeStreamOptions.builder().pollInterval(Duration.ofHours(1)));
        List<String> seen = new CopyOnWriteArrayList<>();
        Disposable watch = watch(seen);
        Await.until("listening", SOON, () -> streams.status().block(SOON).listening());
        assertThat(sessions()).as("the pooler's, and the listening one").isLessThanOrEqualTo(3 + 1);

        List<String> written = write("woken-");
        Await.until("all changes", SOON, () -> seen.size() >= CHANGES);
        assertThat(seen).containsExactlyInAnyOrderElementsOf(written);
        watch.dispose();
    }

    @Test
    void pollingAloneLosesNothing() throws Exception {
        open(ChangeStreamOptions.builder().listen(false).pollInterval(Duration.ofMillis(50)));
        List<String> seen = new CopyOnWriteArrayList<>();
        Disposable watch = watch(seen);
        assertThat(streams.status().block(SOON).listening()).isFalse();
        List<String> written = write("first-");
        Await.until("all changes", SOON, () -> seen.size() >= CHANGES);
        assertThat(seen).containsExactlyInAnyOrderElementsOf(written);
        watch.dispose();
        Await.until(
                "the name's end",
                SOON,
                () -> DATABASE.get()
                                .queryForStrings("SELECT '1' FROM resume_tokens WHERE client_name = 'watcher' AND "
                                        + "leased_until IS NULL")
                                .size()
                        == 1);

        List<String> missed = write("missed-");
        List<String> later = new CopyOnWriteArrayList<>();
        watch(later);
        Await.until("what was missed", SOON, () -> later.size() >= CHANGES);
        assertThat(later).containsExactlyInAnyOrderElementsOf(missed);
    }

    @Test
    void effectsHappenOnce() throws Exception {
        open(ChangeStreamOptions.builder().pollInterval(Duration.ofMillis(50)));
        WatchOptions options = WatchOptions.builder()
                .clientName("copier")
                .filter(Filter.eq("operationType", "insert"))
                .build();
        ProcessorOptions processing = ProcessorOptions.builder().concurrency(4).build();
        streams.clients().reset("copier", StartAt.now()).block(SOON);
        Mono<Void> copying =
                streams.processInTransaction(datastore.healthEvents(), options, processing, PgBouncerTest::mark);
        Disposable first = copying.subscribe();
        write("copied-");
        first.dispose();
        Disposable second = copying.subscribe();
        Await.until("all effects", SOON, () -> effects().size() >= CHANGES);
        second.dispose();
        streams.close().block(SOON);
        assertThat(effects()).doesNotHaveDuplicates().hasSize(CHANGES);
    }

    /** Two members behind the pooler; one leaves, and the other has all of it, with what failed and was replayed. */
    @Test
    void aGroupSharesHandsOverAndReplaysDeadLetters() throws Exception {
        open(ChangeStreamOptions.builder().pollInterval(Duration.ofMillis(50)));
        Datastore otherDatastore = Datastore.connect(datastoreOptions("second")).block(SOON);
        ChangeStreams others = ChangeStreams.of(otherDatastore);
        try {
            Map<String, Set<String>> handled = new ConcurrentHashMap<>();
            AtomicBoolean healed = new AtomicBoolean();
            join(streams, datastore, "a", handled, healed);
            join(others, otherDatastore, "b", handled, healed);
            Await.until("each has two partitions", SOON, () -> owners().equals(Map.of("2", 2)));

            write("shared-");
            Await.until("all but the last are handled", SOON, () -> handled.size() == CHANGES - 1);
            assertThat(handled.values()).contains(Set.of("a"), Set.of("b"));
            others.close().block(SOON);
            Await.until("one has all four", SOON, () -> owners().equals(Map.of("4", 1)));
            write("alone-");
            Await.until("all but two are handled", SOON, () -> handled.size() == 2 * CHANGES - 2);

            Await.until(
                    "two dead letters",
                    SOON,
                    () -> streams.deadLetters().counts().block(SOON),
                    counts -> counts.equals(Map.of(GroupMember.GROUP, 2L)));
            healed.set(true);
            assertThat(streams.deadLetters().replayAll(GroupMember.GROUP).block(SOON))
                    .isEqualTo(2);
            Await.until("all are handled", SOON, () -> handled.size() == 2 * CHANGES);
            Await.until(
                    "no letters",
                    SOON,
                    () -> streams.deadLetters().counts().block(SOON).isEmpty());
        } finally {
            others.close().then(otherDatastore.close()).block(SOON);
        }
    }

    private static void join(
            ChangeStreams streams,
            Datastore datastore,
            String member,
            Map<String, Set<String>> handled,
            AtomicBoolean healed) {
        ProcessorOptions processing = ProcessorOptions.builder()
                .concurrency(4)
                .maxAttempts(2)
                .minBackoff(Duration.ofMillis(10))
                .onFailure(OnFailure.DEAD_LETTER)
                .group(GroupOptions.builder(4)
                        .heartbeatInterval(Duration.ofMillis(200))
                        .leaseDuration(GroupMember.LEASE)
                        .build())
                .build();
        streams.process(
                        datastore.healthEvents(),
                        GroupMember.watching(),
                        processing,
                        change -> Mono.fromRunnable(() -> {
                            String node = change.after().event().nodeName();
                            if (node.endsWith("-" + (CHANGES - 1)) && !healed.get()) {
                                throw new IllegalStateException("not yet");
                            }
                            handled.computeIfAbsent(node, key -> ConcurrentHashMap.newKeySet())
                                    .add(member);
                        }))
                .subscribe();
    }

    /** How many partitions each owner has, if all have as many, and how many owners there are. */
    private static Map<String, Integer> owners() {
        List<String> shares = DATABASE.get()
                .queryForStrings("SELECT count(*) FROM resume_tokens WHERE group_name = '" + GroupMember.GROUP
                        + "' AND leased_until > clock_timestamp() GROUP BY owner");
        return shares.stream().distinct().collect(Collectors.toMap(count -> count, count -> shares.size()));
    }

    @Test
    void theRetentionRunsOnADirectConnection() throws Exception {
        open(ChangeStreamOptions.builder().pollInterval(Duration.ofMillis(50)));
        List<String> seen = new CopyOnWriteArrayList<>();
        watch(seen);
        write("kept-");
        Await.until("all changes", SOON, () -> seen.size() >= CHANGES);
        RetentionOptions options =
                RetentionOptions.builder().retention(Duration.ZERO).build();
        Await.until("all are removed", SOON, () -> {
            RetentionReport report = streams.retention(options).run().block(SOON);
            assertThat(report.taken()).isTrue();
            // The last one removed stays without its documents.
            return changes().equals("1");
        });
    }

    private static String changes() {
        return DATABASE.queryForString("SELECT count(*) FROM datastore_changelog");
    }

    /** Writes once for each change: twice would be seen. */
    private static Mono<Void> mark(ChangeEvent<HealthEventDocument> change, DatastoreSession session) {
        return session.maintenanceEvents()
                .insert(MaintenanceEvent.builder()
                        .eventId("effect " + EFFECT.incrementAndGet())
                        .clusterName(change.after().event().nodeName())
                        .build())
                .then();
    }

    private static List<String> effects() {
        return DATABASE.get().queryForStrings("SELECT cluster_name FROM maintenance_events");
    }

    private Disposable watch(List<String> seen) throws InterruptedException {
        CountDownLatch subscribed = new CountDownLatch(1);
        WatchOptions options = WatchOptions.builder()
                .clientName("watcher")
                .onSubscribed(token -> subscribed.countDown())
                .build();
        Disposable watch = streams.watch(datastore.healthEvents(), options).subscribe(change -> {
            seen.add(change.after().event().nodeName());
            change.acknowledge();
        });
        assertThat(subscribed.await(SOON.toSeconds(), TimeUnit.SECONDS)).isTrue();
        return watch;
    }

    private List<String> write(String prefix) {
        return Flux.range(0, CHANGES)
                .map(i -> prefix + i)
                .flatMap(node -> insert(node).thenReturn(node), 8)
                .collectList()
                .block(SOON);
    }

    private Mono<UUID> insert(String node) {
        return datastore
                .healthEvents()
                .insert(HealthEventDocument.of(
                        Instant.now(), HealthEvent.builder().nodeName(node).build()));
    }

    private static int sessions() {
        return DATABASE.get()
                .queryForStrings("SELECT pid::text FROM pg_stat_activity WHERE datname = current_database()"
                        + " AND backend_type = 'client backend' AND pid <> pg_backend_pid()")
                .size();
    }
}

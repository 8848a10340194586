// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream;

import static org.assertj.core.api.Assertions.assertThat;

import io.nvsentinel.changestream.internal.process.Lanes;
import io.nvsentinel.changestream.processing.OnFailure;
import io.nvsentinel.changestream.processing.ProcessorOptions;
import io.nvsentinel.datastore.Datastore;
import io.nvsentinel.datastore.DatastoreSession;
import io.nvsentinel.datastore.model.HealthEventDocument;
import io.nvsentinel.datastore.model.MaintenanceEvent;
import io.nvsentinel.testserver.Await;
import io.nvsentinel.testserver.PostgresDatabase;
import java.time.Duration;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.Disposable;
import reactor.core.publisher.Mono;

/** Each change inserts one maintenance event whose cluster name is the change's name; the table counts the effects. */
@Tag("essential")
class ExactlyOnceTest {

    @RegisterExtension
    static final PostgresDatabase DATABASE = PostgresDatabase.from(Databases.MIGRATED);

    private static final Logger LOG = LoggerFactory.getLogger(ExactlyOnceTest.class);
    private static final Duration SOON = Duration.ofSeconds(60);
    private static final String EFFECTS = "SELECT count(*) FROM maintenance_events";
    private static final String DISTINCT = "SELECT count(DISTINCT cluster_name) FROM maintenance_events";

    private static final int WORKERS = 8;

    private static final AtomicInteger EFFECT = new AtomicInteger();

    private Datastore datastore;
    private ChangeStreams streams;
    private ChangeStreams others;

    @BeforeEach
    void open() {
        DATABASE.execute("DELETE FROM resume_tokens; DELETE FROM handled_changes; DELETE FROM dead_letters;"
                + " DELETE FROM maintenance_events");
        datastore = Databases.connect(DATABASE.get());
        streams = ChangeStreams.of(datastore);
        others = ChangeStreams.of(datastore);
    }

    @AfterEach
    void close() {
        streams.close().block(SOON);
        others.close().block(SOON);
        datastore.close().block(SOON);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 4})
    void everyChangeHasItsEffectOnceThroughFailuresCutsAndChangesOfOwners(int workers) {
        long seed = Long.getLong("seed", System.nanoTime());
        LOG.info("Seed of the chaos: {} (repeat with -Dseed)", seed);
        Random random = new Random(seed);
        streams.clients().reset("effect", StartAt.now()).block(SOON);
        int changes = 300;
        Disposable running = start(streams, workers, random);
        for (int i = 0; i < changes; i++) {
            insert("n" + i % 7, i);
            if (random.nextInt(12) == 0) {
                running = disturb(running, workers, random);
            }
        }
        start(streams, workers, random);
        Await.until("every effect", SOON, () -> count(DISTINCT), distinct -> distinct == changes);
        assertThat(count(EFFECTS)).isEqualTo(changes);
        streams.close().block(SOON);
        others.close().block(SOON);
        assertThat(count("SELECT count(*) FROM handled_changes")).isZero();
    }

    /** Cuts connections, cancels the processor, or opens another one while it runs. */
    private Disposable disturb(Disposable running, int workers, Random random) {
        switch (random.nextInt(3)) {
            case 2 ->
                DATABASE.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                        + " WHERE datname = current_database() AND pid <> pg_backend_pid() AND random() < 0.7");
            case 0 -> running.dispose();
            default -> LOG.info("Another owner comes");
        }
        return start(random.nextBoolean() ? streams : others, workers, random);
    }

    private Disposable start(ChangeStreams through, int workers, Random seeds) {
        Random random = new Random(seeds.nextLong());
        ProcessorOptions options = ProcessorOptions.builder()
                .concurrency(workers)
                .maxAttempts(1_000)
                .minBackoff(Duration.ofMillis(1))
                .maxBackoff(Duration.ofMillis(20))
                .build();
        return through.processInTransaction(
                        datastore.healthEvents(),
                        watch(),
                        options,
                        (change, session) -> effect(change, session).then(Mono.defer(() -> {
                            int fate = roll(random);
                            return fate == 0 ? Mono.error(new IllegalStateException("broken")) : Mono.empty();
                        })))
                .onErrorComplete(ClientFencedException.class)
                .retry()
                .subscribe();
    }

    private static int roll(Random random) {
        synchronized (random) {
            return random.nextInt(5);
        }
    }

    @Test
    void aDeadLetterHasItsEffectOnceWhenItIsReplayed() {
        streams.clients().reset("effect", StartAt.now()).block(SOON);
        AtomicInteger failures = new AtomicInteger(Integer.MAX_VALUE);
        ProcessorOptions options = ProcessorOptions.builder()
                .maxAttempts(1)
                .onFailure(OnFailure.DEAD_LETTER)
                .build();
        streams.processInTransaction(
                        datastore.healthEvents(),
                        watch(),
                        options,
                        (change, session) -> effect(change, session)
                                .then(Mono.defer(() -> failures.getAndDecrement() > 0
                                        ? Mono.error(new IllegalStateException("broken"))
                                        : Mono.empty())))
                .subscribe();
        insert("n", 1);
        insert("n", 2);
        Await.until("two dead letters", SOON, () -> letters() == 2);
        assertThat(count(EFFECTS)).isZero();
        failures.set(1);
        streams.deadLetters().replayAll("effect").block(SOON);
        Await.until("one is left", SOON, () -> letters() == 1);
        streams.deadLetters().replayAll("effect").block(SOON);
        Await.until("none is left", SOON, () -> letters() == 0);
        assertThat(count(EFFECTS)).isEqualTo(2);
        assertThat(count(DISTINCT)).isEqualTo(2);
    }

    @Test
    void resettingAClientMakesItsEffectsAgain() {
        streams.clients().reset("effect", StartAt.now()).block(SOON);
        ResumeToken start = streams.clients().find("effect").block(SOON).resumeToken();
        streams.processInTransaction(
                        datastore.healthEvents(), watch(), ProcessorOptions.defaults(), ExactlyOnceTest::effect)
                .onErrorComplete(ClientFencedException.class)
                .subscribe();
        insert("n", 1);
        Await.until("the effect", SOON, () -> count(EFFECTS) == 1);
        streams.clients().reset("effect", StartAt.after(start)).block(SOON);
        others.processInTransaction(
                        datastore.healthEvents(), watch(), ProcessorOptions.defaults(), ExactlyOnceTest::effect)
                .subscribe();
        Await.until("the effect again", SOON, () -> count(EFFECTS) == 2);
    }

    /**
     * One change is not handled, and the later ones are; then the retention passes the first, and some of the others.
     */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void whatWasHandledIsNotHandledAgainWhenHistoryIsLost(boolean twice) {
        streams.clients().reset("effect", StartAt.now()).block(SOON);
        Disposable running = startBlocking("stuck");
        insert("stuck", 0);
        for (int i = 1; i <= 10; i++) {
            insert(besides("stuck", i), i);
        }
        Await.until("every effect but one", SOON, () -> count(EFFECTS) == 10);
        running.dispose();
        Await.until("released", SOON, () -> DATABASE.queryForString("SELECT leased_until FROM resume_tokens") == null);
        loseHistory("change 3");
        Disposable again = startBlocking("stuck");
        if (twice) {
            insert("stuck", 11);
            insert(besides("stuck", 11), 12);
            Await.until("the next effect", SOON, () -> count(EFFECTS) == 11);
            again.dispose();
            Await.until(
                    "released", SOON, () -> DATABASE.queryForString("SELECT leased_until FROM resume_tokens") == null);
            loseHistory("change 11");
            startBlocking("nothing");
        }
        insert(besides("stuck", 12), 13);
        Await.until(
                "the last effect",
                SOON,
                () -> DATABASE.queryForString(
                                "SELECT count(*) FROM maintenance_events WHERE cluster_name = 'change 13'")
                        .equals("1"));
        assertThat(count(EFFECTS)).isEqualTo(count(DISTINCT));
    }

    /** A node that is handled while another one is. */
    private static String besides(String node, int i) {
        return IntStream.iterate(i, n -> n + 100)
                .mapToObj(n -> "n" + n)
                .filter(name -> Lanes.of(name, WORKERS) != Lanes.of(node, WORKERS))
                .findFirst()
                .orElseThrow();
    }

    private Disposable startBlocking(String node) {
        return streams.processInTransaction(
                        datastore.healthEvents(),
                        WatchOptions.builder()
                                .clientName("effect")
                                .onHistoryLost(OnHistoryLost.START_AT_OLDEST)
                                .build(),
                        ProcessorOptions.builder().concurrency(WORKERS).build(),
                        (change, session) ->
                                node.equals(change.after().event().nodeName()) ? Mono.never() : effect(change, session))
                .subscribe();
    }

    /** Removes the changes up to one, as the retention does. */
    private static void loseHistory(String change) {
        DATABASE.execute("SET nvsentinel.retention = 'on'; WITH gone AS (SELECT max(id) AS id FROM datastore_changelog"
                + " WHERE new_values -> 'healthevent' ->> 'checkName' = '" + change + "'),"
                + " raised AS (UPDATE datastore_changelog_state SET oldest_id = (SELECT id + 1 FROM gone))"
                + " DELETE FROM datastore_changelog WHERE id <= (SELECT id FROM gone)");
    }

    private static WatchOptions watch() {
        return WatchOptions.builder().clientName("effect").build();
    }

    private static Mono<Void> effect(ChangeEvent<HealthEventDocument> change, DatastoreSession session) {
        return session.maintenanceEvents()
                .insert(MaintenanceEvent.builder()
                        .eventId("effect " + EFFECT.incrementAndGet())
                        .clusterName(Handlers.name(change))
                        .build())
                .then();
    }

    private void insert(String node, int i) {
        DATABASE.get()
                .queryForString(
                        "INSERT INTO health_events (data) VALUES (?::jsonb) RETURNING id",
                        "{\"healthevent\": {\"nodeName\": \"" + node + "\", \"checkName\": \"change " + i + "\"}}");
    }

    private long letters() {
        return streams.deadLetters().list("effect").count().block(SOON);
    }

    private static long count(String sql) {
        return Long.parseLong(DATABASE.queryForString(sql));
    }
}

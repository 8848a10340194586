// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream;

import static org.assertj.core.api.Assertions.assertThat;

import io.nvsentinel.changestream.processing.ProcessorOptions;
import io.nvsentinel.datastore.Datastore;
import io.nvsentinel.testserver.Await;
import io.nvsentinel.testserver.PostgresDatabase;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.Disposable;
import reactor.core.publisher.Mono;

/** A cancellation at any time leaves nothing behind. {@code -Dstorm.seed} repeats the times. */
class CancellationTest {

    @RegisterExtension
    static final PostgresDatabase DATABASE = PostgresDatabase.from(Databases.MIGRATED);

    private static final Logger LOG = LoggerFactory.getLogger(CancellationTest.class);
    private static final Duration SOON = Duration.ofSeconds(60);
    private static final long SEED = Long.getLong("storm.seed", System.nanoTime() % 1_000_000);
    private static final int SUBSCRIBERS = 4;
    private static final int EACH = 500;
    private static final String APPLICATION = "cancelled";

    private final ExecutorService threads = Executors.newFixedThreadPool(SUBSCRIBERS);
    private Datastore datastore;
    private ChangeStreams streams;

    @BeforeEach
    void open() {
        datastore = Datastore.connect(Databases.options(DATABASE.get())
                        .maxConnections(2)
                        .applicationName(APPLICATION)
                        .build())
                .block();
        streams = ChangeStreams.of(datastore);
    }

    @AfterEach
    void close() {
        threads.shutdownNow();
        datastore.close().block(SOON);
    }

    @Test
    void subscribersThatCancelAtAnyTimeLeaveNothingBehind() throws Exception {
        LOG.info("storm.seed={}", SEED);
        List<? extends Future<?>> all = IntStream.range(0, SUBSCRIBERS)
                .mapToObj(i -> threads.submit(() -> comeAndGo(new Random(SEED * SUBSCRIBERS + i), "client " + i)))
                .toList();
        for (Future<?> each : all) {
            each.get(100, TimeUnit.SECONDS);
        }

        Await.until("no session listens or holds a lock", SOON, CancellationTest::leftBehind, List::isEmpty);
        Await.until("rest", SOON, () -> {
            String before = lastQuery();
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(300));
            return before.equals(lastQuery());
        });
        List<String> seen = new CopyOnWriteArrayList<>();
        streams.watch(
                        datastore.healthEvents(),
                        WatchOptions.builder().startAt(StartAt.beginning()).build())
                .subscribe(change -> seen.add(change.after().event().nodeName()));
        insert("the last");
        Await.until("the last change", SOON, () -> seen.contains("the last"));
        assertThat(seen).hasSize(SUBSCRIBERS * EACH / 10 + 1);
        // Waits for every watch that it believes to be open.
        streams.close().block(SOON);
    }

    private void comeAndGo(Random random, String client) {
        for (int i = 0; i < EACH; i++) {
            WatchOptions.Builder options = WatchOptions.builder();
            if (random.nextBoolean()) {
                options.startAt(StartAt.beginning());
            }
            if (random.nextInt(3) == 0) {
                options.clientName(client);
            }
            Disposable watch = random.nextBoolean() ? watched(options, random) : processed(options.clientName(client));
            if (i % 10 == 0) {
                insert(client + " " + i);
            }
            LockSupport.parkNanos(random.nextInt(8_000_000));
            watch.dispose();
        }
    }

    private Disposable watched(WatchOptions.Builder options, Random random) {
        return streams.watch(datastore.healthEvents(), options.build())
                .limitRate(1 + random.nextInt(10))
                .subscribe(ChangeEvent::acknowledge, error -> {});
    }

    private Disposable processed(WatchOptions.Builder options) {
        return streams.process(
                        datastore.healthEvents(), options.build(), ProcessorOptions.defaults(), change -> Mono.empty())
                .subscribe(done -> {}, error -> {});
    }

    private static List<String> leftBehind() {
        return DATABASE.get()
                .queryForStrings("SELECT 'session: ' || query FROM pg_stat_activity WHERE application_name = '"
                        + APPLICATION
                        + "' AND (query LIKE 'LISTEN%' OR query LIKE '%advisory%' OR state <> 'idle')"
                        + " UNION ALL SELECT 'lock of ' || pid FROM pg_locks WHERE locktype = 'advisory'"
                        + " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
                        + " UNION ALL SELECT 'owned: ' || client_name FROM resume_tokens WHERE "
                        + "leased_until IS NOT NULL");
    }

    private static String lastQuery() {
        return DATABASE.queryForString("SELECT count(*) || ' ' || max(query_start) FROM pg_stat_activity"
                + " WHERE application_name = '" + APPLICATION + "'");
    }

    private static void insert(String node) {
        DATABASE.execute(
                "INSERT INTO health_events (data) VALUES ('{\"healthevent\":{\"nodeName\":\"" + node + "\"}}')");
    }
}

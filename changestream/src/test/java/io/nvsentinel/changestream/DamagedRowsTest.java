// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream;

import static org.assertj.core.api.Assertions.assertThat;

import io.nvsentinel.datastore.Datastore;
import io.nvsentinel.datastore.error.DatastoreException;
import io.nvsentinel.datastore.model.HealthEventDocument;
import io.nvsentinel.testserver.Await;
import io.nvsentinel.testserver.Fuzz;
import io.nvsentinel.testserver.PostgresDatabase;
import io.nvsentinel.testserver.hostile.RewritingProxy;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import reactor.core.Disposable;

/**
 * Rows of the changelog, of positions and of everything else that a stream asks for, damaged on their way: a watch delivers,
 * reports, waits and continues, or ends in an error of the library; it never ends in another one, and never stays silent.
 */
class DamagedRowsTest {

    @RegisterExtension
    static final PostgresDatabase DATABASE = PostgresDatabase.from(Databases.MIGRATED);

    private static final Duration SOON = Duration.ofSeconds(60);
    private static final int HEADER_BYTES = 5;

    private final HistoryFixture history = new HistoryFixture(DATABASE);

    @Test
    void endInNothingButTheLibrarysErrors() throws IOException {
        long seed = Long.getLong("fuzz.seed", 1);
        Random random = new Random(seed);
        long end = System.nanoTime()
                + Duration.ofSeconds(Long.getLong("fuzz.seconds", 1)).toNanos();
        history.clear();
        try (RewritingProxy proxy = RewritingProxy.before(DATABASE.get())) {
            do {
                oneWatch(proxy, random.nextLong());
            } while (System.nanoTime() < end);
        }
    }

    private void oneWatch(RewritingProxy proxy, long seed) {
        Datastore datastore = Datastore.connect(Databases.options(DATABASE.get())
                        .host("127.0.0.1")
                        .port(proxy.port())
                        .connectTimeout(Duration.ofSeconds(1))
                        .acquireTimeout(Duration.ofSeconds(1))
                        .statementTimeout(Duration.ofMillis(200))
                        .build())
                .block(SOON);
        ChangeStreams streams = ChangeStreams.of(
                datastore,
                ChangeStreamOptions.builder()
                        .pollInterval(Duration.ofMillis(20))
                        .build());
        List<ChangeEvent<HealthEventDocument>> received = new CopyOnWriteArrayList<>();
        AtomicReference<Throwable> ended = new AtomicReference<>();
        Disposable watch = streams.watch(
                        datastore.healthEvents(),
                        WatchOptions.builder()
                                .startAt(StartAt.now())
                                .onUndecodable(change -> {})
                                .build())
                .subscribe(received::add, ended::set, () -> ended.set(new IllegalStateException("completed")));
        try {
            history.insertOne("before");
            Await.until("the first change", SOON, () -> !received.isEmpty() || ended.get() != null);
            Random random = new Random(seed);
            AtomicInteger rows = new AtomicInteger();
            proxy.rewrite((type, message) -> {
                if (type != 'D') {
                    return message;
                }
                rows.incrementAndGet();
                return damaged(random, message);
            });
            for (int i = 0; i < 3; i++) {
                history.insertOne("damaged" + i);
            }
            Await.until("a look at the damaged rows", SOON, () -> rows.get() > 20 || ended.get() != null);
            proxy.relent();
            String last = "after" + seed;
            history.insertOne(last);
            Await.until(
                    "the change after the damage, with seed " + seed,
                    SOON,
                    () -> ended.get() != null
                            || received.stream()
                                    .anyMatch(event ->
                                            last.equals(event.after().event().nodeName())));
            if (ended.get() != null) {
                assertThat(ended.get()).as("seed " + seed).isInstanceOf(DatastoreException.class);
            }
        } finally {
            proxy.relent();
            watch.dispose();
            streams.close().block(SOON);
            datastore.close().block(SOON);
        }
    }

    /** The message's length fits its content again: what does not fit is another test's. */
    private static synchronized byte[] damaged(Random random, byte[] row) {
        if (random.nextInt(3) > 0) {
            return row;
        }
        byte[] content = Fuzz.damaged(random, Arrays.copyOfRange(row, HEADER_BYTES, row.length));
        return ByteBuffer.allocate(HEADER_BYTES + content.length)
                .put((byte) 'D')
                .putInt(Integer.BYTES + content.length)
                .put(content)
                .array();
    }
}

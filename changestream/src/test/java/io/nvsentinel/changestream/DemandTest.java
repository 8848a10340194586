// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream;

import static org.assertj.core.api.Assertions.assertThat;

import io.nvsentinel.changestream.TestStreams.Seen;
import io.nvsentinel.datastore.model.HealthEventDocument;
import io.nvsentinel.testserver.Await;
import io.nvsentinel.testserver.PostgresDatabase;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.reactivestreams.Subscription;
import reactor.core.publisher.BaseSubscriber;

@Tag("slow")
class DemandTest {

    private static final int PAGE_ROWS = 10;

    @RegisterExtension
    static final PostgresDatabase DATABASE = PostgresDatabase.from(Databases.MIGRATED);

    private final AtomicLong rowsRead = new AtomicLong();
    private final AtomicLong ownRows = new AtomicLong();
    private final AtomicLong ownBytes = new AtomicLong();

    @RegisterExtension
    final TestStreams streams = new TestStreams(
            DATABASE,
            ChangeStreamOptions.builder()
                    .batchSize(PAGE_ROWS)
                    .maxBatchBytes(64 << 10)
                    .listener(new ChangeStreamListener() {
                        @Override
                        public void onPageRead(int rows, long bytes, boolean catchingUp) {
                            rowsRead.addAndGet(rows);
                            if (catchingUp) {
                                ownRows.addAndGet(rows);
                                ownBytes.addAndGet(bytes);
                            }
                        }
                    }));

    @Test
    void whoAsksForOneGetsOneAndReadsNotFarAhead() {
        Seen<ChangeEvent<HealthEventDocument>> fast = streams.watchHealth(WatchOptions.builder());
        DATABASE.execute("INSERT INTO health_events (data) SELECT '{\"a\":1}' FROM generate_series(1, 300)");
        fast.await(300);
        // Behind the other one, so that it reads for itself.
        Slow slow = new Slow();
        WatchOptions fromBefore =
                WatchOptions.builder().startAt(StartAt.after(before(300))).build();
        ownRows.set(0);
        streams.get().watch(streams.datastore().healthEvents(), fromBefore).subscribe(slow);
        slow.request(1);
        Await.until("the one", TestStreams.SOON, () -> slow.seen.size() == 1);
        Await.until("the pages ahead", TestStreams.SOON, ownRows::get, rows -> rows >= 3L * PAGE_ROWS);
        streams.insertHealth("later");
        fast.await(301);
        assertThat(ownRows).as("the page that is delivered, and two ahead").hasValue(3L * PAGE_ROWS);
        slow.request(300);
        Await.until("the rest", TestStreams.SOON, () -> slow.seen.size() == 301);
        slow.cancel();
    }

    @Test
    void hugeDocumentsAreReadOneAtATime() {
        // Random text, which does not compress.
        DATABASE.execute("INSERT INTO health_events (data) SELECT jsonb_build_object('huge', ("
                + "SELECT string_agg(md5(n || '-' || m), '') FROM generate_series(1, 30000) AS m))"
                + " FROM generate_series(1, 30) AS n");
        ResumeToken before = before(30);
        Seen<ChangeEvent<HealthEventDocument>> head = streams.watchHealth(WatchOptions.builder());
        Slow slow = new Slow();
        streams.get()
                .watch(
                        streams.datastore().healthEvents(),
                        WatchOptions.builder().startAt(StartAt.after(before)).build())
                .subscribe(slow);
        slow.request(2);
        Await.until("two", TestStreams.SOON, () -> slow.seen.size() == 2);
        streams.insertHealth("last");
        head.await(1);
        assertThat(ownBytes).as("of 30 million").hasValueLessThan(5_000_000);
        slow.request(100);
        Await.until("all", TestStreams.SOON, () -> slow.seen.size() == 31);
        slow.cancel();
    }

    @Test
    void whoDoesNotAcknowledgeIsGivenSoManyChangesAndNoMore() {
        Seen<ChangeEvent<HealthEventDocument>> careless = streams.watchHealth(
                WatchOptions.builder().clientName("careless").maxUnacknowledged(PAGE_ROWS));
        Seen<ChangeEvent<HealthEventDocument>> other = streams.watchHealth(WatchOptions.builder());
        DATABASE.execute("INSERT INTO health_events (data) SELECT '{\"a\":1}' FROM generate_series(1, 300)");
        other.await(300);
        Await.until("some", TestStreams.SOON, () -> careless.events.size() >= PAGE_ROWS);
        streams.insertHealth("last");
        other.await(301);
        assertThat(careless.events).hasSizeLessThanOrEqualTo(4 * PAGE_ROWS);

        Await.until("the rest, as they are acknowledged", TestStreams.SOON, () -> {
            careless.events.forEach(ChangeEvent::acknowledge);
            return careless.events.size() == 301;
        });
    }

    @Test
    void oneReaderServesManySubscribers() {
        List<Seen<ChangeEvent<HealthEventDocument>>> all = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            all.add(streams.watchHealth(WatchOptions.builder()));
        }
        rowsRead.set(0);
        for (int i = 0; i < 50; i++) {
            streams.insertHealth("n" + i);
        }
        all.forEach(seen -> seen.await(50));
        assertThat(rowsRead)
                .as("rows sent by the server, of 1000 if each read for itself")
                .hasValueLessThan(200);
    }

    /** Before so many of the last changes. */
    private ResumeToken before(int changes) {
        String newest = DATABASE.queryForString("SELECT max(id) FROM datastore_changelog");
        return streams.tokenAt(Long.parseLong(newest) - changes);
    }

    private static final class Slow extends BaseSubscriber<ChangeEvent<HealthEventDocument>> {

        private final List<ChangeEvent<HealthEventDocument>> seen = new CopyOnWriteArrayList<>();

        @Override
        protected void hookOnSubscribe(Subscription subscription) {
            // Asks for what the test says.
        }

        @Override
        protected void hookOnNext(ChangeEvent<HealthEventDocument> event) {
            seen.add(event);
        }
    }
}

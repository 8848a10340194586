// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream;

import static org.assertj.core.api.Assertions.assertThat;

import io.nvsentinel.changestream.TestStreams.Seen;
import io.nvsentinel.changestream.admin.RetentionOptions;
import io.nvsentinel.datastore.model.HealthEventDocument;
import io.nvsentinel.testserver.Await;
import io.nvsentinel.testserver.PostgresDatabase;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.reactivestreams.Subscription;
import reactor.core.publisher.BaseSubscriber;

/** Watches of one process share what they read, and nothing else: what ends one of them ends no other one. */
class NeighborWatchesTest {

    @RegisterExtension
    static final PostgresDatabase DATABASE = PostgresDatabase.from(Databases.MIGRATED);

    private final Queue<String> pages = new ConcurrentLinkedQueue<>();

    @RegisterExtension
    final TestStreams streams = new TestStreams(
            DATABASE,
            ChangeStreamOptions.builder()
                    .batchSize(10)
                    .pollInterval(Duration.ofMillis(100))
                    .listener(new ChangeStreamListener() {
                        @Override
                        public void onPageRead(int rows, long bytes, boolean catchingUp) {
                            if (!catchingUp && rows > 0) {
                                pages.add(rows + " rows, " + (bytes == 0 ? "no documents" : "documents"));
                            }
                        }
                    }));

    private final HistoryFixture history = new HistoryFixture(DATABASE);

    @BeforeEach
    void empty() {
        history.clear();
    }

    @Test
    void retentionThatPassesAStandingWatchEndsNoOther() {
        Standing standing = standing();
        history.insert("a", 100);
        removeAllBut(5);

        Seen<ChangeEvent<HealthEventDocument>> fresh = streams.watchHealth(WatchOptions.builder());
        Seen<ChangeEvent<HealthEventDocument>> named =
                streams.watchHealth(WatchOptions.builder().clientName("named").startAt(StartAt.beginning()));
        Seen<ChangeEvent<HealthEventDocument>> restarting = streams.watchHealth(
                WatchOptions.builder().startAt(StartAt.beginning()).onHistoryLost(OnHistoryLost.START_AT_OLDEST));
        history.insert("b", 20);

        fresh.await(20);
        named.await(25);
        restarting.await(25);
        assertThat(nodes(fresh)).containsExactlyElementsOf(SetBackHistoryTest.names("b", 1, 20));
        assertThat(fresh.error).isNull();
        assertThat(named.error).isNull();
        assertThat(restarting.error).isNull();

        standing.request(Long.MAX_VALUE);
        Await.until("its own verdict", TestStreams.SOON, () -> standing.error.get() != null);
        assertThat(standing.error.get()).isInstanceOf(HistoryLostException.class);
    }

    @Test
    void aLostWatchThatStartsAtTheOldestReceivesTheRestOnce() {
        Standing standing = new Standing(
                WatchOptions.builder().startAt(StartAt.beginning()).onHistoryLost(OnHistoryLost.START_AT_OLDEST));
        Seen<ChangeEvent<HealthEventDocument>> beside = streams.watchHealth(WatchOptions.builder());
        history.insert("a", 200);
        beside.await(200);
        removeAllBut(10);

        standing.request(Long.MAX_VALUE);
        history.insert("b", 20);

        Await.until("the last change", TestStreams.SOON, () -> standing.seen.contains("b20"));
        List<String> rest = new ArrayList<>(SetBackHistoryTest.names("a", 191, 200));
        rest.addAll(SetBackHistoryTest.names("b", 1, 20));
        int restarted = standing.seen.indexOf("a191");
        assertThat(standing.seen.subList(restarted, standing.seen.size())).containsExactlyElementsOf(rest);
        assertThat(standing.seen).doesNotHaveDuplicates();
        assertThat(standing.error.get()).isNull();
        beside.await(220);
    }

    @Test
    void aStandingWatchReadsNoDocuments() {
        Standing standing = standing();
        Seen<ChangeEvent<java.util.Map<String, Object>>> other =
                streams.watch(WatchOptions.builder(), options -> streams.get().watch(maintenance(), options));
        for (int i = 0; i < 10; i++) {
            int before = pages.size();
            history.insertOne("a" + i);
            Await.until("the page", TestStreams.SOON, () -> pages.size() > before);
        }
        assertThat(new ArrayList<>(pages).subList(5, 10)).allMatch(page -> page.endsWith("no documents"));
        standing.request(Long.MAX_VALUE);
        Await.until("what it did not take", TestStreams.SOON, () -> standing.seen.size() == 10);
        assertThat(other.error).isNull();
    }

    private io.nvsentinel.datastore.DocumentCollection<java.util.Map<String, Object>> maintenance() {
        return streams.collection("maintenance_events");
    }

    private Standing standing() {
        return new Standing(WatchOptions.builder());
    }

    private void removeAllBut(int rows) {
        streams.get()
                .retention(RetentionOptions.builder().maxRows(rows).build())
                .run()
                .block(TestStreams.SOON);
    }

    private static List<String> nodes(Seen<ChangeEvent<HealthEventDocument>> seen) {
        return seen.events.stream()
                .map(change -> change.after().event().nodeName())
                .toList();
    }

    /** Requests nothing by default. */
    private final class Standing extends BaseSubscriber<ChangeEvent<HealthEventDocument>> {

        private final AtomicReference<@Nullable ResumeToken> start = new AtomicReference<>();
        private final AtomicReference<@Nullable Throwable> error = new AtomicReference<>();
        private final List<String> seen = new CopyOnWriteArrayList<>();

        Standing(WatchOptions.Builder options) {
            streams.get()
                    .watch(
                            streams.datastore().healthEvents(),
                            options.onSubscribed(start::set).build())
                    .subscribe(this);
            Await.until("it is subscribed", TestStreams.SOON, () -> start.get() != null);
        }

        @Override
        protected void hookOnSubscribe(Subscription subscription) {}

        @Override
        protected void hookOnNext(ChangeEvent<HealthEventDocument> change) {
            seen.add(change.after().event().nodeName());
        }

        @Override
        protected void hookOnError(Throwable thrown) {
            error.set(thrown);
        }
    }
}

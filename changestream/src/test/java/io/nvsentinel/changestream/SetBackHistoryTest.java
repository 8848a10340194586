// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream;

import static org.assertj.core.api.Assertions.assertThat;

import io.nvsentinel.changestream.TestStreams.Seen;
import io.nvsentinel.changestream.admin.RetentionOptions;
import io.nvsentinel.changestream.processing.ProcessorOptions;
import io.nvsentinel.datastore.Datastore;
import io.nvsentinel.datastore.model.HealthEventDocument;
import io.nvsentinel.datastore.query.Filter;
import io.nvsentinel.testserver.Await;
import io.nvsentinel.testserver.PostgresDatabase;
import io.nvsentinel.testserver.hostile.RewritingProxy;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.EnumSource.Mode;
import reactor.core.Disposable;
import reactor.core.publisher.BaseSubscriber;
import reactor.core.publisher.Mono;

/**
 * A restore, or a failover that lost commits, sets the changelog back under the same incarnation, and new changes take the
 * ids of the lost ones.
 */
@Tag("essential")
class SetBackHistoryTest {

    @RegisterExtension
    static final PostgresDatabase DATABASE = PostgresDatabase.from(Databases.MIGRATED);

    @RegisterExtension
    final TestStreams streams = new TestStreams(
            DATABASE, ChangeStreamOptions.builder().batchSize(10).pollInterval(Duration.ofMillis(100)));

    private final HistoryFixture history = new HistoryFixture(DATABASE);

    @BeforeEach
    void empty() {
        history.clear();
    }

    @Test
    void aRunningWatchFailsThoughNewChangesPassedItsPosition() {
        Seen<ChangeEvent<HealthEventDocument>> watch = streams.watchHealth(WatchOptions.builder());
        history.insert("a", 10);
        watch.await(10);

        history.setBack(5, "b", 20);

        assertThat(watch.awaitError()).isInstanceOf(HistoryForkedException.class);
        assertThat(nodes(watch)).containsExactlyElementsOf(names("a", 1, 10));
    }

    @Test
    void aRunningWatchFailsWhenItsRowIsAHoleInTheNewHistory() {
        Seen<ChangeEvent<HealthEventDocument>> watch = streams.watchHealth(WatchOptions.builder());
        history.insert("a", 10);
        watch.await(10);

        history.setBack(9, 10, "b", 8);

        assertThat(watch.awaitError()).isInstanceOf(HistoryForkedException.class);
    }

    @Test
    void aWatchThatIsBehindFailsThoughTheTailIsAhead() {
        Seen<ChangeEvent<HealthEventDocument>> ahead = streams.watchHealth(WatchOptions.builder());
        Slow slow = new Slow();
        streams.get().watch(streams.datastore().healthEvents(), slow.options()).subscribe(slow);
        Await.until("both are subscribed", TestStreams.SOON, () -> slow.start.get() != null);
        slow.request(8);
        history.insert("a", 100);
        ahead.await(100);
        Await.until("the slow one has its changes", TestStreams.SOON, () -> slow.seen.size() == 8);

        history.setBack(2, "b", 120);
        slow.request(Long.MAX_VALUE);

        assertThat(ahead.awaitError()).isInstanceOf(HistoryForkedException.class);
        Await.until("the slow one fails", TestStreams.SOON, () -> slow.error.get() != null);
        assertThat(slow.error.get()).isInstanceOf(HistoryForkedException.class);
        assertThat(slow.seen).as("nothing of the new history").allMatch(node -> node.startsWith("a"));
    }

    /**
     * The answer with the record is the last one of the old history. If the page has to be read again, since it was not durable, the
     * record is not in it.
     */
    @Test
    void aRecordThatALostChangeMadeDoesNotRemainInASnapshot() throws Exception {
        history.insert("a", 3);
        try (RewritingProxy proxy = RewritingProxy.before(DATABASE.get());
                Connection writer = DATABASE.get().connect();
                Statement statement = writer.createStatement()) {
            writer.setAutoCommit(false);
            statement.execute("LOCK TABLE health_events IN ACCESS EXCLUSIVE MODE");
            AtomicBoolean answered = new AtomicBoolean();
            AtomicBoolean silent = new AtomicBoolean();
            proxy.rewrite((type, message) -> {
                if (silent.get()) {
                    return new byte[0];
                }
                boolean isRecord = type == 'D' && new String(message, StandardCharsets.ISO_8859_1).contains("\"lost\"");
                answered.compareAndSet(false, isRecord);
                silent.set(answered.get() && type == 'Z');
                return message;
            });
            Datastore behind = Datastore.connect(Databases.options(DATABASE.get())
                            .host("127.0.0.1")
                            .port(proxy.port())
                            .statementTimeout(Duration.ofSeconds(2))
                            .build())
                    .block(TestStreams.SOON);
            ChangeStreams through = ChangeStreams.of(
                    behind, ChangeStreamOptions.builder().listen(false).build());
            Seen<ChangeEvent<HealthEventDocument>> snapshot = streams.watch(
                    WatchOptions.builder().startAt(StartAt.snapshot()),
                    options -> through.watch(behind.healthEvents(), options));
            // Opened, and before its first page.
            Await.until(
                    "a read that waits for the writer",
                    TestStreams.SOON,
                    () -> DATABASE.queryForString("SELECT count(*) FROM pg_stat_activity"
                            + " WHERE datname = current_database() AND wait_event_type = 'Lock'"),
                    waiting -> !waiting.equals("0"));
            statement.execute(
                    "INSERT INTO health_events (data) VALUES ('{\"healthevent\": {\"nodeName\": \"lost\"}}')");
            writer.commit();
            Await.until("the page with the record", TestStreams.SOON, silent::get);

            history.setBack(3, "b", 5);
            proxy.relent();

            Await.until("its end", TestStreams.SOON, () -> snapshot.error != null || snapshot.events.size() >= 8);
            if (snapshot.error == null) {
                assertThat(nodes(snapshot)).containsExactlyInAnyOrderElementsOf(history.nodes());
            } else {
                assertThat(snapshot.error).isInstanceOf(HistoryForkedException.class);
            }
            through.close().then(behind.close()).block(TestStreams.SOON);
        }
    }

    @Test
    void aWatchBeforeTheForkGoesOnIntoTheNewHistory() {
        Slow slow = new Slow();
        streams.get().watch(streams.datastore().healthEvents(), slow.options()).subscribe(slow);
        Await.until("it is subscribed", TestStreams.SOON, () -> slow.start.get() != null);
        Seen<ChangeEvent<HealthEventDocument>> ahead = streams.watchHealth(WatchOptions.builder());
        history.insert("a", 100);
        ahead.await(100);

        history.setBack(50, "b", 60);
        assertThat(ahead.awaitError()).isInstanceOf(HistoryForkedException.class);
        slow.request(Long.MAX_VALUE);

        Await.until("it has all", TestStreams.SOON, () -> slow.error.get() != null || slow.seen.size() >= 110);
        assertThat(slow.error.get()).isNull();
        List<String> expected = new ArrayList<>(names("a", 1, 50));
        expected.addAll(names("b", 1, 60));
        assertThat(slow.seen).containsExactlyElementsOf(expected);
    }

    @Test
    void aFreshWatchBesideAStaleTailReceivesEachChangeOnce() {
        BaseSubscriber<ChangeEvent<HealthEventDocument>> standing = standing();
        Seen<ChangeEvent<HealthEventDocument>> before = streams.watchHealth(WatchOptions.builder());
        history.insert("a", 50);
        before.await(50);
        history.setBack(10, "b", 5);
        assertThat(before.awaitError()).isInstanceOf(HistoryForkedException.class);

        Seen<ChangeEvent<HealthEventDocument>> fresh = streams.watchHealth(WatchOptions.builder());
        for (int i = 1; i <= 60; i++) {
            history.insertOne("c" + i);
        }

        fresh.await(60);
        assertThat(fresh.error).isNull();
        assertThat(nodes(fresh)).containsExactlyElementsOf(names("c", 1, 60));
        standing.cancel();
    }

    @ParameterizedTest
    @EnumSource(value = OnHistoryLost.class, mode = Mode.EXCLUDE, names = "FAIL")
    void aWatchThatStartsAnewIsExactlyOnceFromWhereItStarts(OnHistoryLost choice) {
        Seen<ChangeEvent<HealthEventDocument>> watch =
                streams.watchHealth(WatchOptions.builder().onHistoryLost(choice));
        history.insert("a", 10);
        watch.await(10);

        for (int fork = 1; fork <= 3; fork++) {
            String name = "fork " + fork + " ";
            int had = watch.events.size();
            history.setBack(10 * fork - 5, name, 15);
            List<String> there = history.nodes();
            Await.until("all of " + name, TestStreams.SOON, () -> watch.events.size() >= had + there.size());
            assertThat(nodes(watch).subList(had, watch.events.size()))
                    .as("after the fork")
                    .hasSameSizeAs(there)
                    .containsExactlyInAnyOrderElementsOf(there);
        }
        assertThat(watch.error).isNull();
    }

    @Test
    void aTokenOfARowThatDoesNotExistIsRefused() {
        Seen<ChangeEvent<HealthEventDocument>> watch = streams.watchHealth(WatchOptions.builder());
        history.insert("a", 10);
        ResumeToken seventh = watch.await(10).get(6).resumeToken();
        watch.cancel();

        history.setBack(6, 7, "b", 10);

        assertThat(errorAfter(seventh)).isInstanceOf(HistoryForkedException.class);
    }

    @Test
    void aCheckpointBehindAFilteredChangeIsRefused() {
        List<ResumeToken> checkpoints = new CopyOnWriteArrayList<>();
        Seen<ChangeEvent<HealthEventDocument>> watch = streams.watchHealth(WatchOptions.builder()
                .filter(Filter.eq("fullDocument.healthevent.nodeName", "a3"))
                .onCheckpoint(checkpoints::add));
        history.insert("a", 10);
        watch.await(1).get(0).acknowledge();
        ResumeToken last = Await.until(
                "the checkpoint behind all changes",
                TestStreams.SOON,
                () -> checkpoints.isEmpty() ? null : checkpoints.get(checkpoints.size() - 1),
                token -> token != null && token.position().id() == 10);
        watch.cancel();

        history.setBack(5, "b", 20);

        assertThat(last.position().checkedRow()).isEqualTo(10);
        assertThat(errorAfter(last)).isInstanceOf(HistoryForkedException.class);
    }

    @Test
    void aTokenInAHoleDoesNotSkipWhatTheNewHistoryHasThere() {
        List<ResumeToken> checkpoints = new CopyOnWriteArrayList<>();
        Seen<ChangeEvent<HealthEventDocument>> watch =
                streams.watchHealth(WatchOptions.builder().onCheckpoint(checkpoints::add));
        history.insert("a", 4);
        history.rollBack(6);
        history.insert("late", 1);
        List<ChangeEvent<HealthEventDocument>> events = watch.await(5);
        events.subList(0, 4).forEach(ChangeEvent::acknowledge);
        ResumeToken last = Await.until(
                "the checkpoint before the last change",
                TestStreams.SOON,
                () -> checkpoints.isEmpty() ? null : checkpoints.get(checkpoints.size() - 1),
                token -> token != null && token.position().id() >= 4);
        watch.cancel();

        history.setBack(4, "b", 10);

        Seen<ChangeEvent<HealthEventDocument>> again =
                streams.watchHealth(WatchOptions.builder().startAt(StartAt.after(last)));
        again.await(10);
        assertThat(nodes(again)).containsExactlyElementsOf(names("b", 1, 10));
    }

    @Test
    void theLostPositionIsNeverStoredAndTheClientGoesOnFromTheRestoredOne() {
        Seen<ChangeEvent<HealthEventDocument>> watch =
                streams.watchHealth(WatchOptions.builder().clientName("client").startAt(StartAt.beginning()));
        history.insert("a", 20);
        List<ChangeEvent<HealthEventDocument>> events = watch.await(20);
        events.subList(0, 4).forEach(ChangeEvent::acknowledge);
        history.awaitStored("client", 4);
        history.backUp();
        events.subList(4, 20).forEach(ChangeEvent::acknowledge);
        history.awaitStored("client", 20);

        history.restore(10, "b", 30);
        assertThat(watch.awaitError()).isInstanceOf(HistoryForkedException.class);
        Await.until("the name is released", TestStreams.SOON, () -> history.isFree("client"));
        assertThat(history.stored("client")).isEqualTo(4);

        Seen<ChangeEvent<HealthEventDocument>> again =
                streams.watchHealth(WatchOptions.builder().clientName("client"));
        again.await(36);
        List<String> expected = new ArrayList<>(names("a", 5, 10));
        expected.addAll(names("b", 1, 30));
        assertThat(nodes(again)).containsExactlyElementsOf(expected);
    }

    @Test
    void aProcessorStartsAgainAfterEveryFork() {
        List<String> handled = new CopyOnWriteArrayList<>();
        AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
        Disposable processor = streams.get()
                .process(
                        streams.datastore().healthEvents(),
                        WatchOptions.builder()
                                .clientName("processor")
                                .startAt(StartAt.beginning())
                                .onHistoryLost(OnHistoryLost.START_AT_OLDEST)
                                .build(),
                        ProcessorOptions.defaults(),
                        change -> Mono.fromRunnable(
                                () -> handled.add(change.after().event().nodeName())))
                .subscribe(done -> {}, failure::set);
        history.insert("a", 10);
        Await.until("the changes", TestStreams.SOON, () -> handled.contains("a10"));
        for (int fork = 1; fork <= 3; fork++) {
            String last = "fork " + fork + " " + 15;
            history.setBack(10 * fork - 5, "fork " + fork + " ", 15);
            Await.until("fork " + fork, TestStreams.SOON, () -> failure.get() != null || handled.contains(last));
            assertThat(failure.get()).isNull();
        }
        processor.dispose();
    }

    @Test
    void theLastRemovedChangeTellsHistoriesApart() {
        Seen<ChangeEvent<HealthEventDocument>> watch = streams.watchHealth(WatchOptions.builder());
        history.insert("a", 10);
        ResumeToken last = watch.await(10).get(9).resumeToken();
        watch.cancel();

        history.setBack(5, "b", 5);
        streams.get()
                .retention(RetentionOptions.builder()
                        .retention(Duration.ZERO)
                        .markProcessed(false)
                        .build())
                .run()
                .block(TestStreams.SOON);

        assertThat(DATABASE.queryForString("SELECT oldest_id FROM datastore_changelog_state"))
                .isEqualTo("11");
        assertThat(errorAfter(last)).isInstanceOf(HistoryForkedException.class);
    }

    @Test
    void aTruncatedChangelogIsNoticed() {
        Seen<ChangeEvent<HealthEventDocument>> watch = streams.watchHealth(WatchOptions.builder());
        history.insert("a", 10);
        watch.await(10);

        DATABASE.execute("SET nvsentinel.retention = 'on'; TRUNCATE datastore_changelog");

        assertThat(watch.awaitError()).isInstanceOf(HistoryForkedException.class);
    }

    @Test
    void nothingDeliveredYetIsNoFork() {
        Seen<ChangeEvent<HealthEventDocument>> watch =
                streams.watchHealth(WatchOptions.builder().startAt(StartAt.now()));
        history.rollBack(40);

        history.setBack(0, "b", 10);

        watch.await(10);
        assertThat(nodes(watch)).containsExactlyElementsOf(names("b", 1, 10));
    }

    private BaseSubscriber<ChangeEvent<HealthEventDocument>> standing() {
        Slow standing = new Slow();
        streams.get()
                .watch(streams.datastore().healthEvents(), standing.options())
                .subscribe(standing);
        Await.until("it is subscribed", TestStreams.SOON, () -> standing.start.get() != null);
        return standing;
    }

    private Throwable errorAfter(ResumeToken token) {
        AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
        AtomicInteger received = new AtomicInteger();
        Disposable watch = streams.get()
                .watch(
                        streams.datastore().healthEvents(),
                        WatchOptions.builder().startAt(StartAt.after(token)).build())
                .subscribe(change -> received.incrementAndGet(), failure::set);
        Throwable error = Await.until("an error", TestStreams.SOON, failure::get, thrown -> thrown != null);
        watch.dispose();
        assertThat(received).hasValue(0);
        return error;
    }

    private static List<String> nodes(Seen<ChangeEvent<HealthEventDocument>> seen) {
        return seen.events.stream()
                .map(change -> change.after().event().nodeName())
                .toList();
    }

    static List<String> names(String prefix, int first, int last) {
        return IntStream.rangeClosed(first, last).mapToObj(i -> prefix + i).toList();
    }

    /** Requests nothing by default. */
    private static final class Slow extends BaseSubscriber<ChangeEvent<HealthEventDocument>> {

        private final AtomicReference<@Nullable ResumeToken> start = new AtomicReference<>();
        private final AtomicReference<@Nullable Throwable> error = new AtomicReference<>();
        private final List<String> seen = new CopyOnWriteArrayList<>();

        WatchOptions options() {
            return WatchOptions.builder().onSubscribed(start::set).build();
        }

        @Override
        protected void hookOnSubscribe(org.reactivestreams.Subscription subscription) {}

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

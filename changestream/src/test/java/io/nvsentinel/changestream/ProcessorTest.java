// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nvsentinel.changestream.processing.DeadLetter;
import io.nvsentinel.changestream.processing.OnFailure;
import io.nvsentinel.changestream.processing.PermanentException;
import io.nvsentinel.changestream.processing.ProcessingStoppedException;
import io.nvsentinel.changestream.processing.ProcessorOptions;
import io.nvsentinel.datastore.Datastore;
import io.nvsentinel.datastore.error.InvalidDocumentException;
import io.nvsentinel.datastore.error.InvalidRequestException;
import io.nvsentinel.datastore.model.HealthEvent;
import io.nvsentinel.datastore.model.HealthEventDocument;
import io.nvsentinel.datastore.query.Filter;
import io.nvsentinel.datastore.query.Update;
import io.nvsentinel.testserver.Await;
import io.nvsentinel.testserver.PostgresDatabase;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import reactor.core.Disposable;

@Tag("essential")
class ProcessorTest {

    @RegisterExtension
    static final PostgresDatabase DATABASE = PostgresDatabase.from(Databases.MIGRATED);

    private static final Duration SOON = Duration.ofSeconds(20);
    private static final String CLIENT = "drainer";
    private static final RuntimeException BROKEN = new IllegalStateException("broken");

    private final Handlers handlers = new Handlers();
    private final AtomicReference<Throwable> failure = new AtomicReference<>();
    private final CountDownLatch ended = new CountDownLatch(1);
    private Datastore datastore;
    private ChangeStreams streams;

    private static final String BROKEN_DOCUMENT =
            "INSERT INTO health_events (data) VALUES ('{\"healthevent\":{\"nodeName\":[1]}}') RETURNING id";

    @BeforeEach
    void open() {
        datastore = Databases.connect(DATABASE.get());
        streams = ChangeStreams.of(datastore);
        DATABASE.execute("DELETE FROM resume_tokens; DELETE FROM dead_letters");
    }

    @AfterEach
    void close() {
        streams.close().block(SOON);
        datastore.close().block(SOON);
    }

    @Test
    void aPositionIsStoredAfterTheChangeIsHandledAndNotBefore() throws Exception {
        handlers.block("2");
        start(once());
        List<Long> ids = insert("n", "1", "2");
        Await.until("the first is stored", SOON, () -> stored() == ids.get(0));
        Await.until("the second has begun", SOON, () -> handlers.begun.size() == 2);
        assertThat(handlers.begun).containsExactly("1", "2");
        assertThat(stored()).isEqualTo(ids.get(0));
        handlers.release("2");
        Await.until("the second is stored", SOON, () -> stored() == ids.get(1));
    }

    @Test
    void aFailureStopsByDefaultAndTheChangeComesAgain() throws Exception {
        handlers.fail("2", BROKEN);
        start(once());
        List<Long> ids = insert("n", "1", "2", "3");
        assertThat(failed()).isInstanceOfSatisfying(ProcessingStoppedException.class, stopped -> {
            assertThat(stopped).hasMessageContaining("change " + ids.get(1)).hasCause(BROKEN);
            assertThat(stopped.isRetryable()).isTrue();
            assertThat(ResumeToken.parse(stopped.resumeToken()).position().id()).isEqualTo(ids.get(1));
        });
        assertThat(stored()).isEqualTo(ids.get(0));

        handlers.heal("2");
        start(once());
        Await.until("the rest", SOON, () -> handlers.done.size() == 3);
        assertThat(handlers.done).containsExactly("1", "2", "3");
    }

    @Test
    void aHandlerWhoseClassesDoNotFitStopsTheProcessor() throws Exception {
        CountDownLatch end = new CountDownLatch(1);
        AtomicReference<Throwable> error = new AtomicReference<>();
        streams.process(
                        datastore.healthEvents(),
                        WatchOptions.builder().clientName("misfit").build(),
                        once().build(),
                        change -> {
                            throw new NoClassDefFoundError("com/example/Shared");
                        })
                .doOnError(error::set)
                .onErrorComplete()
                .doOnTerminate(end::countDown)
                .subscribe();
        Await.until(
                "it is open",
                SOON,
                () -> DATABASE.queryForString("SELECT count(*) FROM resume_tokens WHERE client_name = 'misfit'")
                        .equals("1"));
        insert("n", "1");
        assertThat(end.await(20, TimeUnit.SECONDS)).isTrue();
        assertThat(error.get())
                .isInstanceOf(ProcessingStoppedException.class)
                .hasMessageContaining("com/example/Shared");
    }

    @Test
    void whoOwnsTheNameNoLongerCancelsItsHandlers() throws Exception {
        handlers.block("1");
        start(once());
        insert("n", "1");
        Await.until("it is begun", SOON, () -> handlers.begun.contains("1"));
        DATABASE.execute("DELETE FROM resume_tokens");
        assertThat(failed()).isInstanceOf(ClientFencedException.class);
        assertThat(handlers.cancelled).containsExactly("1");
    }

    @Test
    void aFailureCanBeSkipped() throws Exception {
        handlers.fail("1", BROKEN);
        start(once().onFailure(OnFailure.SKIP));
        List<Long> ids = insert("n", "1", "2");
        Await.until("both are stored", SOON, () -> stored() == ids.get(1));
        assertThat(handlers.done).containsExactly("2");
        assertThat(letters()).isEmpty();
    }

    @Test
    void aPermanentFailureIsAttemptedOnceKeptAndDoesNotStop() throws Exception {
        handlers.fail("1", PermanentException.of(BROKEN));
        start(quickly());
        List<Long> ids = insert("n", "1", "2");
        Await.until("both are stored", SOON, () -> stored() == ids.get(1));
        assertThat(handlers.attempts("1")).isEqualTo(1);
        assertThat(letters()).hasSize(1);
    }

    @Test
    void aDocumentThatCannotBeDecodedBecomesADeadLetterAndTheRestGoesOn() throws Exception {
        start(quickly().concurrency(4));
        insert("n", "1");
        String broken = DATABASE.queryForString(BROKEN_DOCUMENT);
        List<Long> ids = insert("n", "2");
        Await.until("all are stored", SOON, () -> stored() == ids.get(0));
        assertThat(handlers.done).containsExactly("1", "2");
        assertThat(letters()).singleElement().satisfies(letter -> {
            assertThat(letter.recordId()).hasToString(broken);
            assertThat(letter.errorClass()).isEqualTo(InvalidDocumentException.class.getName());
            assertThat(letter.attempts()).isEqualTo(1);
            assertThat(letter.resumeToken().position().id()).isEqualTo(ids.get(0) - 1);
        });

        streams.deadLetters().replayAll(CLIENT).block(SOON);
        Await.until("it was tried again", SOON, () -> letters().get(0).attempts() == 2);
        insert("n", "3");
        Await.until("the next", SOON, () -> handlers.done.contains("3"));
    }

    @Test
    void aDocumentThatCannotBeDecodedCanBeSkipped() throws Exception {
        start(quickly().onFailure(OnFailure.SKIP));
        DATABASE.queryForString(BROKEN_DOCUMENT);
        List<Long> ids = insert("n", "1");
        Await.until("both are stored", SOON, () -> stored() == ids.get(0));
        assertThat(handlers.done).containsExactly("1");
        assertThat(letters()).isEmpty();
    }

    @Test
    void aFailureIsAttemptedAgainAndMayPass() throws Exception {
        handlers.fail("1", BROKEN);
        start(quickly().maxAttempts(1_000_000));
        insert("n", "1", "2");
        Await.until("several attempts", SOON, () -> handlers.attempts("1") > 3);
        handlers.heal("1");
        Await.until("both", SOON, () -> handlers.done.size() == 2);
        assertThat(handlers.done).containsExactly("1", "2");
    }

    /** Its second write of the same value changes nothing, so there is no change that would call it once more. */
    @Test
    void aHandlerThatSetsAConstantOnItsOwnEventDoesNotLoop() throws Exception {
        List<String> handled = new CopyOnWriteArrayList<>();
        CountDownLatch subscribed = new CountDownLatch(1);
        WatchOptions watch = WatchOptions.builder()
                .clientName(CLIENT)
                .onSubscribed(token -> subscribed.countDown())
                .build();
        streams.process(
                        datastore.healthEvents(),
                        watch,
                        once().build(),
                        change -> datastore
                                .healthEvents()
                                .updateMany(Filter.eq("id", change.recordId()), Update.set("seen", true))
                                .doOnNext(result -> handled.add(Handlers.name(change) + " " + result.modified()))
                                .then())
                .subscribe();
        assertThat(subscribed.await(20, TimeUnit.SECONDS)).isTrue();
        insert("n", "1", "2");
        Await.until(
                "both are handled twice",
                SOON,
                () -> handled.stream().filter(each -> each.startsWith("2")).count() == 2);
        assertThat(handled).containsExactlyInAnyOrder("1 1", "2 1", "1 0", "2 0");
    }

    @Test
    void attemptsAreCounted() throws Exception {
        handlers.fail("1", BROKEN);
        start(quickly().maxAttempts(3));
        insert("n", "1");
        assertThat(failed()).hasMessageContaining("after attempt 3");
        assertThat(handlers.attempts("1")).isEqualTo(3);
    }

    @Test
    void eachKeyKeepsItsOrderWithSeveralWorkers() throws Exception {
        start(once().concurrency(4));
        List<HealthEventDocument> events = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            events.add(event("node-a", "a" + i));
            events.add(event("node-b", "b" + i));
        }
        datastore.healthEvents().insertMany(events).block(SOON);
        Await.until("all", SOON, () -> handlers.done.size() == 40);
        for (String node : List.of("a", "b")) {
            assertThat(handlers.done.stream().filter(name -> name.startsWith(node)))
                    .containsExactlyElementsOf(
                            IntStream.range(0, 20).mapToObj(i -> node + i).toList());
        }
    }

    @Test
    void aSlowKeyHoldsBackThePositionAndNotTheOthers() throws Exception {
        handlers.block("1");
        Disposable running = start(once().concurrency(4));
        long first = insert("node-a", "1").get(0);
        long second = insert("node-b", "2").get(0);
        Await.until("the second", SOON, () -> handlers.done.contains("2"));
        running.dispose();
        Await.until("all that may be stored is stored", SOON, ProcessorTest::isGivenUp);
        assertThat(stored()).isLessThan(first);

        start(once().concurrency(4));
        Await.until("the second again", SOON, () -> handlers.done.size() == 2);
        handlers.release("1");
        Await.until("both are stored", SOON, () -> stored() == second);
    }

    @Test
    void readingWaitsWhenTooManyAreInFlight() throws Exception {
        handlers.block("0");
        start(once().concurrency(2).maxInFlight(5));
        datastore
                .healthEvents()
                .insertMany(IntStream.range(0, 30)
                        .mapToObj(i -> event(i == 0 ? "node-a" : "node-b", "" + i))
                        .toList())
                .block(SOON);
        Await.until("as many as fit", SOON, () -> handlers.done.size() == 4);
        handlers.release("0");
        Await.until("all", SOON, () -> handlers.done.size() == 30);
        assertThat(handlers.begun.subList(0, 5)).containsExactly("0", "1", "2", "3", "4");
    }

    @Test
    void afterAPoisonousChangeTheNextOfItsKeyIsHandled() throws Exception {
        handlers.fail("1", BROKEN);
        start(once().concurrency(4).onFailure(OnFailure.SKIP));
        insert("node-a", "1", "2");
        Await.until("the second", SOON, () -> handlers.done.contains("2"));
    }

    @Test
    void anUnfinishedChangeIsNeverAcknowledgedWhateverThePolicy() throws Exception {
        for (OnFailure policy : OnFailure.values()) {
            try (Restart restart = new Restart()) {
                restart.handlers.block("1");
                restart.start(once().onFailure(policy).handlerTimeout(Duration.ofMillis(50)));
                long id = insert("n", "1").get(0);
                assertThat(restart.failed()).hasCauseInstanceOf(TimeoutException.class);
                assertThat(restart.handlers.cancelled).containsExactly("1");
                assertThat(stored()).isLessThan(id);
                assertThat(letters()).isEmpty();
            }
        }
    }

    @Test
    void cancellingDropsWhatWaits() throws Exception {
        handlers.block("1");
        Disposable running = start(once());
        List<Long> ids = insert("n", "1", "2", "3");
        Await.until("the first is begun", SOON, () -> handlers.begun.contains("1"));
        running.dispose();
        Await.until(
                "it was dead-lettered",
                SOON,
                () -> DATABASE.queryForString("SELECT leased_until FROM resume_tokens") == null);
        assertThat(handlers.begun).containsExactly("1");
        assertThat(handlers.cancelled).containsExactly("1");
        assertThat(stored()).isLessThan(ids.get(0));
    }

    @Test
    void closingLetsWhatIsBeingHandledComeToItsEnd() throws Exception {
        handlers.block("1");
        start(once());
        List<Long> ids = insert("n", "1", "2", "3");
        Await.until("the first is begun", SOON, () -> handlers.begun.contains("1"));
        Disposable closing = streams.close().subscribe();
        assertThat(closing.isDisposed()).isFalse();
        handlers.release("1");
        assertThat(failed()).isNull();
        Await.until("closed", SOON, closing::isDisposed);
        assertThat(handlers.begun).containsExactly("1");
        assertThat(stored()).isEqualTo(ids.get(0));
    }

    @Test
    void closingDoesNotWaitLongerThanToldTo() throws Exception {
        handlers.block("1");
        start(once().drainTimeout(Duration.ofMillis(20)));
        List<Long> ids = insert("n", "1");
        Await.until("it is begun", SOON, () -> handlers.begun.contains("1"));
        streams.close().block(SOON);
        assertThat(failed()).isNull();
        assertThat(handlers.cancelled).containsExactly("1");
        assertThat(stored()).isLessThan(ids.get(0));
    }

    @Test
    void changesWithoutANodeAreHandledInOrder() throws Exception {
        handlers.block("0");
        start(once().concurrency(4));
        datastore
                .healthEvents()
                .insertMany(
                        IntStream.range(0, 10).mapToObj(i -> event("", "" + i)).toList())
                .block(SOON);
        Await.until("the first is begun", SOON, () -> handlers.begun.contains("0"));
        handlers.release("0");
        Await.until("all", SOON, () -> handlers.done.size() == 10);
        assertThat(handlers.done)
                .containsExactlyElementsOf(
                        IntStream.range(0, 10).mapToObj(i -> "" + i).toList());
    }

    @Test
    void anotherKeyCanBeChosen() throws Exception {
        handlers.block("1");
        start(once().concurrency(2).key(change -> change.operation().name()));
        insert("node-a", "1");
        insert("node-b", "2");
        Await.until("the first", SOON, () -> handlers.begun.contains("1"));
        handlers.release("1");
        Await.until("both", SOON, () -> handlers.done.size() == 2);
        assertThat(handlers.done).containsExactly("1", "2");
    }

    @Test
    void aPositionThatCannotBeStoredStopsAndNamesTheChange() throws Exception {
        DATABASE.execute("""
                CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS
                $$ BEGIN RAISE EXCEPTION 'no more' USING ERRCODE = '23514'; END $$;
                CREATE TRIGGER refuse BEFORE UPDATE OF resume_token ON resume_tokens
                FOR EACH ROW EXECUTE FUNCTION refuse()""");
        try {
            start(once());
            long id = insert("n", "1").get(0);
            assertThat(failed())
                    .isInstanceOf(ProcessingStoppedException.class)
                    .hasMessageContaining("the position behind change " + id);
            assertThat(stored()).isLessThan(id);
        } finally {
            DATABASE.execute("DROP FUNCTION refuse CASCADE");
        }
    }

    /** The answer that held it was lost with the connection, so that this owner has taken it up and does not know it. */
    @Test
    void aReplayThatWasTakenUpWithoutAnAnswerIsTakenUpAgain() throws Exception {
        handlers.fail("1", new IllegalStateException("broken"));
        start(quickly().maxAttempts(1).onFailure(OnFailure.DEAD_LETTER));
        insert("n", "1");
        Await.until("it is a dead letter", SOON, () -> letters().size() == 1);
        handlers.heal("1");

        DATABASE.execute("UPDATE dead_letters SET replay_requested = true, replay_epoch ="
                + " (SELECT epoch FROM resume_tokens WHERE client_name = '" + CLIENT + "')");

        Await.until("it is replayed", SOON, () -> letters().isEmpty());
        assertThat(handlers.done).containsExactly("1");
    }

    @Test
    void deadLettersAreListedReplayedInOrderAndDeleted() throws Exception {
        for (String name : List.of("1", "2", "3")) {
            handlers.fail(name, new IllegalStateException("broken " + name));
        }
        start(quickly().maxAttempts(2).onFailure(OnFailure.DEAD_LETTER));
        List<Long> ids = insert("n", "1", "2", "3", "4");
        Await.until("all are stored", SOON, () -> stored() == ids.get(3));

        List<DeadLetter> letters = letters();
        assertThat(letters).extracting(DeadLetter::errorMessage).containsExactly("broken 1", "broken 2", "broken 3");
        assertThat(letters).allSatisfy(letter -> {
            assertThat(letter.clientName()).isEqualTo(CLIENT);
            assertThat(letter.collection()).isEqualTo("health_events");
            assertThat(letter.operation()).isEqualTo(Operation.INSERT);
            assertThat(letter.errorClass()).isEqualTo(IllegalStateException.class.getName());
            assertThat(letter.attempts()).isEqualTo(2);
            assertThat(letter.replayRequested()).isFalse();
        });
        assertThat(letters.get(0).resumeToken().position().id()).isEqualTo(ids.get(0));

        // What is replayed may be long gone from the changelog, of which retention keeps the last row.
        DATABASE.execute("SET nvsentinel.retention = 'on'; DELETE FROM datastore_changelog WHERE id < " + ids.get(3));
        handlers.heal("1");
        handlers.heal("2");
        assertThat(streams.deadLetters().counts().block(SOON)).isEqualTo(Map.of(CLIENT, 3L));
        assertThat(streams.deadLetters().replayAll(CLIENT).block(SOON)).isEqualTo(3);
        Await.until(
                "all were tried again",
                SOON,
                () -> letters().size() == 1 && !letters().get(0).replayRequested());
        assertThat(handlers.done).containsExactly("4", "1", "2");
        assertThat(letters().get(0).attempts()).isEqualTo(4);

        long left = letters().get(0).id();
        assertThat(streams.deadLetters().delete(left).block(SOON)).isTrue();
        assertThat(streams.deadLetters().delete(left).block(SOON)).isFalse();
        assertThat(streams.deadLetters().replay(left).block(SOON)).isFalse();
        assertThat(letters()).isEmpty();
    }

    @Test
    void theListenerHearsOfFailures() throws Exception {
        List<String> heard = new java.util.concurrent.CopyOnWriteArrayList<>();
        streams.close().block(SOON);
        streams = ChangeStreams.of(
                datastore,
                ChangeStreamOptions.builder()
                        .listener(new ChangeStreamListener() {
                            @Override
                            public void onHandlerFailed(
                                    String client, ChangeEvent<?> change, int attempt, Throwable error) {
                                heard.add(client + " failed " + attempt);
                            }

                            @Override
                            public void onDeadLetter(
                                    String client, ChangeEvent<?> change, int attempts, Throwable error) {
                                heard.add(client + " dead-lettered " + attempts);
                            }
                        })
                        .build());
        handlers.fail("1", BROKEN);
        start(quickly().maxAttempts(2).onFailure(OnFailure.DEAD_LETTER));
        insert("n", "1");
        Await.until("it was dead-lettered", SOON, () -> heard.size() == 3);
        assertThat(heard).containsExactly("drainer failed 1", "drainer failed 2", "drainer dead-lettered 2");
    }

    @Test
    void processingNeedsAClientName() {
        assertThatThrownBy(() -> streams.process(
                        datastore.healthEvents(),
                        WatchOptions.builder().build(),
                        ProcessorOptions.defaults(),
                        handlers))
                .isInstanceOf(InvalidRequestException.class)
                .hasMessageContaining("client name");
    }

    @Test
    void processingRefusesASnapshot() {
        for (WatchOptions.Builder snapshot : List.of(
                WatchOptions.builder().startAt(StartAt.snapshot()),
                WatchOptions.builder().onHistoryLost(OnHistoryLost.TAKE_SNAPSHOT))) {
            assertThatThrownBy(() -> streams.process(
                            datastore.healthEvents(),
                            snapshot.clientName(CLIENT).build(),
                            ProcessorOptions.defaults(),
                            handlers))
                    .isInstanceOf(InvalidRequestException.class)
                    .hasMessageContaining("snapshot");
        }
    }

    @Test
    void processingRefusesAClientThatIsStillWithinASnapshot() {
        insert("n", "1");
        WatchOptions snapshot = WatchOptions.builder()
                .clientName(CLIENT)
                .startAt(StartAt.snapshot())
                .build();
        // Not acknowledged, so the client has to take the snapshot again.
        streams.watch(datastore.healthEvents(), snapshot).blockFirst(SOON);

        assertThatThrownBy(() -> streams.process(
                                datastore.healthEvents(),
                                WatchOptions.builder().clientName(CLIENT).build(),
                                ProcessorOptions.defaults(),
                                handlers)
                        .block(SOON))
                .isInstanceOf(InvalidRequestException.class)
                .hasMessageContaining("snapshot");
    }

    private static ProcessorOptions.Builder once() {
        return ProcessorOptions.builder().maxAttempts(1);
    }

    private static ProcessorOptions.Builder quickly() {
        return ProcessorOptions.builder().minBackoff(Duration.ofMillis(1)).maxBackoff(Duration.ofMillis(2));
    }

    private Disposable start(ProcessorOptions.Builder options) throws InterruptedException {
        return start(options, handlers, failure, ended);
    }

    private Disposable start(
            ProcessorOptions.Builder options, Handlers with, AtomicReference<Throwable> error, CountDownLatch end)
            throws InterruptedException {
        CountDownLatch subscribed = new CountDownLatch(1);
        WatchOptions watch = WatchOptions.builder()
                .clientName(CLIENT)
                .onSubscribed(token -> subscribed.countDown())
                .build();
        Disposable running = streams.process(datastore.healthEvents(), watch, options.build(), with)
                .doOnError(error::set)
                .onErrorComplete()
                .doOnTerminate(end::countDown)
                .subscribe();
        assertThat(subscribed.await(20, TimeUnit.SECONDS)).isTrue();
        return running;
    }

    private Throwable failed() throws InterruptedException {
        assertThat(ended.await(20, TimeUnit.SECONDS)).isTrue();
        return failure.get();
    }

    /** A separate processor within a test. */
    private final class Restart implements AutoCloseable {

        private final Handlers handlers = new Handlers();
        private final AtomicReference<Throwable> failure = new AtomicReference<>();
        private final CountDownLatch ended = new CountDownLatch(1);

        void start(ProcessorOptions.Builder options) throws InterruptedException {
            ProcessorTest.this.start(options, handlers, failure, ended);
        }

        Throwable failed() throws InterruptedException {
            assertThat(ended.await(20, TimeUnit.SECONDS)).isTrue();
            return failure.get();
        }

        @Override
        public void close() {
            DATABASE.execute("DELETE FROM resume_tokens");
        }
    }

    private List<DeadLetter> letters() {
        return streams.deadLetters().list(CLIENT).collectList().block(SOON);
    }

    /** Stores events one after the other, each in its own transaction; returns the ids of their changes. */
    private List<Long> insert(String node, String... names) {
        List<UUID> records = new ArrayList<>();
        for (String name : names) {
            records.add(datastore.healthEvents().insert(event(node, name)).block(SOON));
        }
        return records.stream()
                .map(record -> Long.valueOf(
                        DATABASE.queryForString("SELECT min(id) FROM datastore_changelog WHERE record_id = ?", record)))
                .toList();
    }

    private static HealthEventDocument event(String node, String name) {
        HealthEvent.Builder event = HealthEvent.builder().checkName(name);
        return HealthEventDocument.of(Instant.now(), (node.isEmpty() ? event : event.nodeName(node)).build());
    }

    private static long stored() {
        return Long.parseLong(
                DATABASE.queryForString("SELECT position FROM resume_tokens WHERE client_name = ?", CLIENT));
    }

    private static boolean isGivenUp() {
        return DATABASE.queryForString("SELECT leased_until FROM resume_tokens") == null;
    }
}

// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream;

import static org.assertj.core.api.Assertions.assertThat;

import io.nvsentinel.changestream.TestStreams.Seen;
import io.nvsentinel.changestream.processing.OnFailure;
import io.nvsentinel.changestream.processing.ProcessorOptions;
import io.nvsentinel.datastore.DocumentCollection;
import io.nvsentinel.datastore.codec.DocumentCodec;
import io.nvsentinel.testserver.Await;
import io.nvsentinel.testserver.PostgresDatabase;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import reactor.core.publisher.Mono;

/** Errors of the JVM, which Reactor rethrows instead of signalling them, in what users of the library wrote. */
class JvmErrorTest {

    @RegisterExtension
    static final PostgresDatabase DATABASE = PostgresDatabase.from(Databases.MIGRATED);

    private static final Duration SOON = TestStreams.SOON;

    @RegisterExtension
    final TestStreams streams =
            new TestStreams(DATABASE, ChangeStreamOptions.builder().listener(new ChangeStreamListener() {
                @Override
                public void onPageRead(int rows, long bytes, boolean catchingUp) {
                    if (listenerFails) {
                        throw new NoClassDefFoundError("listener");
                    }
                }

                @Override
                public void onTokenStored(String clientName, ResumeToken token) {
                    if (listenerFails) {
                        throw new StackOverflowError("listener");
                    }
                }
            }));

    private volatile boolean listenerFails;
    private volatile Error error = new StackOverflowError("x");

    static Stream<Error> errors() {
        return Stream.of(
                new OutOfMemoryError("thrown by a test"),
                new StackOverflowError("thrown by a test"),
                new NoClassDefFoundError("thrown by a test"));
    }

    @BeforeEach
    void clean() {
        DATABASE.execute("DELETE FROM resume_tokens; DELETE FROM dead_letters; DELETE FROM handled_changes");
    }

    private static void raise(Error error) {
        throw error;
    }

    /** A codec that cannot read the documents whose name is broken. */
    private DocumentCollection<String> collection() {
        return streams.datastore().collection("health_events", new DocumentCodec<String>() {
            @Override
            public byte[] encode(String value) {
                return value.getBytes(StandardCharsets.UTF_8);
            }

            @Override
            public String decode(byte[] json) {
                String text = new String(json, StandardCharsets.UTF_8);
                if (text.contains("broken")) {
                    raise(error);
                }
                return text.replaceAll(".*\"nodeName\": *\"([^\"]*)\".*", "$1");
            }
        });
    }

    @ParameterizedTest
    @MethodSource("errors")
    void aCodecThatFailsMakesTheChangeUndecodable(Error thrown) {
        error = thrown;
        List<UndecodableChange> undecodable = new CopyOnWriteArrayList<>();
        Seen<ChangeEvent<String>> seen = streams.watch(
                WatchOptions.builder().onUndecodable(undecodable::add),
                options -> streams.get().watch(collection(), options));
        streams.insertHealth("a");
        streams.insertHealth("broken");
        streams.insertHealth("b");
        assertThat(seen.await(2)).extracting(ChangeEvent::after).containsExactly("a", "b");
        assertThat(undecodable)
                .singleElement()
                .satisfies(change -> assertThat(change.error()).hasCause(thrown));
    }

    @ParameterizedTest
    @MethodSource("errors")
    void aCodecThatFailsMakesADeadLetterInAProcessor(Error thrown) {
        error = thrown;
        List<String> done = new CopyOnWriteArrayList<>();
        CountDownLatch subscribed = new CountDownLatch(1);
        streams.get()
                .process(
                        collection(),
                        named(subscribed),
                        ProcessorOptions.defaults(),
                        change -> Mono.fromRunnable(() -> done.add(change.after())))
                .subscribe();
        await(subscribed);
        Stream.of("a", "broken", "b").forEach(streams::insertHealth);
        Await.until("both others", SOON, () -> done.equals(List.of("a", "b")));
        Await.until("a dead letter", SOON, () -> letters() == 1);
    }

    @ParameterizedTest
    @MethodSource("errors")
    void aHandlerThatThrowsIsAttemptedAgainAndThenADeadLetter(Error thrown) {
        Consumer<String> way = name -> raise(thrown);
        handle(change -> Mono.defer(() -> {
            way.accept(name(change));
            return Mono.empty();
        }));
        handle(change -> {
            way.accept(name(change));
            return Mono.empty();
        });
        handle(change -> Mono.fromRunnable(() -> way.accept(name(change))));
        handle(change -> Mono.just(name(change)).doOnNext(way).then());
        handle(change -> Mono.error(thrown));
    }

    private interface Handler {
        Mono<Void> apply(ChangeEvent<String> change);
    }

    /** In plain processing and in a transaction: the change that fails is a dead letter after two attempts, the next is handled. */
    private void handle(Handler failing) {
        for (boolean inTransaction : List.of(false, true)) {
            clean();
            ProcessorOptions options = ProcessorOptions.builder()
                    .maxAttempts(2)
                    .minBackoff(Duration.ofMillis(1))
                    .onFailure(OnFailure.DEAD_LETTER)
                    .build();
            List<String> done = new CopyOnWriteArrayList<>();
            CountDownLatch subscribed = new CountDownLatch(1);
            Handler handler = change -> name(change).equals("fails")
                    ? failing.apply(change)
                    : Mono.fromRunnable(() -> done.add(name(change)));
            Mono<Void> running = inTransaction
                    ? streams.get()
                            .processInTransaction(
                                    collection(),
                                    named(subscribed),
                                    options,
                                    (change, session) -> handler.apply(change))
                    : streams.get().process(collection(), named(subscribed), options, handler::apply);
            var subscription = running.subscribe();
            await(subscribed);
            Stream.of("fails", "works").forEach(streams::insertHealth);
            Await.until("the other", SOON, () -> done.equals(List.of("works")));
            Await.until("a dead letter", SOON, () -> letters() == 1);
            assertThat(DATABASE.queryForString("SELECT attempts FROM dead_letters"))
                    .isEqualTo("2");
            subscription.dispose();
            Await.until(
                    "released", SOON, () -> DATABASE.queryForString("SELECT leased_until FROM resume_tokens") == null);
        }
    }

    @Test
    void aSubscriberThatThrowsEndsItsWatchAndGivesTheNameUp() {
        Seen<String> seen = streams.watch(
                WatchOptions.builder().clientName("thrower"),
                options -> streams.get().watch(collection(), options).concatMap(change -> {
                    if (name(change).equals("fails")) {
                        raise(error);
                    }
                    change.acknowledge();
                    return Mono.just(name(change));
                }));
        Stream.of("a", "fails", "b").forEach(streams::insertHealth);
        assertThat(seen.awaitError())
                .isInstanceOf(CallbackFailedException.class)
                .hasCause(error);
        assertThat(seen.events).containsExactly("a");
        Await.until("released", SOON, () -> DATABASE.queryForString("SELECT leased_until FROM resume_tokens") == null);
    }

    @Test
    void aCallbackThatThrowsEndsItsWatch() {
        streams.insertHealth("before");
        for (WatchOptions.Builder options : List.of(
                WatchOptions.builder().onCheckpoint(token -> raise(error)),
                WatchOptions.builder().clientName("callback").onCheckpoint(token -> raise(error)),
                WatchOptions.builder().onUndecodable(change -> raise(error)))) {
            Seen<ChangeEvent<String>> seen = streams.watch(
                    options, built -> streams.get().watch(collection(), built).doOnNext(ChangeEvent::acknowledge));
            streams.insertHealth("broken");
            assertThat(seen.awaitError())
                    .isInstanceOf(CallbackFailedException.class)
                    .hasCause(error);
        }
        AtomicReference<Throwable> failure = new AtomicReference<>();
        streams.get()
                .watch(
                        collection(),
                        WatchOptions.builder()
                                .onSubscribed(token -> raise(error))
                                .build())
                .subscribe(event -> {}, failure::set);
        Await.until("it ended", SOON, () -> failure.get() != null);
        assertThat(failure.get()).isInstanceOf(CallbackFailedException.class).hasCause(error);
    }

    @Test
    void aKeyThatThrowsEndsTheProcessor() {
        AtomicReference<Throwable> failure = new AtomicReference<>();
        CountDownLatch subscribed = new CountDownLatch(1);
        streams.get()
                .process(
                        collection(),
                        named(subscribed),
                        ProcessorOptions.builder()
                                .key(change -> {
                                    raise(error);
                                    return "";
                                })
                                .build(),
                        change -> Mono.empty())
                .subscribe(nothing -> {}, failure::set);
        await(subscribed);
        streams.insertHealth("a");
        Await.until("it ended", SOON, () -> failure.get() != null);
        assertThat(failure.get()).isInstanceOf(CallbackFailedException.class).hasCause(error);
    }

    @Test
    void aListenerThatThrowsBreaksNothing() {
        listenerFails = true;
        Seen<ChangeEvent<String>> seen = streams.watch(
                WatchOptions.builder().clientName("listened"),
                options -> streams.get().watch(collection(), options).doOnNext(ChangeEvent::acknowledge));
        streams.insertHealth("a");
        seen.await(1);
        Await.until(
                "the position is stored",
                SOON,
                () -> Long.parseLong(DATABASE.queryForString("SELECT position FROM resume_tokens"))
                        == Long.parseLong(DATABASE.queryForString("SELECT max(id) FROM datastore_changelog")));
        assertThat(seen.error).isNull();
    }

    private static WatchOptions named(CountDownLatch subscribed) {
        return WatchOptions.builder()
                .clientName("jvm")
                .onSubscribed(token -> subscribed.countDown())
                .build();
    }

    private static void await(CountDownLatch latch) {
        try {
            assertThat(latch.await(30, TimeUnit.SECONDS)).isTrue();
        } catch (InterruptedException e) {
            throw new IllegalStateException("Interrupted", e);
        }
    }

    private static String name(ChangeEvent<String> change) {
        return String.valueOf(change.after());
    }

    private static long letters() {
        return Long.parseLong(DATABASE.queryForString("SELECT count(*) FROM dead_letters"));
    }
}

// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nvsentinel.changestream.processing.ProcessorOptions;
import io.nvsentinel.datastore.BatchOptions;
import io.nvsentinel.datastore.Datastore;
import io.nvsentinel.datastore.DocumentCollection;
import io.nvsentinel.datastore.query.Filter;
import io.nvsentinel.datastore.query.Query;
import io.nvsentinel.testserver.PostgresDatabase;
import java.lang.reflect.Method;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BiFunction;
import java.util.function.LongFunction;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.reactivestreams.Publisher;
import org.reactivestreams.Subscription;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** The library's publishers keep the rules of Reactive Streams, as the specification's own kit tests them. */
class ReactiveStreamsTest {

    private static final int ROWS = 30;

    @RegisterExtension
    static final PostgresDatabase DATABASE = PostgresDatabase.from(Databases.MIGRATED);

    @RegisterExtension
    final TestStreams streams = new TestStreams(DATABASE, ChangeStreamOptions.builder());

    private final AtomicLong clients = new AtomicLong();
    private final Set<Mono<Void>> closing = ConcurrentHashMap.newKeySet();
    private DocumentCollection<Map<String, Object>> collection;
    private Datastore closed;

    @BeforeAll
    static void fill() {
        DATABASE.execute(
                "INSERT INTO health_events (data) SELECT jsonb_build_object('number', n) FROM generate_series(0, "
                        + (ROWS - 1) + ") AS n");
    }

    @BeforeEach
    void open() {
        collection = streams.collection("health_events");
        closed = Databases.connect(DATABASE.get());
        closed.close().block(TestStreams.SOON);
    }

    @AfterEach
    void close() {
        Mono.when(closing).block(TestStreams.SOON);
    }

    @TestFactory
    Stream<DynamicTest> watch() {
        return endless(
                elements -> streams.get().watch(collection, changes(elements).build()));
    }

    @TestFactory
    Stream<DynamicTest> watchOfASnapshot() {
        return endless(elements -> streams.get()
                .watch(collection, changes(elements).startAt(StartAt.snapshot()).build()));
    }

    @TestFactory
    Stream<DynamicTest> watchOfANamedClient() {
        return endless(elements -> Flux.defer(() -> streams.get()
                .watch(
                        collection,
                        changes(elements)
                                .clientName("client-" + clients.incrementAndGet())
                                .build())
                .doOnNext(ChangeEvent::acknowledge)));
    }

    @TestFactory
    Stream<DynamicTest> watchUntilItsStreamsAreClosed() {
        return finite(elements -> closedAfter(
                elements,
                (own, end) -> own.watch(
                                collection,
                                changes(elements)
                                        .onSubscribed(token -> end.run())
                                        .build())
                        .doOnNext(change -> end.run())));
    }

    @TestFactory
    Stream<DynamicTest> process() {
        return new PublisherRules(
                        0,
                        elements -> closedAfter(
                                ROWS,
                                (own, end) -> own.process(
                                                collection,
                                                changes(ROWS)
                                                        .clientName("client-" + clients.incrementAndGet())
                                                        .onSubscribed(token -> end.run())
                                                        .build(),
                                                ProcessorOptions.defaults(),
                                                change -> Mono.fromRunnable(end))
                                        .flux()),
                        failed())
                .tests();
    }

    /** Change streams that are closed by the last of so many changes, or once subscribed if there are none. */
    private <T> Flux<T> closedAfter(long changes, BiFunction<ChangeStreams, Runnable, Flux<T>> watch) {
        return Flux.defer(() -> {
            ChangeStreams own = ChangeStreams.of(streams.datastore());
            Mono<Void> close = own.close().cache();
            closing.add(close);
            AtomicLong missing = new AtomicLong(changes + 1);
            return watch.apply(own, () -> {
                if (missing.decrementAndGet() == 0) {
                    close.subscribe();
                }
            });
        });
    }

    @TestFactory
    Stream<DynamicTest> find() {
        return finite(elements -> collection.find(query(elements)));
    }

    @TestFactory
    Stream<DynamicTest> findPages() {
        return finite(elements -> collection.findPages(query(elements).pageSize(1)));
    }

    @TestFactory
    Stream<DynamicTest> insertStream() {
        return finite(elements -> collection.insertStream(
                Flux.range(0, (int) Math.min(elements, ROWS)).map(n -> Map.of("inserted", n)),
                BatchOptions.builder().maxDocuments(1).build()));
    }

    @Test
    void aPublisherThatIgnoresDemandIsFound() {
        Publisher<Object> careless = subscriber -> subscriber.onSubscribe(new Subscription() {
            @Override
            public void request(long elements) {
                subscriber.onNext("requested");
                subscriber.onNext("not requested");
            }

            @Override
            public void cancel() {
                // There is nothing to release.
            }
        });
        PublisherRules rules = new PublisherRules(Integer.MAX_VALUE, elements -> careless, failed());
        Method demand = PublisherRules.rules()
                .filter(rule -> rule.getName().startsWith("required_spec101"))
                .findFirst()
                .orElseThrow();
        assertThatThrownBy(() -> rules.run(demand))
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining("produced unrequested");
    }

    private Stream<DynamicTest> endless(LongFunction<? extends Publisher<?>> publisher) {
        return new PublisherRules(Long.MAX_VALUE, publisher, failed()).tests();
    }

    private Stream<DynamicTest> finite(LongFunction<? extends Publisher<?>> publisher) {
        return new PublisherRules(Integer.MAX_VALUE, publisher, failed()).tests();
    }

    private Publisher<?> failed() {
        return closed.healthEvents().find(Filter.all());
    }

    private static WatchOptions.Builder changes(long elements) {
        return WatchOptions.builder().startAt(StartAt.beginning()).filter(Filter.lt("fullDocument.number", elements));
    }

    private static Query query(long elements) {
        return Query.where(Filter.lt("number", elements));
    }
}

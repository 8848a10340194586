// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.failover;

import io.nvsentinel.changestream.ChangeEvent;
import io.nvsentinel.changestream.ChangeStreams;
import io.nvsentinel.changestream.HistoryForkedException;
import io.nvsentinel.changestream.StartAt;
import io.nvsentinel.changestream.WatchOptions;
import io.nvsentinel.datastore.Datastore;
import io.nvsentinel.datastore.DatastoreOptions;
import io.nvsentinel.datastore.Health;
import io.nvsentinel.datastore.error.OutcomeUnknownException;
import io.nvsentinel.datastore.error.UnavailableException;
import io.nvsentinel.datastore.model.HealthEvent;
import io.nvsentinel.datastore.model.HealthEventDocument;
import io.nvsentinel.testserver.Await;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.util.retry.Retry;

/**
 * An application: writers that store numbered events one by one, each again if it is certain that nothing was written, and a
 * named client that receives the changes, and opens its watch again if the history was set back.
 */
final class Load implements AutoCloseable {

    static final int WRITERS = 16;

    private static final Duration PAUSE = Duration.ofMillis(5);
    private static final Duration BEFORE_RETRY = Duration.ofMillis(50);
    private static final Duration BETWEEN_LOOKS = Duration.ofMillis(200);
    private static final Duration CLOSING = Duration.ofSeconds(60);

    private final Datastore datastore;
    private final ChangeStreams streams;
    private final Disposable writing;
    private final Disposable watching;
    private final Disposable looking;
    private final Queue<Long> notUp = new ConcurrentLinkedQueue<>();
    private final long first;
    private final AtomicLong next;
    private final AtomicInteger unavailable = new AtomicInteger();
    private final AtomicInteger unknown = new AtomicInteger();
    private final AtomicInteger forks = new AtomicInteger();
    private final Map<Long, Long> acknowledged = new ConcurrentHashMap<>();
    private final Queue<Received> received = new ConcurrentLinkedQueue<>();
    private final Queue<Throwable> unexpected = new ConcurrentLinkedQueue<>();
    private volatile boolean over;

    private record Received(long number, long nanos) {}

    private Load(Datastore datastore, long first) {
        this.datastore = datastore;
        this.first = first;
        this.next = new AtomicLong(first);
        this.streams = ChangeStreams.of(datastore);
        this.watching = watch().subscribe(this::receive, unexpected::add);
        this.looking = datastore
                .health()
                .doOnNext(this::look)
                .then(Mono.delay(BETWEEN_LOOKS))
                .repeat()
                .subscribe(nothing -> {}, unexpected::add);
        this.writing =
                Flux.range(0, WRITERS).flatMap(writer -> write(), WRITERS).subscribe(nothing -> {}, unexpected::add);
    }

    /**
     * Starts it.
     *
     * @param first the first event's number; changes of smaller ones are those of an earlier load
     */
    static Load start(DatastoreOptions options, long first) {
        return new Load(Objects.requireNonNull(Datastore.connect(options).block(CLOSING)), first);
    }

    private Flux<ChangeEvent<HealthEventDocument>> watch() {
        WatchOptions options = WatchOptions.builder()
                .clientName("failover")
                .startAt(StartAt.beginning())
                .build();
        return Flux.defer(() -> streams.watch(datastore.healthEvents(), options))
                .retryWhen(Retry.indefinitely()
                        .filter(HistoryForkedException.class::isInstance)
                        .doBeforeRetry(fork -> forks.incrementAndGet()));
    }

    private void receive(ChangeEvent<HealthEventDocument> change) {
        HealthEventDocument document = Objects.requireNonNull(change.after(), "an insert has a document");
        long number = number(document.event().nodeName());
        if (number >= first) {
            received.add(new Received(number, System.nanoTime()));
        }
        change.acknowledge();
    }

    private void look(Health health) {
        if (health.state() != Health.State.UP) {
            notUp.add(System.nanoTime());
        }
    }

    private Mono<Void> write() {
        return Mono.delay(PAUSE)
                .then(Mono.defer(() -> store(next.getAndIncrement())))
                .repeat(() -> !over)
                .then();
    }

    private Mono<Void> store(long number) {
        HealthEventDocument event = HealthEventDocument.of(
                Instant.now(), HealthEvent.builder().nodeName("node-" + number).build());
        return datastore
                .healthEvents()
                .insert(event)
                .doOnNext(id -> acknowledged.put(number, System.nanoTime()))
                .then()
                .retryWhen(Retry.fixedDelay(Long.MAX_VALUE, BEFORE_RETRY)
                        .filter(error -> error instanceof UnavailableException && !over)
                        .doBeforeRetry(error -> unavailable.incrementAndGet()))
                .onErrorResume(OutcomeUnknownException.class, error -> {
                    unknown.incrementAndGet();
                    return Mono.empty();
                })
                .onErrorResume(error -> {
                    if (!(error instanceof UnavailableException)) {
                        unexpected.add(error);
                    }
                    return Mono.empty();
                });
    }

    static long number(@Nullable String nodeName) {
        return Long.parseLong(Objects.requireNonNull(nodeName).substring("node-".length()));
    }

    Datastore datastore() {
        return datastore;
    }

    /** Waits until so many writes after a moment were acknowledged, and so many other changes than before it received. */
    void awaitFlow(String when, long sinceNanos, int count, Duration max) {
        Await.until(
                count + " writes " + when,
                max,
                () -> failed() || countSince(acknowledged.values(), sinceNanos) >= count);
        Await.until(
                count + " changes " + when,
                max,
                () -> failed() || changesSince(sinceNanos).size() >= count);
        requireNoSurprise();
    }

    private boolean failed() {
        return !unexpected.isEmpty();
    }

    /** Any error that the library does not document for a failover. */
    void requireNoSurprise() {
        Throwable surprise = unexpected.peek();
        if (surprise != null) {
            throw new IllegalStateException("A writer or the watch failed: " + surprise.getMessage(), surprise);
        }
    }

    private static long countSince(Iterable<Long> times, long sinceNanos) {
        long count = 0;
        for (long time : times) {
            count += time > sinceNanos ? 1 : 0;
        }
        return count;
    }

    /** Received after a moment, of writes that were not acknowledged before it. */
    private List<Received> changesSince(long sinceNanos) {
        return received.stream()
                .filter(change -> change.nanos() > sinceNanos)
                .filter(change -> acknowledged.getOrDefault(change.number(), Long.MAX_VALUE) > sinceNanos)
                .toList();
    }

    /** Ends the writers, and waits until those under way have ended. */
    void stopWriting() {
        over = true;
        Await.until("the end of the writers", CLOSING, writing::isDisposed);
        requireNoSurprise();
    }

    /** Waits until every event of a list has been received, or no further one comes. */
    void awaitReceived(List<Long> numbers, Duration max) {
        try {
            Await.until(
                    "the last changes", max, () -> failed() || receivedNumbers().containsAll(numbers));
        } catch (AssertionError | RuntimeException missing) {
            // The table shows how many.
            return;
        }
        requireNoSurprise();
    }

    List<Long> acknowledgedNumbers() {
        return List.copyOf(acknowledged.keySet());
    }

    /** Each as often as it was received. */
    List<Long> allReceived() {
        return received.stream().map(Received::number).toList();
    }

    Set<Long> receivedNumbers() {
        return new HashSet<>(allReceived());
    }

    /** The first write that was acknowledged after a moment. */
    Duration untilWrites(long sinceNanos) {
        return until(
                acknowledged.values().stream().filter(time -> time > sinceNanos).toList(), Long::longValue, sinceNanos);
    }

    /** The first change after a moment that is none of before it. */
    Duration untilChanges(long sinceNanos) {
        return until(changesSince(sinceNanos), Received::nanos, sinceNanos);
    }

    private static <T> Duration until(List<T> all, ToLongFunction<T> time, long sinceNanos) {
        long first = all.stream().mapToLong(time).min().orElseThrow();
        return Duration.ofNanos(first - sinceNanos);
    }

    /** When health() said first after a moment that the datastore is not up. */
    Optional<Duration> untilHealth(long sinceNanos) {
        return notUp.stream()
                .filter(time -> time > sinceNanos)
                .min(Comparator.naturalOrder())
                .map(time -> Duration.ofNanos(time - sinceNanos));
    }

    /** The longest time without any acknowledged write. */
    Duration longestStall() {
        List<Long> times = new ArrayList<>(acknowledged.values());
        times.sort(null);
        long longest = 0;
        for (int i = 1; i < times.size(); i++) {
            longest = Math.max(longest, times.get(i) - times.get(i - 1));
        }
        return Duration.ofNanos(longest);
    }

    int unavailable() {
        return unavailable.get();
    }

    int unknown() {
        return unknown.get();
    }

    int forks() {
        return forks.get();
    }

    @Override
    public void close() {
        over = true;
        watching.dispose();
        looking.dispose();
        writing.dispose();
        streams.close().block(CLOSING);
        datastore.close().block(CLOSING);
    }
}

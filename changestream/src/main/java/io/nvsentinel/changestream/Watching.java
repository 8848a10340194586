// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream;

import io.nvsentinel.changestream.internal.callback.Callbacks;
import io.nvsentinel.changestream.internal.capture.CaptureStates;
import io.nvsentinel.changestream.internal.changelog.ChangelogReader;
import io.nvsentinel.changestream.internal.changelog.Records;
import io.nvsentinel.changestream.internal.client.Leaving;
import io.nvsentinel.changestream.internal.client.OwnerText;
import io.nvsentinel.changestream.internal.client.ReleasableHandle;
import io.nvsentinel.changestream.internal.client.ResumeTokens;
import io.nvsentinel.changestream.internal.tail.RetryPolicy;
import io.nvsentinel.changestream.internal.tail.Tail;
import io.nvsentinel.changestream.internal.tail.TailSettings;
import io.nvsentinel.changestream.internal.wakeup.NotificationListener;
import io.nvsentinel.changestream.internal.wakeup.WakeUpSignal;
import io.nvsentinel.datastore.codec.JsonCodec;
import io.nvsentinel.datastore.internal.LateErrors;
import io.nvsentinel.datastore.internal.connection.Connections;
import io.nvsentinel.datastore.internal.store.DefaultDatastore;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Scheduler;

/** Opens the watches of one process, restarts those that lost their history, and closes them. They share one reader. */
final class Watching {

    private final Tail tail;
    private final NotificationListener listening;
    private final boolean listens;
    private final ResumeTokens tokens;
    private final Records records;
    private final RetryPolicy patience;
    private final Opening opening;
    private final JsonCodec json;
    private final LagReports lagReports;
    private final ChangeStreamListener listener;
    private final Scheduler timer;
    private final Stalls stalls;
    private final Mono<Void> inspections;
    private final Set<ReleasableHandle> handles = ConcurrentHashMap.newKeySet();
    private final Leaving leaving = new Leaving();
    private final Sinks.Empty<Void> closing = Sinks.empty();

    /**
     * Nothing is read yet.
     *
     * @param datastore what is watched
     * @param options how changes are read
     * @param listener is notified of what happens
     * @param lagReports reports how far clients are behind
     * @param captureStates is looked at while something is watched
     * @param stallBounds when a watch stands still
     * @param timer provides the time and delays
     */
    Watching(
            DefaultDatastore datastore,
            ChangeStreamOptions options,
            ChangeStreamListener listener,
            LagReports lagReports,
            CaptureStates captureStates,
            Stalls.Bounds stallBounds,
            Scheduler timer) {
        this.json = datastore.json();
        this.listens = options.listen();
        this.lagReports = lagReports;
        this.listener = listener;
        this.timer = timer;
        Connections connections = datastore.connections();
        long maxDocumentBytes = datastore.options().maxDocumentBytes();
        ChangelogReader reader =
                new ChangelogReader(connections, options.batchSize(), options.maxBatchBytes(), maxDocumentBytes);
        WakeUpSignal wakeUpSignal = new WakeUpSignal();
        this.listening = new NotificationListener(connections, wakeUpSignal, timer, listener);
        this.patience = new RetryPolicy(options.maxOutage(), timer, listener, connections.recoveries());
        Duration pollInterval =
                options.pollInterval().orElse(datastore.options().pollInterval());
        this.tail =
                new Tail(reader, listening, wakeUpSignal, new TailSettings(pollInterval, patience, timer, listener));
        this.tokens = new ResumeTokens(connections, json, owner(datastore), timer);
        this.records = new Records(connections, options.batchSize(), options.maxBatchBytes(), maxDocumentBytes);
        this.opening = new Opening(reader, tail, tokens, patience);
        this.stalls = new Stalls(Mono.defer(reader::newest), stallBounds, timer);
        this.inspections = Mono.when(captureStates.reporting(listener, timer), stalls.looking())
                .share();
    }

    /** Who this process is, for people who look at the table of clients. */
    static String owner(DefaultDatastore datastore) {
        return OwnerText.of(
                datastore.options().applicationName(), ProcessHandle.current().pid(), System.getenv("HOSTNAME"));
    }

    /** Finds where a client starts. */
    Opening opening() {
        return opening;
    }

    RetryPolicy patience() {
        return patience;
    }

    Stalls stalls() {
        return stalls;
    }

    <T> Flux<ChangeEvent<T>> watch(Watched<T> watched, WatchOptions options) {
        // A filter that cannot be evaluated is rejected here, before the first subscription.
        watched.selection(options.filter());
        return Callbacks.guarded(Flux.defer(() -> {
            Restarts restarts = restarts(options, closing.asMono());
            return Flux.defer(() -> withWatch(
                            Watch.Request.of(watched, options),
                            restarts.cause(),
                            closing.asMono(),
                            watch -> untilError(events(watch, options), watch.keep(null))
                                    .takeUntilOther(closing.asMono())))
                    .retryWhen(restarts.retry());
        }));
    }

    /** When to restart a watch that lost its history. */
    Restarts restarts(WatchOptions options, Mono<Void> stop) {
        return new Restarts(options, timer, stop);
    }

    /** Like takeUntilOther, but an error of the other publisher also ends the source. */
    private static <T> Flux<T> untilError(Flux<T> events, Mono<Void> other) {
        return Flux.defer(() -> {
            AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
            return events.takeUntilOther(other.doOnError(failure::set).onErrorComplete())
                    .concatWith(Mono.defer(() -> {
                        Throwable error = failure.get();
                        return error == null ? Mono.empty() : Mono.error(error);
                    }));
        });
    }

    <T> Flux<ChangeEvent<T>> events(Watch<T> watch, WatchOptions options) {
        Flux<ChangeEvent<T>> events = watch.events(tail, records, patience::with)
                .doFirst(() -> Callbacks.accept("onSubscribed", options.onSubscribed(), watch.startToken()));
        Flux<ChangeEvent<T>> reported = events.takeUntilOther(inspections);
        return listens ? reported.takeUntilOther(listening.session()) : reported;
    }

    /**
     * Opens a watch, and closes it when its use ends.
     *
     * @param lost why the history of the previous watch was lost; null if there was none
     * @param stop completes when opening is to be cancelled
     */
    <T, R> Flux<R> withWatch(
            Watch.Request<T> request, @Nullable Throwable lost, Mono<Void> stop, Function<Watch<T>, Publisher<R>> use) {
        return Flux.usingWhen(
                        Mono.fromSupplier(this::handle),
                        handle -> leaving.after(request.options().clientName(), timer)
                                .then(Mono.defer(() -> open(request, lost, handle)))
                                .takeUntilOther(stop)
                                .flatMapMany(use),
                        handle -> end(request, handle, null),
                        (handle, error) -> end(request, handle, error),
                        handle -> end(request, handle, null))
                .contextWrite(LateErrors::quietly);
    }

    private ReleasableHandle handle() {
        ReleasableHandle handle = new ReleasableHandle();
        handles.add(handle);
        return handle;
    }

    private Mono<Void> end(Watch.Request<?> request, ReleasableHandle handle, @Nullable Throwable error) {
        return leaving.during(request.options().clientName(), handle.end(error))
                .doFinally(signal -> handles.remove(handle));
    }

    private <T> Mono<Watch<T>> open(Watch.Request<T> request, @Nullable Throwable lost, ReleasableHandle handle) {
        return opening.open(request, lost, handle)
                .map(opened -> new Watch<>(
                        request, json, opened, new Watch.Store(request.tokens(tokens), listener, lagReports, timer)))
                .filter(watch -> handle.holdInstead(() -> join(watch)));
    }

    private ReleasableHandle.Held join(Watch<?> watch) {
        stalls.opened(watch);
        tail.join(watch.selection(), watch::foreign);
        watch.taken();
        return error -> leave(watch, error);
    }

    private Mono<Void> leave(Watch<?> watch, @Nullable Throwable error) {
        tail.leave(watch.selection());
        return watch.close().doFinally(signal -> {
            stalls.closed(watch);
            watch.ended(error);
        });
    }

    /** Completes when every watch has to end. */
    Mono<Void> closing() {
        return closing.asMono();
    }

    /** Ends every watch, and rejects new ones. */
    void close() {
        closing.tryEmitEmpty();
    }

    /** For each open watch, what completes when it has ended. */
    Stream<Mono<Void>> ended() {
        return handles.stream().map(ReleasableHandle::ended);
    }
}

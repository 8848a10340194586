// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream;

import io.nvsentinel.changestream.internal.callback.Callbacks;
import io.nvsentinel.changestream.internal.process.DeadLetterTable;
import io.nvsentinel.changestream.internal.process.Effect;
import io.nvsentinel.changestream.internal.process.Outage;
import io.nvsentinel.changestream.internal.process.PlainEffect;
import io.nvsentinel.changestream.internal.process.TransactionalEffect;
import io.nvsentinel.changestream.processing.GroupOptions;
import io.nvsentinel.changestream.processing.ProcessorOptions;
import io.nvsentinel.datastore.DatastoreSession;
import io.nvsentinel.datastore.DocumentCollection;
import io.nvsentinel.datastore.error.InvalidRequestException;
import io.nvsentinel.datastore.internal.store.DefaultDatastore;
import java.time.Duration;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/** Runs processors on watches. */
final class Processors {

    private final Watching watching;
    private final DefaultDatastore datastore;
    private final Groups groups;
    private final Duration maxOutage;
    private final ChangeStreamListener listener;
    private final Scheduler timer;

    /**
     * Nothing runs yet.
     *
     * @param watching opens their watches
     * @param datastore what they work with
     * @param maxOutage how long they wait for an unavailable database
     * @param listener is notified of failures
     * @param timer provides the time and delays
     */
    Processors(
            Watching watching,
            DefaultDatastore datastore,
            Duration maxOutage,
            ChangeStreamListener listener,
            Scheduler timer) {
        this.watching = watching;
        this.datastore = datastore;
        this.groups = new Groups(datastore, watching.opening(), watching.patience(), timer, Watching.owner(datastore));
        this.maxOutage = maxOutage;
        this.listener = listener;
        this.timer = timer;
    }

    /** For each member of a group that runs here, what completes when it has ended. */
    Stream<Mono<Void>> ended() {
        return groups.ended();
    }

    <T> Mono<Void> process(
            DocumentCollection<T> collection,
            WatchOptions options,
            ProcessorOptions processing,
            Function<ChangeEvent<T>, Mono<Void>> handler) {
        return run(
                Watched.one(collection),
                options,
                processing,
                (watch, letters) -> new PlainEffect<>(
                        change -> Callbacks.handle(() -> handler.apply(change), processing.handlerTimeout(), timer),
                        letters,
                        watch.start().incarnation()));
    }

    <T> Mono<Void> processInTransaction(
            DocumentCollection<T> collection,
            WatchOptions options,
            ProcessorOptions processing,
            BiFunction<ChangeEvent<T>, DatastoreSession, Mono<Void>> handler) {
        return run(
                Watched.one(collection),
                options,
                processing,
                (watch, letters) -> new TransactionalEffect<>(
                        datastore,
                        (change, session) -> Callbacks.handle(
                                () -> handler.apply(change, session), processing.handlerTimeout(), timer),
                        watch.ownership().owned(),
                        watch.start().incarnation()));
    }

    /**
     * What handling does, for one watch.
     *
     * @param <T> the documents' type
     */
    private interface Effects<T> {
        Effect<ChangeEvent<T>> of(Watch<T> watch, DeadLetterTable letters);
    }

    /** One owner of a client name, or one member of a group, from its opening to its end. */
    private <T> Mono<Void> run(
            Watched<T> watched, WatchOptions options, ProcessorOptions processing, Effects<T> effects) {
        String client = options.clientName();
        if (client == null) {
            throw new InvalidRequestException("Processing requires a client name, under which the position is stored");
        }
        if (options.startAt().isSnapshot() || options.onHistoryLost() == OnHistoryLost.TAKE_SNAPSHOT) {
            throw withinSnapshot();
        }
        Watch.Request<T> request = Watch.Request.of(watched, options).forProcessing();
        GroupOptions group = processing.group();
        return group == null
                ? run(request, processing, effects, watching.closing())
                : groups.run(
                        request,
                        group,
                        (partition, stop) -> run(
                                request.of(groups.share(client, partition, processing, group)),
                                processing,
                                effects,
                                stop),
                        watching.closing());
    }

    private <T> Mono<Void> run(
            Watch.Request<T> request, ProcessorOptions processing, Effects<T> effects, Mono<Void> stop) {
        return Mono.defer(() -> {
            Restarts restarts = watching.restarts(request.options(), stop);
            return Mono.defer(() -> run(request, processing, effects, stop, restarts.cause()))
                    .retryWhen(restarts.retry());
        });
    }

    private <T> Mono<Void> run(
            Watch.Request<T> request,
            ProcessorOptions processing,
            Effects<T> effects,
            Mono<Void> stop,
            @Nullable Throwable lost) {
        return watching.withWatch(
                        request, lost, stop, watch -> process(watch, request.options(), processing, effects, stop))
                .then();
    }

    private <T> Mono<Void> process(
            Watch<T> watch, WatchOptions options, ProcessorOptions processing, Effects<T> effects, Mono<Void> stop) {
        if (watch.start().isWithinSnapshot()) {
            return Mono.error(withinSnapshot());
        }
        DeadLetterTable letters =
                new DeadLetterTable(datastore.connections(), watch.ownership().owned());
        return new Processing<>(watch, processing, new Outage(maxOutage, timer), timer)
                .run(watching.events(watch, options), effects.of(watch, letters), letters, listener, stop);
    }

    /** What is done once, or put aside, is known by its place in the changelog. */
    private static InvalidRequestException withinSnapshot() {
        return new InvalidRequestException(
                "Processing does not support a snapshot, because its records have no position in the "
                        + "changelog. Watch the snapshot, and start processing at the token of its end");
    }
}

// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream;

import io.nvsentinel.changestream.internal.process.DeadLetterTable;
import io.nvsentinel.changestream.internal.process.Effect;
import io.nvsentinel.changestream.processing.GroupOptions;
import io.nvsentinel.changestream.processing.ProcessorOptions;
import io.nvsentinel.datastore.error.InvalidRequestException;
import io.nvsentinel.datastore.internal.connection.Connections;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/** Runs processors on watches. */
final class Processors {

    private final ChangeStreams streams;
    private final Connections connections;
    private final ChangeStreamListener listener;
    private final Groups groups;
    private final Scheduler timer;

    Processors(
            ChangeStreams streams,
            Connections connections,
            ChangeStreamListener listener,
            Groups groups,
            Scheduler timer) {
        this.streams = streams;
        this.connections = connections;
        this.listener = listener;
        this.groups = groups;
        this.timer = timer;
    }

    /** The processors that are members of groups. */
    Groups groups() {
        return groups;
    }

    /**
     * What handling does, for one watch.
     *
     * @param <T> the documents' type
     */
    interface Effects<T> {
        Effect<ChangeEvent<T>> of(Watch<T> watch, DeadLetterTable letters);
    }

    /** One owner of a client name, or one member of a group, from its opening to its end. */
    <T> Mono<Void> run(Watched<T> watched, WatchOptions watching, ProcessorOptions processing, Effects<T> effects) {
        String client = watching.clientName();
        if (client == null) {
            throw new InvalidRequestException("Processing requires a client name, under which the position is stored");
        }
        if (watching.startAt().isSnapshot() || watching.onHistoryLost() == OnHistoryLost.TAKE_SNAPSHOT) {
            throw withinSnapshot();
        }
        Watch.Request<T> request = Watch.Request.of(watched, watching).forProcessing();
        GroupOptions group = processing.group();
        return group == null
                ? run(request, processing, effects, streams.closing())
                : groups.run(
                        request,
                        group,
                        (partition, stop) -> run(
                                request.of(groups.share(client, partition, processing, group)),
                                processing,
                                effects,
                                stop),
                        streams.closing());
    }

    private <T> Mono<Void> run(
            Watch.Request<T> request, ProcessorOptions processing, Effects<T> effects, Mono<Void> stop) {
        return Mono.defer(() -> {
            Restarts restarts = streams.restarts(request.options(), stop);
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
        return streams.withWatch(
                        request, lost, stop, watch -> process(watch, request.options(), processing, effects, stop))
                .then();
    }

    private <T> Mono<Void> process(
            Watch<T> watch, WatchOptions watching, ProcessorOptions processing, Effects<T> effects, Mono<Void> stop) {
        if (watch.start().isWithinSnapshot()) {
            return Mono.error(withinSnapshot());
        }
        DeadLetterTable letters =
                new DeadLetterTable(connections, watch.ownership().owned());
        return new Processing<>(watch, processing, streams.outage(), timer)
                .run(streams.events(watch, watching), effects.of(watch, letters), letters, listener, stop);
    }

    /** What is done once, or put aside, is known by its place in the changelog. */
    private static InvalidRequestException withinSnapshot() {
        return new InvalidRequestException(
                "Processing does not support a snapshot, because its records have no position in the "
                        + "changelog. Watch the snapshot, and start processing at the token of its end");
    }
}

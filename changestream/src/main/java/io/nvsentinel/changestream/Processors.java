// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream;

import io.nvsentinel.changestream.internal.process.DeadLetterTable;
import io.nvsentinel.changestream.internal.process.Effect;
import io.nvsentinel.changestream.processing.ProcessorOptions;
import io.nvsentinel.datastore.InvalidRequestException;
import io.nvsentinel.datastore.internal.connection.Connections;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/** Runs processors on watches. */
final class Processors {

    private static final Logger LOG = LoggerFactory.getLogger("io.nvsentinel.changestream.process");

    private final ChangeStreams streams;
    private final Connections connections;
    private final ChangeStreamListener listener;
    private final Scheduler timer;

    Processors(ChangeStreams streams, Connections connections, ChangeStreamListener listener, Scheduler timer) {
        this.streams = streams;
        this.connections = connections;
        this.listener = listener;
        this.timer = timer;
    }

    /**
     * What handling does, for one watch.
     *
     * @param <T> the documents' type
     */
    interface Effects<T> {
        Effect<ChangeEvent<T>> of(Watch<T> watch, DeadLetterTable letters);
    }

    /** One owner of a client name, from its opening to its end. */
    <T> Mono<Void> run(Watched<T> watched, WatchOptions watching, ProcessorOptions processing, Effects<T> effects) {
        if (watching.clientName() == null) {
            throw new InvalidRequestException("Processing needs a client name, to store the position under");
        }
        if (watching.startAt().isSnapshot() || watching.onHistoryLost() == OnHistoryLost.TAKE_SNAPSHOT) {
            throw withinSnapshot();
        }
        Watch.Request<T> request = Watch.Request.of(watched, watching);
        return run(request, processing, effects, false)
                .onErrorResume(
                        error -> ChangeStreams.isHistoryGone(error) && watching.onHistoryLost() != OnHistoryLost.FAIL,
                        error -> {
                            LOG.warn(
                                    "A processor starts again at the oldest change that is kept: {}",
                                    error.getMessage());
                            return run(request, processing, effects, true);
                        });
    }

    private <T> Mono<Void> run(
            Watch.Request<T> request, ProcessorOptions processing, Effects<T> effects, boolean again) {
        return Mono.usingWhen(
                Mono.defer(() -> streams.open(request, again)),
                watch -> process(watch, request.options(), processing, effects),
                streams::leave);
    }

    private <T> Mono<Void> process(
            Watch<T> watch, WatchOptions watching, ProcessorOptions processing, Effects<T> effects) {
        if (watch.start().isWithinSnapshot()) {
            return Mono.error(withinSnapshot());
        }
        DeadLetterTable letters =
                new DeadLetterTable(connections, watch.ownership().owned());
        return new Processing<>(watch, processing, timer)
                .run(streams.events(watch, watching), effects.of(watch, letters), letters, listener, streams.closing());
    }

    /** What is done once, or put aside, is known by its place in the changelog. */
    private static InvalidRequestException withinSnapshot() {
        return new InvalidRequestException(
                "Processing cannot take a snapshot: its records have no place in the changelog."
                        + " Watch the snapshot, and process from where it ends");
    }
}

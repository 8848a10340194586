// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream;

import io.nvsentinel.changestream.internal.process.DeadLetterTable;
import io.nvsentinel.changestream.internal.process.Effect;
import io.nvsentinel.changestream.processing.ProcessorOptions;
import io.nvsentinel.datastore.InvalidRequestException;
import io.nvsentinel.datastore.internal.connection.Connections;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/** Runs processors on watches. */
final class Processors {

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
        return Mono.usingWhen(
                streams.open(watched, watching),
                watch -> process(watch, watching, processing, effects),
                streams::leave);
    }

    private <T> Mono<Void> process(
            Watch<T> watch, WatchOptions watching, ProcessorOptions processing, Effects<T> effects) {
        DeadLetterTable letters =
                new DeadLetterTable(connections, watch.ownership().owned());
        return new Processing<>(watch, processing, timer)
                .run(streams.events(watch, watching), effects.of(watch, letters), letters, listener, streams.closing());
    }
}

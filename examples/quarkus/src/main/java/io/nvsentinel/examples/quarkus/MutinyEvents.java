// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.quarkus;

import io.nvsentinel.changestream.ChangeEvent;
import io.nvsentinel.changestream.ChangeStreams;
import io.nvsentinel.changestream.WatchOptions;
import io.nvsentinel.datastore.Datastore;
import io.nvsentinel.datastore.Health;
import io.nvsentinel.datastore.StoredDocument;
import io.nvsentinel.datastore.model.HealthEventDocument;
import io.nvsentinel.datastore.query.Filter;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.converters.multi.MultiReactorConverters;
import io.smallrye.mutiny.converters.uni.UniReactorConverters;
import jakarta.inject.Singleton;
import java.util.UUID;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * Health events for Mutiny. The conversion preserves demand, errors and cancellation, and nothing happens before a
 * subscription. Signals arrive on threads that must not be blocked; {@code emitOn(Infrastructure.getDefaultExecutor())}
 * moves blocking work to other threads.
 */
@Singleton
public final class MutinyEvents {

    private final Datastore datastore;
    private final ChangeStreams streams;

    /**
     * Uses both, and closes both.
     *
     * @param datastore connected
     * @param streams its streams
     */
    public MutinyEvents(Datastore datastore, ChangeStreams streams) {
        this.datastore = datastore;
        this.streams = streams;
    }

    /**
     * Stores an event.
     *
     * @param event the event
     * @return its id, after the commit
     */
    public Uni<UUID> insert(HealthEventDocument event) {
        return uni(datastore.healthEvents().insert(event));
    }

    /**
     * Finds events.
     *
     * @param filter which
     * @return the events, read page by page as they are asked for
     */
    public Multi<StoredDocument<HealthEventDocument>> find(Filter filter) {
        return multi(datastore.healthEvents().find(filter));
    }

    /**
     * Watches the events.
     *
     * @param options what is wanted
     * @return their changes, read no further ahead than two pages; acknowledge each when its effect is done
     */
    public Multi<ChangeEvent<HealthEventDocument>> watch(WatchOptions options) {
        return multi(streams.watch(datastore.healthEvents(), options));
    }

    /**
     * Returns the health of the datastore and its streams.
     *
     * @return the health; never fails
     */
    public Uni<Health> health() {
        return uni(streams.health());
    }

    /**
     * Stores positions and closes everything.
     *
     * @return completes with nothing
     */
    public Uni<Void> close() {
        return uni(streams.close().then(datastore.close()));
    }

    private static <T> Uni<T> uni(Mono<T> mono) {
        return Uni.createFrom().converter(UniReactorConverters.fromMono(), mono);
    }

    private static <T> Multi<T> multi(Flux<T> flux) {
        return Multi.createFrom().converter(MultiReactorConverters.fromFlux(), flux);
    }
}

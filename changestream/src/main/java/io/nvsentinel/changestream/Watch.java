// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream;

import io.nvsentinel.changestream.internal.changelog.ChangelogRow;
import io.nvsentinel.changestream.internal.changelog.Chunk;
import io.nvsentinel.changestream.internal.changelog.Position;
import io.nvsentinel.changestream.internal.client.Acknowledgements;
import io.nvsentinel.changestream.internal.client.Ownership;
import io.nvsentinel.changestream.internal.tail.Tail;
import io.nvsentinel.datastore.DocumentCodec;
import io.nvsentinel.datastore.JsonCodec;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/**
 * One subscription: where it starts, what it delivers, how far it is acknowledged.
 *
 * @param <T> the documents' type
 */
final class Watch<T> {

    private final Watched<T> watched;
    private final ChangeEvent.Origin origin;
    private final Position start;
    private final Acknowledgements acknowledgements;
    private final @Nullable Ownership ownership;
    private final Sinks.Empty<Void> closed = Sinks.empty();

    Watch(
            Watched<T> watched,
            ChangeEvent.Origin origin,
            Position start,
            Acknowledgements acknowledgements,
            @Nullable Ownership ownership) {
        this.watched = watched;
        this.origin = origin;
        this.start = start;
        this.acknowledgements = acknowledgements;
        this.ownership = ownership;
    }

    Position start() {
        return start;
    }

    /** The events, page by page; reads ahead the page after the one being delivered. */
    Flux<ChangeEvent<T>> events(Tail tail) {
        return Flux.defer(() -> {
            AtomicLong position = new AtomicLong(start.id());
            return Mono.defer(() -> tail.next(position.get()))
                    .doOnNext(chunk -> position.set(chunk.upTo()))
                    .repeat()
                    .concatMapIterable(this::deliver, 1);
        });
    }

    private List<ChangeEvent<T>> deliver(Chunk chunk) {
        List<ChangeEvent<T>> events = new ArrayList<>();
        for (ChangelogRow row : chunk.rows()) {
            DocumentCodec<? extends T> codec = watched.codec(row.collection());
            if (codec != null) {
                events.add(new ChangeEvent<>(row, origin, codec, acknowledgement(row)));
            }
        }
        acknowledgements.scanned(chunk.upTo());
        return events;
    }

    /** Without a name there is nothing to keep, and nobody who would ever acknowledge. */
    private Runnable acknowledgement(ChangelogRow row) {
        return ownership == null ? () -> {} : acknowledgements.deliver(row);
    }

    /** A change that comes from elsewhere; empty if its collection is not watched. */
    Optional<ChangeEvent<T>> event(ChangelogRow row, UUID incarnation) {
        DocumentCodec<? extends T> codec = watched.codec(row.collection());
        return Optional.ofNullable(codec)
                .map(known ->
                        new ChangeEvent<>(row, new ChangeEvent.Origin(incarnation, origin.json()), known, () -> {}));
    }

    JsonCodec json() {
        return origin.json();
    }

    /** What makes the watch the owner of a client name. */
    Ownership ownership() {
        if (ownership == null) {
            throw new IllegalStateException("bug: the watch has no client name");
        }
        return ownership;
    }

    /** Stores the position now and then, for as long as it is subscribed to; ends only with an error. */
    Mono<Void> keepStoring() {
        return ownership == null ? Mono.never() : ownership.keep(null);
    }

    /** Stores the position a last time and gives the client name up. */
    Mono<Void> close() {
        return (ownership == null ? Mono.<Void>empty() : ownership.close()).doFinally(signal -> closed.tryEmitEmpty());
    }

    /** Completes when the watch has ended and its position is stored. */
    Mono<Void> closed() {
        return closed.asMono();
    }
}

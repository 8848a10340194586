// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream;

import io.nvsentinel.changestream.internal.changelog.ChangelogRow;
import io.nvsentinel.changestream.internal.changelog.Chunk;
import io.nvsentinel.changestream.internal.changelog.Position;
import io.nvsentinel.changestream.internal.client.Acknowledgements;
import io.nvsentinel.changestream.internal.client.ResumeTokens;
import io.nvsentinel.changestream.internal.client.ResumeTokens.Owned;
import io.nvsentinel.changestream.internal.tail.Tail;
import io.nvsentinel.datastore.DatastoreException;
import io.nvsentinel.datastore.DocumentCodec;
import io.nvsentinel.datastore.JsonCodec;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Scheduler;

/**
 * One subscription to one collection: where it starts, what it delivers, how far it is acknowledged.
 *
 * @param <T> the documents' type
 */
final class Watch<T> {

    private static final Logger LOG = LoggerFactory.getLogger("io.nvsentinel.changestream.watch");
    private static final Duration STORE_EVERY = Duration.ofMillis(250);

    private final String collection;
    private final DocumentCodec<T> codec;
    private final JsonCodec json;
    private final Position start;
    private final @Nullable Owned owned;
    private final Store store;
    private final Acknowledgements acknowledgements;
    private final AtomicLong stored;
    private final Sinks.Empty<Void> closed = Sinks.empty();

    Watch(Source<T> source, JsonCodec json, Position start, @Nullable Owned owned, Store store) {
        this.collection = source.collection();
        this.codec = source.codec();
        this.json = json;
        this.start = start;
        this.owned = owned;
        this.store = store;
        this.acknowledgements = new Acknowledgements(start.incarnation(), start.id());
        this.stored = new AtomicLong(start.id());
    }

    /** What is watched. */
    record Source<T>(String collection, DocumentCodec<T> codec) {}

    /** Where the position is stored, and who hears of it. */
    record Store(ResumeTokens tokens, ChangeStreamListener listener) {

        Mono<Void> position(Owned owned, Position token) {
            return tokens.store(owned, token)
                    .doOnSuccess(done -> listener.onTokenStored(owned.client(), new ResumeToken(token)))
                    .doOnError(ClientFencedException.class, fenced -> listener.onFenced(owned.client()))
                    .doOnError(DatastoreException.class, error -> listener.onTokenNotStored(owned.client(), error));
        }
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
        List<ChangeEvent<T>> events = chunk.rows().stream()
                .filter(row -> row.collection().equals(collection))
                .map(row -> new ChangeEvent<>(row, start.incarnation(), codec, json, acknowledgement(row)))
                .toList();
        acknowledgements.scanned(chunk.upTo());
        return events;
    }

    /** Without a name there is nothing to keep, and nobody who would ever acknowledge. */
    private Runnable acknowledgement(ChangelogRow row) {
        return owned == null ? () -> {} : acknowledgements.deliver(row);
    }

    /** Stores the position now and then, for as long as it is subscribed to; ends only with an error. */
    Mono<Void> keepStoring(Scheduler timer) {
        return Mono.delay(STORE_EVERY, timer)
                .then(Mono.defer(this::store).onErrorResume(Watch::isPassing, this::later))
                .repeat()
                .then();
    }

    private static boolean isPassing(Throwable error) {
        return error instanceof DatastoreException failure && (failure.isRetryable() || failure.isOutcomeUnknown());
    }

    private Mono<Void> later(Throwable error) {
        LOG.debug("The position could not be stored; trying again", error);
        return Mono.empty();
    }

    private Mono<Void> store() {
        Position token = acknowledgements.token();
        if (owned == null || token.id() == stored.get()) {
            return Mono.empty();
        }
        return store.position(owned, token).doOnSuccess(done -> stored.set(token.id()));
    }

    /** Stores the position a last time. A failure costs repeated events after a restart, so it only is reported. */
    Mono<Void> close() {
        return Mono.defer(this::store)
                .onErrorResume(ClientFencedException.class, fenced -> Mono.empty())
                .doOnError(error -> LOG.warn("The last position of the watch could not be stored", error))
                .onErrorComplete()
                .doFinally(signal -> closed.tryEmitEmpty());
    }

    /** Completes when the watch has ended and its position is stored. */
    Mono<Void> closed() {
        return closed.asMono();
    }
}

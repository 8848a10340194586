// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream;

import io.nvsentinel.changestream.Opening.Opened;
import io.nvsentinel.changestream.internal.callback.Callbacks;
import io.nvsentinel.changestream.internal.changelog.ChangelogRow;
import io.nvsentinel.changestream.internal.changelog.Chunk;
import io.nvsentinel.changestream.internal.changelog.HistoryPoint;
import io.nvsentinel.changestream.internal.changelog.Position;
import io.nvsentinel.changestream.internal.changelog.Records;
import io.nvsentinel.changestream.internal.changelog.Selection;
import io.nvsentinel.changestream.internal.client.Acknowledgements;
import io.nvsentinel.changestream.internal.client.Ownership;
import io.nvsentinel.changestream.internal.client.ResumeTokens;
import io.nvsentinel.changestream.internal.client.ResumeTokens.Owned;
import io.nvsentinel.changestream.internal.tail.Tail;
import io.nvsentinel.datastore.codec.JsonCodec;
import io.nvsentinel.datastore.error.DatastoreException;
import io.nvsentinel.datastore.error.InvalidDocumentException;
import io.nvsentinel.datastore.internal.read.Prefetch;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/**
 * One subscription: where it starts, what it delivers, how far it is acknowledged.
 *
 * @param <T> the documents' type
 */
final class Watch<T> {

    private static final Logger LOG = LoggerFactory.getLogger("io.nvsentinel.changestream.watch");

    private final Watched<T> watched;
    private final Selection selection;
    private final @Nullable PartitionAssignment share;
    private final boolean processed;
    private final WatchOptions options;
    private final ChangeEvent.Origin origin;
    private final ChangeEvent.Origin within;
    private final AtomicLong unacknowledgedRecords = new AtomicLong();
    private volatile boolean snapshotIsDelivered;
    private final Position start;
    private final @Nullable Ownership ownership;
    private final Store store;
    private final Acknowledgements acknowledgements;
    private final AtomicLong told;
    private final Progress progress = new Progress();

    Watch(Request<T> request, JsonCodec json, Opened opened, Store store) {
        this.options = request.options();
        this.start = opened.start();
        this.watched = request.watched();
        this.selection = request.selection();
        this.share = request.share();
        this.processed = request.processed();
        OptionalLong fencingToken = opened.owned() == null
                ? OptionalLong.empty()
                : OptionalLong.of(opened.owned().epoch());
        this.origin = new ChangeEvent.Origin(start.incarnation(), selection.fingerprint(), false, json, fencingToken);
        this.within = new ChangeEvent.Origin(start.incarnation(), selection.fingerprint(), true, json, fencingToken);
        this.store = store;
        this.acknowledgements = new Acknowledgements(start.point());
        this.told = new AtomicLong(start.isWithinSnapshot() ? -1 : start.id());
        this.ownership = opened.owned() == null
                ? null
                : new Ownership(store.tokens(), opened.owned(), this::reached, new StoredTokens(), store.timer());
    }

    /**
     * What a subscriber asks for.
     *
     * @param share the partition of a group; null if the work is not shared
     * @param processed whether a processor puts aside, in order, what cannot be decoded
     */
    record Request<T>(
            Watched<T> watched,
            Selection selection,
            WatchOptions options,
            @Nullable PartitionAssignment share,
            boolean processed) {

        static <T> Request<T> of(Watched<T> watched, WatchOptions options) {
            return new Request<>(watched, watched.selection(options.filter()), options, null, false);
        }

        Request<T> forProcessing() {
            return new Request<>(watched, selection, options, share, true);
        }

        Request<T> of(PartitionAssignment partition) {
            return new Request<>(watched, selection, options.ofPartition(partition.partition()), partition, processed);
        }

        /** The session in which the name is open, for the duration of a lease. */
        ResumeTokens tokens(ResumeTokens all) {
            return share == null ? all : all.leasedFor(share.group().leaseDuration());
        }
    }

    /** Where the position is stored, and what is notified of it. */
    record Store(ResumeTokens tokens, ChangeStreamListener listener, LagReports lags, Scheduler timer) {}

    Position start() {
        return start;
    }

    /** The start position, as a token of this watch. */
    ResumeToken startToken() {
        return new ResumeToken(start.isWithinSnapshot() ? start : start.withFilter(origin.filter()));
    }

    Selection selection() {
        return selection;
    }

    /** The events, page by page; one page waits while one is delivered, and the one after it is being read. */
    Flux<ChangeEvent<T>> events(Tail tail, Records records, SnapshotReading.Waiting waiting) {
        return Flux.defer(() -> {
            if (!start.isWithinSnapshot()) {
                return changes(tail, start.point());
            }
            SnapshotReading reading = new SnapshotReading(tail, records, selection, start.point());
            return reading.rows(waiting)
                    .concatMapIterable(rows -> () -> new Delivery<>(rows, this::event, () -> {}), 1)
                    .concatWith(Flux.defer(() -> {
                        acknowledgements.scanned(reading.position());
                        snapshotIsDelivered = true;
                        return changes(tail, reading.position());
                    }));
        });
    }

    private Flux<ChangeEvent<T>> changes(Tail tail, HistoryPoint from) {
        return Flux.using(
                        Prefetch<Chunk>::new,
                        ahead -> chunks(tail, new AtomicReference<>(from), ahead),
                        Prefetch::dispose)
                .concatMapIterable(
                        chunk -> () ->
                                new Delivery<>(chunk.rows(), this::event, () -> acknowledgements.scanned(chunk.end())),
                        1);
    }

    /** If there are more changes, the next page is read while this one is delivered. */
    private Flux<Chunk> chunks(Tail tail, AtomicReference<HistoryPoint> position, Prefetch<Chunk> ahead) {
        return Mono.defer(() -> acknowledgements.room(options.maxUnacknowledged()))
                .then(Mono.defer(() -> {
                    HistoryPoint at = Objects.requireNonNull(position.get());
                    progress.waits(at.id());
                    return ahead.or(tail.next(at, selection)).doFinally(end -> progress.waitsNoLonger());
                }))
                .doOnNext(chunk -> {
                    position.set(chunk.end());
                    if (chunk.more()) {
                        ahead.begin(tail.next(chunk.end(), selection));
                    }
                })
                .repeat()
                // Decoding and what the subscriber does are not for the thread that reads from the server.
                .publishOn(store.timer(), 1);
    }

    private ChangeEvent.Origin origin() {
        return start.isWithinSnapshot() && !snapshotIsDelivered ? within : origin;
    }

    /**
     * The event of a change; null if the change does not match, or if it cannot be decoded and was passed to the
     * handler for undecodable changes.
     */
    @Nullable
    ChangeEvent<T> event(ChangelogRow row) {
        ChangeEvent<T> event = null;
        try {
            if (selection.includes(row, origin.json()) && isMine(row)) {
                event = event(row, acknowledgement(row));
                event.decode();
            }
        } catch (InvalidDocumentException error) {
            event = isMine(row) ? undecodable(row, event, error) : null;
        } catch (StackOverflowError | OutOfMemoryError error) {
            // Of a filter, or of reading what it compares.
            event = isMine(row) ? undecodable(row, event, ChangeEvent.undecodable(row, error)) : null;
        }
        if (event == null && row.operation() != Operation.SNAPSHOT) {
            acknowledgements.scanned(row);
        }
        return event;
    }

    /** Whether it moves while it has demand. */
    Progress progress() {
        return progress;
    }

    /**
     * What has not moved for longer than a bound, in words.
     *
     * @param bound how long it may stand still
     * @param now milliseconds of the timer's steady clock
     */
    List<String> stalls(Duration bound, long now) {
        String name = ownership == null
                ? "A watch of "
                        + (selection.collections().isEmpty()
                                ? "everything"
                                : String.join(", ", selection.collections()))
                : "The client \"" + ownership.owned().client() + "\"";
        List<String> stalls = new ArrayList<>();
        progress.stalled(bound.toMillis(), now)
                .ifPresent(stalled -> stalls.add(name + " has received nothing for " + stalled.millis() / 1_000
                        + " s although there are changes: position=" + stalled.position() + ", newest change="
                        + stalled.newest()));
        if (ownership != null) {
            Duration failing = ownership.failingFor();
            if (failing.compareTo(bound) >= 0) {
                stalls.add(name + " could not be stored for " + failing.toSeconds()
                        + " s; its stored position may be behind");
            }
        }
        return stalls;
    }

    /** The client name, or the one that is shared. */
    String name() {
        return share == null ? ownership().owned().client() : share.client();
    }

    /** Whether a change is for this watch, wherever it comes from. */
    boolean takes(ChangelogRow row) {
        return watched.includes(row.collection()) && isMine(row);
    }

    private boolean isMine(ChangelogRow row) {
        return share == null || share.has(row, event(row, () -> {}));
    }

    /** A processor stores it as a dead letter, like other changes that cannot be handled. */
    private @Nullable ChangeEvent<T> undecodable(
            ChangelogRow row, @Nullable ChangeEvent<T> event, InvalidDocumentException error) {
        undecodable(row, error);
        if (processed) {
            return (event == null ? event(row, acknowledgement(row)) : event).broken(error);
        }
        if (event != null) {
            event.acknowledge();
        }
        return null;
    }

    /** The partition of a group, if it is one, is this process's. */
    void taken() {
        if (share != null) {
            share.taken(store.listener());
        }
    }

    /** The partition of a group, if it is one, is this process's no longer. */
    void ended(@Nullable Throwable error) {
        if (share != null) {
            share.ended(store.listener(), error);
        }
    }

    /** A change without a position in the order, which is not delivered. */
    void foreign(ChangelogRow row) {
        if (takes(row)) {
            undecodable(
                    row,
                    new InvalidDocumentException("Row " + row.id()
                            + " of the changelog was not written by capture: its id was not generated by "
                            + "the sequence. It is not delivered"));
        }
    }

    private ChangeEvent<T> event(ChangelogRow row, Runnable acknowledgement) {
        return new ChangeEvent<>(row, origin(), watched.codec(row.collection()), acknowledgement);
    }

    private void undecodable(ChangelogRow row, InvalidDocumentException error) {
        UndecodableChange change =
                new UndecodableChange(origin().token(row), row.operation(), row.collection(), row.recordId(), error);
        store.listener().onUndecodable(change);
        Callbacks.accept("onUndecodable", options.onUndecodable(), change);
    }

    /** Without a name or checkpoints, no position is stored, and no caller acknowledges. */
    private Runnable acknowledgement(ChangelogRow row) {
        if (row.operation() == Operation.SNAPSHOT) {
            unacknowledgedRecords.incrementAndGet();
            AtomicBoolean once = new AtomicBoolean();
            return () -> unacknowledgedRecords.addAndGet(once.getAndSet(true) ? 0 : -1);
        }
        return ownership == null && options.onCheckpoint() == null ? () -> {} : acknowledgements.deliver(row);
    }

    /** How far it is acknowledged. */
    private Position reached() {
        return isSnapshotPending() ? start : acknowledgements.token().withFilter(origin.filter());
    }

    /** What makes the watch the owner of a client name. */
    Ownership ownership() {
        if (ownership == null) {
            throw new IllegalStateException("bug: the watch has no client name");
        }
        return ownership;
    }

    JsonCodec json() {
        return origin.json();
    }

    /** A change that comes from elsewhere; empty if its collection is not watched. */
    Optional<ChangeEvent<T>> replayed(ChangelogRow row, UUID incarnation) {
        ChangeEvent.Origin elsewhere =
                new ChangeEvent.Origin(incarnation, origin.filter(), false, origin.json(), origin.fencingToken());
        return watched.includes(row.collection())
                ? Optional.of(new ChangeEvent<>(row, elsewhere, watched.codec(row.collection()), () -> {}))
                : Optional.empty();
    }

    /**
     * Stores the position and reports the lag, for as long as it is subscribed to; ends only with an error.
     *
     * @param patience how long storing may fail, with errors that may pass; null for no limit
     */
    Mono<Void> keep(@Nullable Duration patience) {
        return ownership == null
                ? keepCheckpoints()
                : Mono.firstWithSignal(ownership.keep(patience), store.lags().reported(ownership.owned()));
    }

    private Mono<Void> keepCheckpoints() {
        return options.onCheckpoint() == null
                ? Mono.never()
                : store.tokens().rounds().turns().doOnNext(turn -> checkpoint()).then();
    }

    private void checkpoint() {
        checkpoint(reached());
    }

    private void checkpoint(Position token) {
        if (options.onCheckpoint() != null && !token.isWithinSnapshot() && told.getAndSet(token.id()) != token.id()) {
            Callbacks.accept("onCheckpoint", options.onCheckpoint(), new ResumeToken(token));
        }
    }

    /** Until then a client has to start again. */
    private boolean isSnapshotPending() {
        return start.isWithinSnapshot() && !(snapshotIsDelivered && unacknowledgedRecords.get() == 0);
    }

    /** Stores the position a last time and gives the client name up. */
    Mono<Void> close() {
        Mono<Void> stored = ownership == null ? Mono.fromRunnable(this::checkpoint) : ownership.close();
        return stored.doFinally(signal -> {
            if (ownership != null) {
                store.listener().onClientEnded(ownership.owned().client());
            }
        });
    }

    private final class StoredTokens implements Ownership.Listener {

        @Override
        public void onStored(Owned owned, Position token) {
            store.listener().onTokenStored(owned.client(), new ResumeToken(token));
            checkpoint(token);
        }

        @Override
        public void onNotStored(Owned owned, Throwable error) {
            if (error instanceof ClientFencedException) {
                LOG.warn("Watch closed: client=\"{}\" was opened by another process, reset or deleted", owned.client());
                store.listener().onFenced(owned.client());
            }
            if (error instanceof DatastoreException failure) {
                store.listener().onTokenNotStored(owned.client(), failure);
            }
        }
    }
}

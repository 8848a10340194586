// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream;

import io.nvsentinel.changestream.internal.changelog.ChangelogReader;
import io.nvsentinel.changestream.internal.changelog.Position;
import io.nvsentinel.changestream.internal.client.Acknowledgements;
import io.nvsentinel.changestream.internal.client.Ownership;
import io.nvsentinel.changestream.internal.client.ResumeTokens;
import io.nvsentinel.changestream.internal.client.ResumeTokens.Owned;
import io.nvsentinel.changestream.internal.client.StoredClients;
import io.nvsentinel.changestream.internal.process.PlainEffect;
import io.nvsentinel.changestream.internal.process.StoredDeadLetters;
import io.nvsentinel.changestream.internal.process.TransactionalEffect;
import io.nvsentinel.changestream.internal.retention.DefaultRetention;
import io.nvsentinel.changestream.internal.tail.Patience;
import io.nvsentinel.changestream.internal.tail.Tail;
import io.nvsentinel.changestream.internal.tail.TailSettings;
import io.nvsentinel.changestream.internal.wakeup.Doorbell;
import io.nvsentinel.changestream.internal.wakeup.Listening;
import io.nvsentinel.changestream.processing.DeadLetters;
import io.nvsentinel.changestream.processing.ProcessingStoppedException;
import io.nvsentinel.changestream.processing.ProcessorOptions;
import io.nvsentinel.changestream.upkeep.Clients;
import io.nvsentinel.changestream.upkeep.Retention;
import io.nvsentinel.changestream.upkeep.RetentionOptions;
import io.nvsentinel.datastore.Datastore;
import io.nvsentinel.datastore.DatastoreSession;
import io.nvsentinel.datastore.DocumentCollection;
import io.nvsentinel.datastore.InvalidRequestException;
import io.nvsentinel.datastore.JsonCodec;
import io.nvsentinel.datastore.internal.connection.Connections;
import io.nvsentinel.datastore.internal.store.DefaultDatastore;
import java.time.Duration;
import java.util.Collection;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiFunction;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/**
 * The way in: watches collections of a datastore. Thread-safe; one serves a whole process and database, since its
 * watches share one reader and one LISTEN connection. Close it before the datastore.
 *
 * <pre>{@code
 * ChangeStreams streams = ChangeStreams.of(datastore);
 * streams.watch(datastore.healthEvents(), WatchOptions.builder().clientName("node-drainer").build())
 *         .concatMap(change -> drain(change).doOnSuccess(done -> change.acknowledge()))
 *         .subscribe();
 * }</pre>
 */
public final class ChangeStreams {

    private final ChangelogReader reader;
    private final DefaultDatastore datastore;
    private final Connections connections;
    private final Processors processors;
    private final Tail tail;
    private final Listening listening;
    private final ResumeTokens tokens;
    private final JsonCodec json;
    private final boolean listen;
    private final ChangeStreamListener listener;
    private final Scheduler timer = Schedulers.parallel();
    private final AtomicInteger watchers = new AtomicInteger();
    private final Set<Watch<?>> watches = ConcurrentHashMap.newKeySet();
    private final Sinks.Empty<Void> closing = Sinks.empty();

    private ChangeStreams(DefaultDatastore datastore, ChangeStreamOptions options) {
        Connections connections = datastore.connections();
        Doorbell doorbell = new Doorbell();
        this.json = datastore.json();
        this.listen = options.listen();
        this.reader = new ChangelogReader(connections, options.pageRows(), options.pageBytes());
        this.listener = options.listener();
        this.listening = new Listening(connections, doorbell, timer, listener);
        Patience patience = new Patience(Duration.ZERO, timer, listener);
        this.tail = new Tail(
                reader, listening, doorbell, new TailSettings(options.pollInterval(), patience, timer, listener));
        this.datastore = datastore;
        this.connections = connections;
        this.processors = new Processors(this, connections, listener, timer);
        this.tokens = new ResumeTokens(connections, json, owner(datastore), timer);
    }

    private static String owner(Datastore datastore) {
        String host = System.getenv("HOSTNAME");
        return "application \"" + datastore.options().applicationName() + "\", process "
                + ProcessHandle.current().pid() + (host == null ? "" : " on " + host);
    }

    /**
     * Change streams with the datastore's poll interval and every other option at its default.
     *
     * @param datastore a connected datastore
     * @return change streams; nothing is read until something is watched
     */
    public static ChangeStreams of(Datastore datastore) {
        return of(
                datastore,
                ChangeStreamOptions.builder()
                        .pollInterval(datastore.options().pollInterval())
                        .build());
    }

    /**
     * Change streams.
     *
     * @param datastore a connected datastore
     * @param options how changes are read
     * @return change streams; nothing is read until something is watched
     * @throws InvalidRequestException if the datastore is not one of {@link Datastore#connect}
     */
    public static ChangeStreams of(Datastore datastore, ChangeStreamOptions options) {
        if (datastore instanceof DefaultDatastore connected) {
            return new ChangeStreams(connected, options);
        }
        throw new InvalidRequestException("Change streams need a datastore of Datastore.connect, not a "
                + datastore.getClass().getName());
    }

    /**
     * Watches a collection.
     *
     * <p>Cold: each subscription is a watch of its own. Emits the collection's committed changes in their one total
     * order, starting where the named client left off, else where the options say; never completes by itself but with
     * {@link #close()}. A lost connection or a restarted server is waited out, for ever and with growing pauses. Fails
     * with {@link HistoryLostException} or {@link HistoryForkedException} when it cannot go on without a gap, with
     * {@link ClientFencedException} when another watch takes over the client name, and with the datastore's errors when
     * the watch cannot be opened. Cancelling releases the connections, after the client's position has been stored.
     *
     * <p>Driven by demand; reads ahead at most two pages. No connection is held while the subscriber thinks. Signals
     * arrive on the driver's threads, which must not be blocked.
     *
     * @param collection a collection of the same datastore
     * @param options what is wanted
     * @param <T> the documents' type
     * @return the changes
     */
    public <T> Flux<ChangeEvent<T>> watch(DocumentCollection<T> collection, WatchOptions options) {
        return watch(Watched.one(collection), options);
    }

    /**
     * Watches several collections in one stream: their changes in one total order, each document decoded by its own
     * collection. {@link ChangeEvent#in} gives an event its type. Otherwise as
     * {@link #watch(DocumentCollection, WatchOptions)}.
     *
     * @param collections at least one collection of the same datastore
     * @param options what is wanted
     * @return the changes
     */
    public Flux<ChangeEvent<Object>> watch(
            Collection<? extends DocumentCollection<?>> collections, WatchOptions options) {
        return watch(Watched.several(collections), options);
    }

    /**
     * Watches everything that is captured, also collections that come later, with documents as trees (see
     * {@link JsonCodec}). Otherwise as {@link #watch(DocumentCollection, WatchOptions)}.
     *
     * @param options what is wanted
     * @return the changes
     */
    public Flux<ChangeEvent<Map<String, @Nullable Object>>> watchAll(WatchOptions options) {
        return watch(Watched.everything(json), options);
    }

    private <T> Flux<ChangeEvent<T>> watch(Watched<T> watched, WatchOptions options) {
        return Flux.usingWhen(
                open(watched, options),
                watch -> events(watch, options)
                        .takeUntilOther(watch.keepStoring())
                        .takeUntilOther(closing.asMono()),
                this::leave);
    }

    /**
     * Watches a collection and handles each of its changes: in order for each key, with further attempts when that fails,
     * and acknowledged when it is done. At least once: a change that was handled and whose position was not stored yet
     * comes again after a crash.
     *
     * <p>Cold, and fails as {@link #watch} does. It also fails with {@link ProcessingStoppedException}, naming the
     * change, when a change cannot be handled and {@link ProcessorOptions.Builder#onFailure} says to stop, and when its
     * position cannot be stored. It completes after {@link #close()}. Whenever it stops by itself, changes that are being
     * handled may come to their end and are acknowledged, those that wait are dropped; what comes to its end later than
     * {@link ProcessorOptions.Builder#drainTimeout} says is cancelled. Cancelling cancels what is being handled; what was
     * done before is stored.
     *
     * @param collection a collection of the same datastore
     * @param options what is wanted; must have a client name
     * @param processing how changes are handled
     * @param handler handles one change, and completes when it is done; is called on threads of the driver, which must
     *     not be blocked, for as many changes at a time as {@link ProcessorOptions.Builder#workers} says
     * @param <T> the documents' type
     * @return completes when nothing is being handled any more and the position is stored
     * @throws InvalidRequestException if there is no client name
     */
    public <T> Mono<Void> process(
            DocumentCollection<T> collection,
            WatchOptions options,
            ProcessorOptions processing,
            Function<ChangeEvent<T>, Mono<Void>> handler) {
        return processors.run(
                Watched.one(collection),
                options,
                processing,
                (watch, letters) ->
                        new PlainEffect<>(handler, letters, watch.start().incarnation()));
    }

    /**
     * As {@link #process}, with a handler whose writes have their effect exactly once: what it writes through the session,
     * and the mark that the change is handled, are committed together. A change that comes again, after a crash, a lost
     * connection or a change of owners, is found to be handled and not handled twice. That holds with several workers too,
     * since each change has a mark of its own, which is forgotten when the stored position has moved behind it.
     *
     * <p>What the handler does besides writing through the session happens at least once: it is repeated when the
     * transaction has to be repeated. An attempt uses one connection of the pool.
     *
     * @param collection a collection of the same datastore
     * @param options what is wanted; must have a client name
     * @param processing how changes are handled
     * @param handler handles one change, and completes when it has written; must use nothing but the session given to it
     * @param <T> the documents' type
     * @return completes when nothing is being handled any more and the position is stored
     * @throws InvalidRequestException if there is no client name
     * @see Datastore#inTransaction
     */
    public <T> Mono<Void> processInTransaction(
            DocumentCollection<T> collection,
            WatchOptions options,
            ProcessorOptions processing,
            BiFunction<ChangeEvent<T>, DatastoreSession, Mono<Void>> handler) {
        return processors.run(
                Watched.one(collection),
                options,
                processing,
                (watch, letters) -> new TransactionalEffect<>(
                        datastore,
                        handler,
                        watch.ownership().owned(),
                        watch.start().incarnation()));
    }

    /**
     * The changes that processors gave up.
     *
     * @return lists, replays and deletes them
     */
    public DeadLetters deadLetters() {
        return new StoredDeadLetters(connections);
    }

    /**
     * The named clients: where they are, and how to move them.
     *
     * @return lists, resets and deletes them
     */
    public Clients clients() {
        return new StoredClients(
                connections, json, to -> start(to).map(position -> new StoredClients.Start(position, to.isNow())));
    }

    /**
     * What keeps the changelog from growing for ever. Nothing is removed unless it is run.
     *
     * @param options how long changes are kept
     * @return runs once, or again and again
     */
    public Retention retention(RetentionOptions options) {
        return new DefaultRetention(connections, options, timer, closing.asMono());
    }

    <T> Flux<ChangeEvent<T>> events(Watch<T> watch, WatchOptions options) {
        Flux<ChangeEvent<T>> events =
                watch.events(tail).doFirst(() -> options.onSubscribed().accept(new ResumeToken(watch.start())));
        return listen ? events.takeUntilOther(listening.session()) : events;
    }

    <T> Mono<Watch<T>> open(Watched<T> watched, WatchOptions options) {
        Mono<Position> start = Mono.defer(() -> start(options.startAt()));
        String client = options.clientName();
        Mono<Watch<T>> opened = client == null
                ? start.map(token -> watch(watched, token, null))
                : tokens.open(client, options.ifOwned(), start)
                        .flatMap(owned -> verified(owned.token()).map(token -> watch(watched, token, owned)));
        return opened.doOnNext(this::join);
    }

    private <T> Watch<T> watch(Watched<T> watched, Position token, @Nullable Owned owned) {
        Acknowledgements acknowledgements = new Acknowledgements(token.incarnation(), token.id());
        Ownership ownership = owned == null ? null : new Ownership(tokens, owned, acknowledgements, listener, timer);
        return new Watch<>(
                watched, new ChangeEvent.Origin(token.incarnation(), json), token, acknowledgements, ownership);
    }

    private void join(Watch<?> watch) {
        watches.add(watch);
        if (watchers.getAndIncrement() == 0) {
            tail.startAt(watch.start().id());
        }
    }

    Mono<Void> leave(Watch<?> watch) {
        return Mono.defer(() -> {
            watchers.decrementAndGet();
            return watch.close().doFinally(signal -> watches.remove(watch));
        });
    }

    private Mono<Position> start(StartAt start) {
        if (start.token() != null) {
            return verified(start.token().position());
        }
        return start.isNow()
                ? tail.now().map(newest -> Position.at(newest.incarnation(), newest.id(), null))
                : reader.beginning();
    }

    /** The row that a token remembers must still be the same one. */
    private Mono<Position> verified(Position token) {
        return reader.newest().flatMap(newest -> {
            if (!newest.incarnation().equals(token.incarnation())) {
                return Mono.error(new HistoryForkedException("The token is of another changelog: of incarnation "
                        + token.incarnation() + ", not " + newest.incarnation()));
            }
            return reader.check(token.checkedRow())
                    .filter(row -> !row.digest().equals(token.digest()))
                    .flatMap(row -> Mono.<Position>error(new HistoryForkedException("Change " + row.id()
                            + " is not the one that was delivered: the database was restored, or failed over and"
                            + " lost commits")))
                    .defaultIfEmpty(token);
        });
    }

    /** Completes when every watch has to end. */
    Mono<Void> closing() {
        return closing.asMono();
    }

    /**
     * Ends every watch, each of which completes, and keeps new ones from starting.
     *
     * @return cold; completes when every watch has ended and the position of each client is stored; may be repeated
     */
    public Mono<Void> close() {
        return Mono.defer(() -> {
            closing.tryEmitEmpty();
            return Mono.when(watches.stream().map(Watch::closed).toList());
        });
    }
}

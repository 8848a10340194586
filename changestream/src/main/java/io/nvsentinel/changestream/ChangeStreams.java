// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream;

import io.nvsentinel.changestream.admin.Clients;
import io.nvsentinel.changestream.admin.Retention;
import io.nvsentinel.changestream.admin.RetentionOptions;
import io.nvsentinel.changestream.internal.capture.CaptureStates;
import io.nvsentinel.changestream.internal.changelog.Lags;
import io.nvsentinel.changestream.internal.client.StoredClients;
import io.nvsentinel.changestream.internal.process.StoredDeadLetters;
import io.nvsentinel.changestream.internal.retention.DefaultRetention;
import io.nvsentinel.changestream.processing.DeadLetters;
import io.nvsentinel.changestream.processing.ProcessingStoppedException;
import io.nvsentinel.changestream.processing.ProcessorOptions;
import io.nvsentinel.datastore.Datastore;
import io.nvsentinel.datastore.DatastoreSession;
import io.nvsentinel.datastore.DocumentCollection;
import io.nvsentinel.datastore.Health;
import io.nvsentinel.datastore.codec.JsonCodec;
import io.nvsentinel.datastore.error.InvalidRequestException;
import io.nvsentinel.datastore.internal.connection.Connections;
import io.nvsentinel.datastore.internal.store.DefaultDatastore;
import java.util.Collection;
import java.util.Map;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/**
 * The entry point: watches collections of a datastore. Thread-safe; one instance serves a whole process and database,
 * because its watches share one reader and one LISTEN connection. Close it before the datastore.
 *
 * <pre>{@code
 * ChangeStreams streams = ChangeStreams.of(datastore);
 * streams.watch(datastore.healthEvents(), WatchOptions.builder().clientName("node-drainer").build())
 *         .concatMap(change -> drain(change).doOnSuccess(done -> change.acknowledge()))
 *         .subscribe();
 * }</pre>
 */
public final class ChangeStreams {

    private final DefaultDatastore datastore;
    private final Connections connections;
    private final CaptureStates captureStates;
    private final Watching watching;
    private final Processors processors;
    private final StatusReports reports;
    private final Scheduler timer = Schedulers.parallel();

    private ChangeStreams(DefaultDatastore datastore, ChangeStreamOptions options, Stalls.Bounds stallBounds) {
        this.datastore = datastore;
        this.connections = datastore.connections();
        this.captureStates = new CaptureStates(connections);
        LiveStatus live = new LiveStatus();
        Lags lags = new Lags(connections);
        ChangeStreamListener listener = Listeners.of(live, options.listeners());
        LagReports lagReports =
                new LagReports(lags, listener, !options.listeners().isEmpty(), timer);
        this.watching = new Watching(datastore, options, listener, lagReports, captureStates, stallBounds, timer);
        this.processors = new Processors(watching, datastore, options.maxOutage(), listener, timer);
        this.reports = new StatusReports(datastore, lags, captureStates, watching.stalls(), live, options.listen());
    }

    /**
     * Change streams with every option at its default.
     *
     * @param datastore a connected datastore
     * @return change streams; nothing is read until a watch is subscribed to
     */
    public static ChangeStreams of(Datastore datastore) {
        return of(datastore, ChangeStreamOptions.builder().build());
    }

    /**
     * Change streams.
     *
     * @param datastore a connected datastore
     * @param options how changes are read
     * @return change streams; nothing is read until a watch is subscribed to
     * @throws InvalidRequestException if the datastore was not created by {@link Datastore#connect}
     */
    public static ChangeStreams of(Datastore datastore, ChangeStreamOptions options) {
        return of(datastore, options, Stalls.Bounds.DEFAULT);
    }

    static ChangeStreams of(Datastore datastore, ChangeStreamOptions options, Stalls.Bounds stallBounds) {
        if (datastore instanceof DefaultDatastore connected) {
            return new ChangeStreams(connected, options, stallBounds);
        }
        throw new InvalidRequestException("Change streams need a datastore of Datastore.connect, not a "
                + datastore.getClass().getName());
    }

    /**
     * Watches a collection.
     *
     * <p>Cold: each subscription is a separate watch. Emits the collection's committed changes in their one total
     * order, starting at the stored position of the named client, or else where the options say; completes only with
     * {@link #close()}. After a lost connection or a server restart, the stream retries with growing pauses, even while
     * opening, without limit or for the time that the options set. A TRUNCATE is an event; when the collection is
     * dropped the stream fails with {@link CollectionDroppedException} after its last change. Fails with
     * {@link HistoryLostException} or {@link HistoryForkedException} when it cannot continue without a gap, with
     * {@link ClientFencedException} when another watch takes over the client name, and with the datastore's errors when
     * the watch cannot be opened. Cancelling releases the connections, after the client's position has been stored:
     * {@link ChangeStreamListener#onClientEnded} reports when that is done, and a watch of these streams that opens the
     * same client name waits for it.
     *
     * <p>Driven by demand; reads ahead at most two pages. No connection is in use while the subscriber works. Signals
     * arrive on threads of Reactor's parallel scheduler, records of a snapshot on threads of the driver; neither may be
     * blocked.
     *
     * @param collection a collection of the same datastore
     * @param options the watch's options
     * @param <T> the documents' type
     * @return the changes
     */
    public <T> Flux<ChangeEvent<T>> watch(DocumentCollection<T> collection, WatchOptions options) {
        return watching.watch(Watched.one(collection), options);
    }

    /**
     * Watches several collections in one stream: their changes in one total order, each document decoded by its own
     * collection. {@link ChangeEvent#in} returns an event with its type. Otherwise as
     * {@link #watch(DocumentCollection, WatchOptions)}.
     *
     * @param collections at least one collection of the same datastore
     * @param options the watch's options
     * @return the changes
     */
    public Flux<ChangeEvent<Object>> watch(
            Collection<? extends DocumentCollection<?>> collections, WatchOptions options) {
        return watching.watch(Watched.several(collections), options);
    }

    /**
     * Watches all captured collections, including collections that are created later, with documents as trees (see
     * {@link JsonCodec}). Otherwise as {@link #watch(DocumentCollection, WatchOptions)}.
     *
     * @param options the watch's options
     * @return the changes
     */
    public Flux<ChangeEvent<Map<String, @Nullable Object>>> watchAll(WatchOptions options) {
        return watching.watch(Watched.everything(datastore.json()), options);
    }

    /**
     * Watches a collection and handles each of its changes: in order for each key, with retries if the handler fails,
     * and acknowledges it when the handler completes. At least once: a change that was handled, but whose position was
     * not yet stored, is delivered again after a crash.
     *
     * <p>With {@link ProcessorOptions.Builder#group} processes share the work of the client name. Then it also fails
     * with {@link io.nvsentinel.changestream.processing.GroupMismatchException} if the group has another number of
     * partitions; it continues when a partition gets another owner, and fails with {@link ClientFencedException} only
     * when the client was deleted.
     *
     * <p>Cold, and fails as {@link #watch(DocumentCollection, WatchOptions)} does. It also fails with
     * {@link ProcessingStoppedException}, naming the change, when a change cannot be handled and
     * {@link ProcessorOptions.Builder#onFailure} says to stop, and when its position cannot be stored. It completes
     * after {@link #close()}. Whenever it stops without being cancelled, running handlers may complete and their
     * changes are acknowledged, and waiting changes are dropped; handlers that run longer than
     * {@link ProcessorOptions.Builder#drainTimeout} are cancelled. Cancelling cancels the running handlers; the
     * position of the handled changes is stored.
     *
     * @param collection a collection of the same datastore
     * @param options the watch's options; a client name is required
     * @param processing how changes are handled
     * @param handler handles one change, and completes when it is done; is called on threads of Reactor's parallel
     *     scheduler or of the driver, which must not be blocked, for as many changes at a time as
     *     {@link ProcessorOptions.Builder#concurrency} says
     * @param <T> the documents' type
     * @return completes when no handler is running and the position is stored
     * @throws InvalidRequestException if there is no client name, or a snapshot is asked for
     */
    public <T> Mono<Void> process(
            DocumentCollection<T> collection,
            WatchOptions options,
            ProcessorOptions processing,
            Function<ChangeEvent<T>, Mono<Void>> handler) {
        return processors.process(collection, options, processing, handler);
    }

    /**
     * As {@link #process}, with a handler whose writes take effect exactly once: its writes through the session, and
     * the mark that the change is handled, are committed together. A change that is delivered again, after a crash, a
     * lost connection or a change of owners, is recognized by its mark and not handled twice. That also holds with a
     * concurrency above 1, because each change has its own mark, which is deleted when the stored position has passed
     * it.
     *
     * <p>It also holds if history is lost or forked: with {@link OnHistoryLost#START_AT_OLDEST} the client continues at
     * its position in the database if that is still valid, as after a restore, or else at the oldest kept change;
     * changes after its stored position that were handled and are still kept are not handled again. Effects, marks and
     * the position are in one database, so a restored database contains all of them consistently. After
     * {@link Clients#reset} changes are handled again, which is its purpose; and all changes are handled again in a
     * database to which the collections were moved without the changelog, for example by logical replication, because
     * it assigns new ids.
     *
     * <p>Effects of the handler outside of the session happen at least once: they are repeated when the transaction is
     * repeated. An attempt uses one connection of the pool.
     *
     * @param collection a collection of the same datastore
     * @param options the watch's options; a client name is required
     * @param processing how changes are handled
     * @param handler handles one change, and completes when it has written; must use only the given session
     * @param <T> the documents' type
     * @return completes when no handler is running and the position is stored
     * @throws InvalidRequestException if there is no client name, or if a snapshot is requested
     * @see Datastore#inTransaction
     */
    public <T> Mono<Void> processInTransaction(
            DocumentCollection<T> collection,
            WatchOptions options,
            ProcessorOptions processing,
            BiFunction<ChangeEvent<T>, DatastoreSession, Mono<Void>> handler) {
        return processors.processInTransaction(collection, options, processing, handler);
    }

    /**
     * The changes that processors could not handle.
     *
     * @return lists, replays and deletes them
     */
    public DeadLetters deadLetters() {
        return new StoredDeadLetters(connections);
    }

    /**
     * The named clients and their positions.
     *
     * @return lists, resets and deletes them
     */
    public Clients clients() {
        return new StoredClients(
                connections,
                datastore.json(),
                to -> watching.opening().start(to).map(position -> new StoredClients.Start(position, to.isNow())));
    }

    /**
     * Limits the size of the changelog. Changes are removed only when it runs.
     *
     * @param options how long changes are kept
     * @return runs once or periodically
     */
    public Retention retention(RetentionOptions options) {
        return new DefaultRetention(connections, options, timer, watching.closing());
    }

    /**
     * Sets which documents the changelog keeps with later changes of a collection; requires the privileges of the
     * table's owner. Waits for running writers of the collection, and blocks new writers for milliseconds. Fewer images
     * make the changelog smaller and writers faster; a filter treats documents that are not kept as missing.
     *
     * @param collection a collection of the same datastore
     * @param images the images to keep
     * @return cold; completes when it is changed
     */
    public Mono<Void> keepImages(DocumentCollection<?> collection, Images images) {
        return captureStates.keepImages(collection.name(), images);
    }

    /**
     * The lag of a client, which can run in this process, in another one or not at all.
     *
     * @param clientName the client
     * @return cold; emits the lag; empty if the client has no stored position, so that nothing is known; fails with
     *     {@link InvalidRequestException} if the name has control characters or half a surrogate pair
     */
    public Mono<ClientLag> lag(String clientName) {
        return reports.lag(clientName);
    }

    /**
     * The status of these streams, the changelog and all clients.
     *
     * @return cold; emits the status
     */
    public Mono<ChangeStreamStatus> status() {
        return reports.status();
    }

    /**
     * The health of the datastore and of these streams, within five seconds: {@link Datastore#health()} with more
     * details; all but the first two are omitted if the database did not answer:
     *
     * <table>
     *   <caption>Details of change streams</caption>
     *   <tr><th>Key</th><th>Type</th><th>What</th></tr>
     *   <tr><td>{@code watches}</td><td>{@code Integer}</td><td>watches that are open here</td></tr>
     *   <tr><td>{@code listening}</td><td>{@code Boolean}</td><td>whether writers wake them</td></tr>
     *   <tr><td>{@code changelogRows}, {@code changelogBytes}</td><td>{@code Long}</td><td>as in
     *       {@link ChangeStreamStatus}</td></tr>
     *   <tr><td>{@code changesBehind}</td><td>{@code Map<String, Long>}</td><td>of each client, how many changes it is
     *       behind</td></tr>
     * </table>
     *
     * <p>It is degraded when the triggers that capture the changes of a collection are disabled. While something is watched
     * here it is degraded when changes are found by polling only, though they should not be,
     * when a gap has been held for more than a second, when a watch or client that has demand has received nothing for 30 s
     * although there are changes (its position and the newest change are compared every 10 s), and when the position of a
     * client could not be stored, or its lease not be renewed, for 30 s.
     *
     * @return cold; emits the health; never fails
     */
    public Mono<Health> health() {
        return reports.health();
    }

    /**
     * Closes every watch, including watches that are being opened, and rejects new ones. Each watch completes.
     *
     * @return cold; completes when every watch has ended and the position of each client is stored; may be repeated
     */
    public Mono<Void> close() {
        return Mono.defer(() -> {
            watching.close();
            return Mono.when(Stream.concat(watching.ended(), processors.ended()).toList());
        });
    }
}

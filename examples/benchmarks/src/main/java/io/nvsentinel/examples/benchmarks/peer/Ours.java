// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.benchmarks.peer;

import io.nvsentinel.changestream.ChangeEvent;
import io.nvsentinel.changestream.ChangeStreamOptions;
import io.nvsentinel.changestream.ChangeStreams;
import io.nvsentinel.changestream.StartAt;
import io.nvsentinel.changestream.WatchOptions;
import io.nvsentinel.changestream.internal.changelog.ChangelogReader;
import io.nvsentinel.changestream.internal.changelog.ChangelogReader.TailReading;
import io.nvsentinel.changestream.internal.changelog.HistoryPoint;
import io.nvsentinel.changestream.internal.changelog.RowCheck;
import io.nvsentinel.changestream.internal.changelog.Selection;
import io.nvsentinel.datastore.Datastore;
import io.nvsentinel.datastore.DatastoreOptions;
import io.nvsentinel.datastore.DocumentCollection;
import io.nvsentinel.datastore.SchemaMode;
import io.nvsentinel.datastore.StoredDocument;
import io.nvsentinel.datastore.codec.DocumentCodec;
import io.nvsentinel.datastore.internal.connection.Connections;
import io.nvsentinel.datastore.internal.filter.FieldMap;
import io.nvsentinel.datastore.internal.store.DefaultDatastore;
import io.nvsentinel.datastore.model.HealthEventDocument;
import io.nvsentinel.datastore.query.Filter;
import io.nvsentinel.datastore.query.Query;
import io.nvsentinel.datastore.query.Sort;
import io.nvsentinel.examples.benchmarks.server.Database;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** This library: the only class of the benchmarks that calls it, so that its API is seen in one place. */
public final class Ours implements AutoCloseable {

    /** How the report calls it. */
    public static final String NAME = "this library";

    /** How many connections each contender's pool may have: the library's default. */
    public static final int POOL = 25;

    private static final Duration WAIT = Duration.ofMinutes(1);

    private static final UUID NO_INCARNATION = new UUID(0, 0);
    private static final List<Selection> EVERYTHING = List.of(new Selection(Filter.all(), Map.of(), FieldMap.GENERIC));

    private final Datastore datastore;
    private final ChangeStreams streams;
    private final ChangelogReader reader;
    private final DocumentCollection<byte[]> raw;

    private Ours(Datastore datastore, ChangeStreams streams) {
        this.datastore = datastore;
        this.streams = streams;
        this.raw = datastore.collection("health_events", DocumentCodec.ofBytes());
        this.reader = new ChangelogReader(
                connections(datastore),
                ChangeStreamOptions.builder().build().batchSize(),
                ChangeStreamOptions.builder().build().maxBatchBytes(),
                datastore.options().maxDocumentBytes());
    }

    /**
     * Connects with every option at its default, to a schema that is there.
     *
     * @param database where
     * @return the library, which the caller closes
     */
    public static Ours connect(Database database) {
        return connect(database, "benchmarks");
    }

    /**
     * Connects under a name.
     *
     * @param database where
     * @param applicationName how the server lists the connections
     * @return the library, which the caller closes
     */
    public static Ours connect(Database database, String applicationName) {
        DatastoreOptions options = database.options()
                .schemaMode(SchemaMode.NONE)
                .maxConnections(POOL)
                .applicationName(applicationName)
                .build();
        Datastore datastore = Datastore.connect(options).block(WAIT);
        if (datastore == null) {
            throw new IllegalStateException("Connecting gave nothing");
        }
        return new Ours(datastore, ChangeStreams.of(datastore));
    }

    /**
     * How it is set up.
     *
     * @return in words
     */
    public static String setUp() {
        ChangeStreamOptions defaults = ChangeStreamOptions.builder().build();
        return "every option at its default (" + POOL + " connections, pages of " + defaults.batchSize() + " changes)";
    }

    /**
     * Stores one document.
     *
     * @param document the document
     * @return its id, after the commit
     */
    public Mono<UUID> insert(HealthEventDocument document) {
        return datastore.healthEvents().insert(document);
    }

    /**
     * Stores many documents in one statement.
     *
     * @param documents the documents
     * @return their ids, after the commit
     */
    public Mono<List<UUID>> insertMany(List<HealthEventDocument> documents) {
        return datastore.healthEvents().insertMany(documents);
    }

    /**
     * Reads one document.
     *
     * @param id which
     * @return the document
     */
    public Mono<StoredDocument<HealthEventDocument>> findById(UUID id) {
        return datastore.healthEvents().findById(id);
    }

    /**
     * Reads the documents of a node.
     *
     * @param node the node's name
     * @return the documents
     */
    public Flux<StoredDocument<HealthEventDocument>> findByNode(String node) {
        return datastore.healthEvents().findByNode(node);
    }

    /**
     * Reads every document.
     *
     * @return typed documents
     */
    public Flux<StoredDocument<HealthEventDocument>> scan() {
        return datastore.healthEvents().find(Filter.all());
    }

    /**
     * Reads one document as bytes.
     *
     * @param id which
     * @return the document
     */
    public Mono<StoredDocument<byte[]>> findRawById(UUID id) {
        return raw.findById(id);
    }

    /**
     * Reads the documents of a node as bytes.
     *
     * @param node the node's name
     * @return the documents
     */
    public Flux<StoredDocument<byte[]>> findRawByNode(String node) {
        return raw.find(Query.where(Filter.eq("healthevent.nodeName", node)).sort(Sort.descending("created_at")));
    }

    /**
     * Reads every document as bytes.
     *
     * @return the documents
     */
    public Flux<StoredDocument<byte[]>> scanRaw() {
        return raw.find(Filter.all());
    }

    /**
     * Watches the health events.
     *
     * @param start where to start
     * @param clientName under which the position is stored, or null
     * @param subscribed called when every later change will arrive
     * @return the changes
     */
    public Flux<ChangeEvent<HealthEventDocument>> watch(
            StartAt start, @Nullable String clientName, Runnable subscribed) {
        WatchOptions.Builder options = WatchOptions.builder().startAt(start).onSubscribed(token -> subscribed.run());
        if (clientName != null) {
            options.clientName(clientName);
        }
        return streams.watch(datastore.healthEvents(), options.build());
    }

    /**
     * Polls once, as a stream at the end of the changelog does.
     *
     * @param position the last change that it has
     * @param proveGap whether it has seen a gap, so that writers are asked for too
     * @return what was read
     */
    public Mono<TailReading> poll(long position, boolean proveGap) {
        RowCheck row = new RowCheck(position, position, Instant.EPOCH);
        return reader.tail(HistoryPoint.of(NO_INCARNATION, row), proveGap, EVERYTHING);
    }

    private static Connections connections(Datastore datastore) {
        return ((DefaultDatastore) datastore).connections();
    }

    @Override
    public void close() {
        streams.close().block(WAIT);
        datastore.close().block(WAIT);
    }
}

// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.internal.store;

import io.nvsentinel.datastore.BatchOptions;
import io.nvsentinel.datastore.BatchResult;
import io.nvsentinel.datastore.DocumentCollection;
import io.nvsentinel.datastore.ExpiryOptions;
import io.nvsentinel.datastore.IdempotentResult;
import io.nvsentinel.datastore.StoredDocument;
import io.nvsentinel.datastore.UpdateResult;
import io.nvsentinel.datastore.UpsertResult;
import io.nvsentinel.datastore.aggregation.Aggregation;
import io.nvsentinel.datastore.codec.DocumentCodec;
import io.nvsentinel.datastore.codec.JsonCodec;
import io.nvsentinel.datastore.internal.connection.Session;
import io.nvsentinel.datastore.internal.filter.FieldMap;
import io.nvsentinel.datastore.internal.insert.DocumentInserts;
import io.nvsentinel.datastore.internal.read.DocumentReads;
import io.nvsentinel.datastore.internal.table.Condition;
import io.nvsentinel.datastore.internal.table.Table;
import io.nvsentinel.datastore.query.FieldPath;
import io.nvsentinel.datastore.query.Filter;
import io.nvsentinel.datastore.query.Query;
import io.nvsentinel.datastore.query.ReturnDocument;
import io.nvsentinel.datastore.query.Update;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * A collection over a table with the columns {@code id}, {@code created_at}, {@code updated_at}, {@code version} and
 * {@code data}. Its operations are in {@link DocumentInserts},
 * {@link DocumentReads}, {@link DocumentChanges} and {@link Aggregations}.
 *
 * @param <T> the documents' type
 */
public class DefaultCollection<T> implements DocumentCollection<T> {

    private final String name;
    private final DocumentCodec<T> codec;
    private final FieldMap fields;
    private final JsonCodec json;
    private final DocumentInserts<T> inserts;
    private final DocumentReads<T> reads;
    private final DocumentChanges<T> changes;
    private final Aggregations aggregations;

    /**
     * A collection whose documents are stored in the order of their arrival; sends no statement.
     *
     * @param session acquires connections
     * @param name the table's name
     * @param fields resolves field names of filters and updates
     * @param codec reads and writes the documents
     * @param json reads documents without a class
     */
    DefaultCollection(Session session, String name, FieldMap fields, DocumentCodec<T> codec, JsonCodec json) {
        this(session, name, fields, codec, json, document -> name);
    }

    /**
     * A collection that keeps this order only for some documents.
     *
     * @param order the order key of a document; documents with equal keys are stored in the order of their arrival
     */
    DefaultCollection(
            Session session,
            String name,
            FieldMap fields,
            DocumentCodec<T> codec,
            JsonCodec json,
            Function<? super T, ?> order) {
        this.name = name;
        this.codec = codec;
        this.fields = fields;
        this.json = json;
        this.inserts = new DocumentInserts<>(session, new Table(name, fields), codec, order);
        this.reads = new DocumentReads<>(session, new Table(name, fields), codec, json);
        this.aggregations = new Aggregations(session, new Table(name, fields));
        this.changes = new DocumentChanges<>(session, new Table(name, fields), codec);
    }

    @Override
    public String name() {
        return name;
    }

    /**
     * What reads and writes the documents, for the change stream.
     *
     * @return the codec
     */
    public DocumentCodec<T> codec() {
        return codec;
    }

    /**
     * The names of the documents' fields, for the change stream.
     *
     * @return the field map
     */
    public FieldMap fields() {
        return fields;
    }

    @Override
    public Mono<UUID> insert(T document) {
        return inserts.insert(document);
    }

    @Override
    public Mono<List<UUID>> insertMany(List<T> documents) {
        return inserts.insertMany(documents);
    }

    @Override
    public Flux<BatchResult> insertStream(Publisher<? extends T> documents, BatchOptions options) {
        return inserts.insertStream(documents, options);
    }

    /** Inserts the documents whose idempotency key is new. */
    final Mono<IdempotentResult> insertNew(List<T> documents) {
        return inserts.insertManyIdempotent(documents);
    }

    @Override
    public Mono<StoredDocument<T>> findById(UUID id) {
        return reads.findById(id);
    }

    @Override
    public Mono<StoredDocument<T>> findOne(Query query) {
        return reads.findOne(query);
    }

    @Override
    public Flux<StoredDocument<T>> find(Query query) {
        return reads.find(query, Condition.NONE);
    }

    /** As {@link #find(Query)}, for what only the server can judge. */
    final Flux<StoredDocument<T>> find(Query query, Condition condition) {
        return reads.find(query, condition);
    }

    @Override
    public Flux<List<StoredDocument<T>>> findPages(Query query) {
        return reads.findPages(query);
    }

    @Override
    public Flux<UUID> findIds(Query query) {
        return reads.findIds(query);
    }

    @Override
    public Flux<StoredDocument<Map<String, @Nullable Object>>> findFields(Query query, List<String> paths) {
        return Flux.defer(
                () -> reads.project(query, paths.stream().map(FieldPath::parse).toList()));
    }

    @Override
    public Flux<Object> distinct(String path, Filter filter) {
        return Flux.defer(() -> reads.distinct(FieldPath.parse(path), filter));
    }

    @Override
    public Mono<Long> count(Query query) {
        return reads.count(query);
    }

    @Override
    public Mono<Boolean> exists(Filter filter) {
        return reads.exists(filter, Condition.NONE);
    }

    @Override
    public Flux<Map<String, @Nullable Object>> aggregate(Aggregation aggregation) {
        return aggregations.run(aggregation, json::readTree);
    }

    @Override
    public <R> Flux<R> aggregate(Aggregation aggregation, DocumentCodec<R> results) {
        return aggregations.run(aggregation, results::decode);
    }

    /** As {@link #exists(Filter)}, for what only the server can judge. */
    final Mono<Boolean> exists(Filter filter, Condition condition) {
        return reads.exists(filter, condition);
    }

    @Override
    public Mono<Void> updateById(UUID id, Update update) {
        return changes.updateById(id, update);
    }

    @Override
    public Mono<Void> updateById(UUID id, long version, Update update) {
        return changes.updateById(id, version, update);
    }

    @Override
    public Mono<UpdateResult> updateOne(Query query, Update update) {
        return changes.updateOne(query, update);
    }

    @Override
    public Mono<UpdateResult> updateMany(Filter filter, Update update) {
        return changes.updateMany(filter, update);
    }

    @Override
    public Mono<StoredDocument<T>> findAndUpdate(Query query, Update update, ReturnDocument returned) {
        return changes.findAndUpdate(query, update, returned);
    }

    @Override
    public Mono<UpsertResult> upsert(Filter filter, Update update) {
        return changes.upsert(filter, update);
    }

    @Override
    public Mono<Void> replaceById(UUID id, T document) {
        return changes.replaceById(id, document);
    }

    @Override
    public Mono<Void> replaceById(UUID id, long version, T document) {
        return changes.replaceById(id, version, document);
    }

    @Override
    public Mono<Boolean> deleteById(UUID id) {
        return changes.deleteById(id);
    }

    @Override
    public Mono<Void> deleteById(UUID id, long version) {
        return changes.deleteById(id, version);
    }

    @Override
    public Mono<Boolean> deleteOne(Query query) {
        return changes.deleteOne(query);
    }

    @Override
    public Mono<Long> deleteMany(Filter filter) {
        return changes.deleteMany(filter);
    }

    @Override
    public Mono<Long> expire(ExpiryOptions options) {
        return changes.expire(options);
    }
}

// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.internal.insert;

import io.nvsentinel.datastore.BatchOptions;
import io.nvsentinel.datastore.BatchResult;
import io.nvsentinel.datastore.IdempotentResult;
import io.nvsentinel.datastore.codec.DocumentCodec;
import io.nvsentinel.datastore.error.DatastoreException;
import io.nvsentinel.datastore.error.ErrorContext;
import io.nvsentinel.datastore.error.InvalidRequestException;
import io.nvsentinel.datastore.error.LimitExceededException;
import io.nvsentinel.datastore.internal.connection.Session;
import io.nvsentinel.datastore.internal.table.Table;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.function.Function;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/**
 * The ways in which documents come into a collection.
 *
 * @param <T> the documents' type
 */
public final class DocumentInserts<T> {

    private final InsertSql sql;
    private final GroupCommit together;
    private final Refusals refusals;
    private final DocumentCodec<T> codec;
    private final Function<? super T, ?> order;
    private final Scheduler timer = Schedulers.parallel();

    /**
     * Inserts into a collection.
     *
     * @param session acquires connections
     * @param table the table
     * @param codec writes the documents
     * @param order the order key of a document; documents with equal keys are stored in the order of their arrival
     */
    public DocumentInserts(Session session, Table table, DocumentCodec<T> codec, Function<? super T, ?> order) {
        this.sql = new InsertSql(session, table);
        this.together = new GroupCommit(sql);
        this.refusals = new Refusals(sql);
        this.codec = codec;
        this.order = order;
    }

    /**
     * As {@link io.nvsentinel.datastore.DocumentCollection#insert}.
     *
     * @param document the document
     * @return cold; emits its id
     */
    public Mono<UUID> insert(T document) {
        return Mono.fromCallable(() -> Encoded.of(codec, document))
                .flatMap(encoded -> sql.isEachItsOwnTransaction()
                        ? together.insert(encoded, order.apply(document))
                        : sql.insert(List.of(encoded)).map(ids -> ids.get(0)));
    }

    /**
     * As {@link io.nvsentinel.datastore.DocumentCollection#insertMany}.
     *
     * @param documents the documents
     * @return cold; emits their ids
     */
    public Mono<List<UUID>> insertMany(List<T> documents) {
        List<T> snapshot = new ArrayList<>(documents);
        return snapshot.isEmpty()
                ? Mono.just(List.of())
                : Mono.fromCallable(() -> encode(snapshot))
                        .flatMap(encoded -> sql.insert(encoded)
                                .onErrorResume(DatastoreException.class, e -> refusals.named(encoded, false, e)));
    }

    /**
     * As {@link io.nvsentinel.datastore.HealthEventStore#insertManyIdempotent}.
     *
     * @param documents the documents
     * @return cold; emits what became of each
     */
    public Mono<IdempotentResult> insertManyIdempotent(List<T> documents) {
        List<T> snapshot = new ArrayList<>(documents);
        return snapshot.isEmpty()
                ? Mono.just(new IdempotentResult(List.of()))
                : Mono.fromCallable(() -> encode(snapshot))
                        .flatMap(encoded -> sql.insertNew(encoded)
                                .onErrorResume(DatastoreException.class, e -> refusals.named(encoded, true, e)));
    }

    private List<Encoded> encode(List<T> documents) {
        List<Encoded> encoded = new ArrayList<>(documents.size());
        for (T document : documents) {
            try {
                encoded.add(Encoded.of(codec, document));
            } catch (DatastoreException e) {
                ErrorContext context = new ErrorContext(sql.action(), null);
                String reason = Refusals.place(encoded.size(), documents.size()) + e.getMessage();
                throw e instanceof LimitExceededException limit
                        ? new LimitExceededException(context, reason, limit.field(), limit.limit(), e)
                        : new InvalidRequestException(context, reason, e);
            }
        }
        return encoded;
    }

    /**
     * As {@link io.nvsentinel.datastore.DocumentCollection#insertStream}.
     *
     * @param documents the documents
     * @param options how they are put together
     * @return cold; emits what became of each batch
     */
    public Flux<BatchResult> insertStream(Publisher<? extends T> documents, BatchOptions options) {
        Batches batches = new Batches(new BisectingRetry(sql), options);
        return Flux.from(documents)
                .index((index, document) -> item(index, document))
                // As an item, because an error would drop the documents that were taken and wait for more.
                .onErrorResume(failure -> Mono.just(Batches.Item.end(failure)))
                .bufferTimeout(options.maxDocuments(), options.linger(), timer, true)
                .concatMapIterable(batches::split, 1)
                .concatMap(batches::store, 1);
    }

    private Batches.Item item(long index, T document) {
        try {
            return new Batches.Item(index, Encoded.of(codec, document), null, null);
        } catch (DatastoreException e) {
            return new Batches.Item(index, Encoded.nothing(), e, null);
        }
    }
}

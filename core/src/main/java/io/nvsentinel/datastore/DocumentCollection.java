// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore;

import io.nvsentinel.datastore.aggregation.Aggregation;
import io.nvsentinel.datastore.codec.DocumentCodec;
import io.nvsentinel.datastore.error.ConflictException;
import io.nvsentinel.datastore.error.DatastoreException;
import io.nvsentinel.datastore.error.InvalidDocumentException;
import io.nvsentinel.datastore.error.InvalidRequestException;
import io.nvsentinel.datastore.error.NotFoundException;
import io.nvsentinel.datastore.error.OutcomeUnknownException;
import io.nvsentinel.datastore.error.UnavailableException;
import io.nvsentinel.datastore.query.Filter;
import io.nvsentinel.datastore.query.Query;
import io.nvsentinel.datastore.query.ReturnDocument;
import io.nvsentinel.datastore.query.Sort;
import io.nvsentinel.datastore.query.Update;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * A collection of JSON documents of one type: a table with a document per row. Thread-safe; it is valid as long as its
 * {@link Datastore}.
 *
 * <p>Every publisher is cold: each subscription runs the operation again. No connection is in use between a
 * subscriber's requests. Cancelling releases the connection; a cancelled write may still take effect, and a write that
 * was already sent is never stopped, because that could end its wait for a synchronous standby. Errors are
 * {@link DatastoreException}s. Signals arrive on threads of the driver or of Reactor's parallel scheduler, which must
 * not be blocked.
 *
 * <p>Updates, replacements and upserts write only documents that they change. If the new document equals the stored one,
 * the operation succeeds and nothing is written: the record keeps its version and {@code updated_at}, and change streams
 * see no change. Documents are compared as JSON values, numbers by value.
 *
 * @param <T> the documents' type
 */
public interface DocumentCollection<T> {

    /**
     * The collection's name.
     *
     * @return the table's name
     */
    String name();

    /**
     * Stores a document.
     *
     * <p>Concurrent inserts share a statement and a commit: the first is sent immediately; inserts that are subscribed
     * to while it runs are combined in the next statement, in the order of their subscriptions. If sixteen or more
     * health events wait, they are sent in a second concurrent statement, and keep that order for each node. A document
     * that the server rejects fails only for its caller. In a transaction, each document is inserted separately.
     *
     * @param document the document
     * @return emits the new record's id after the commit; fails with {@link UnavailableException}, and stores nothing,
     *     if more than 10000 inserts or 64 MiB wait already; if cancelled before its statement was sent, nothing is
     *     stored
     */
    Mono<UUID> insert(T document);

    /**
     * Stores documents in one statement: all of them or none.
     *
     * @param documents the documents, together less than 256 MiB; an empty list is allowed and writes nothing
     * @return emits the new records' ids in the order of the documents, after the commit
     */
    Mono<List<UUID>> insertMany(List<T> documents);

    /**
     * Stores a stream of documents in batches, one after another, each in one statement.
     *
     * <p>If a document is rejected, the rest of its batch is still stored, unless the options say to stop: then the
     * earlier documents are stored and the later ones are not. A transaction accepts no further statement after an
     * error: there the whole batch fails, and so does the stream.
     *
     * @param documents the documents; requested a batch at a time, at most two batches ahead of what is stored
     * @param options sizes, waiting time, and whether to stop at the first rejected document
     * @return emits the result of each batch after its commit, in order; completes after the last; fails with the error
     *     of {@code documents}, after the result of the documents that it had emitted; with the error of a rejected
     *     document after the result that contains it, if the options say to stop; and with {@link UnavailableException}
     *     or {@link OutcomeUnknownException} after the result of the current batch, whose documents with that error are
     *     not, or may not be, stored: documents without a result were not sent; if cancelled, the current batch may
     *     still be stored
     */
    Flux<BatchResult> insertStream(Publisher<? extends T> documents, BatchOptions options);

    /**
     * Reads one document.
     *
     * @param id the record's id
     * @return emits the document, or nothing if there is none
     */
    Mono<StoredDocument<T>> findById(UUID id);

    /**
     * Reads the first document of a query.
     *
     * @param query selects the document; its limit is ignored
     * @return emits the document, or nothing if none matches
     */
    Mono<StoredDocument<T>> findOne(Query query);

    /**
     * Reads the documents that match, oldest first (by creation time, then id), as {@link #find(Query)}.
     *
     * @param filter what to read; {@link Filter#all()} for everything
     * @return emits the documents; completes after the last; empty if none matches
     */
    default Flux<StoredDocument<T>> find(Filter filter) {
        return find(Query.where(filter));
    }

    /**
     * Reads documents, a page at a time; see {@link Query} for the guarantees between pages.
     *
     * <p>Reads ahead at most two pages, each of at most {@link Query#pageSize()} documents and, unless one document
     * alone is larger, not much more than 4 MiB.
     *
     * @param query the query
     * @return emits the documents in the query's order; completes after the last; empty if none matches; fails with
     *     {@link InvalidDocumentException} in the place of a document that cannot be read, unless
     *     {@link Query#onUndecodable} is set
     */
    Flux<StoredDocument<T>> find(Query query);

    /**
     * Reads documents as {@link #find(Query)} does, and emits whole pages. A page is read when it is requested, or one
     * page ahead; a subscriber that fails or cancels ends the reading.
     *
     * @param query the query
     * @return emits lists of 1 to {@link Query#pageSize()} documents
     */
    Flux<List<StoredDocument<T>>> findPages(Query query);

    /**
     * Reads only the ids.
     *
     * @param query the query
     * @return emits the ids in the query's order; reads ahead at most two pages
     */
    Flux<UUID> findIds(Query query);

    /**
     * Reads some fields of documents. They are written in the form that the library writes; missing fields are omitted;
     * an absent boolean that means false is false, as for {@link Filter}. The record's own columns are always included.
     *
     * @param query the query
     * @param paths the fields, as in {@link Filter}; a later one may replace a part of an earlier one
     * @return as {@link #find(Query)}, with trees of maps, lists, strings, numbers, booleans and null
     */
    Flux<StoredDocument<Map<String, @Nullable Object>>> findFields(Query query, List<String> paths);

    /**
     * Reads the distinct values of a field, in the order of {@link Sort}. An array is one value. Each page of values
     * scans all matching documents.
     *
     * @param path the field
     * @param filter selects the documents
     * @return emits each value once, not null: String, Boolean, Number, List or Map; strings for the record's columns
     */
    Flux<Object> distinct(String path, Filter filter);

    /**
     * Counts the documents that match.
     *
     * @param filter what to count
     * @return emits the number, 0 if none matches
     */
    default Mono<Long> count(Filter filter) {
        return count(Query.where(filter));
    }

    /**
     * Counts the documents that {@link #find(Query)} would read, skip and limit applied.
     *
     * @param query what to count
     * @return emits the number, 0 if none matches
     */
    Mono<Long> count(Query query);

    /**
     * Whether a document matches.
     *
     * @param filter what to look for
     * @return emits true or false
     */
    Mono<Boolean> exists(Filter filter);

    /**
     * Runs an aggregation in one statement. Documents of the collection, as opposed to results of {@code group} or
     * {@code count}, contain their record's {@code id}.
     *
     * @param aggregation what to compute
     * @return emits the results in their order, after all of them have been read; fails with
     *     {@link InvalidRequestException} if they are more, or larger, than {@link Aggregation} allows
     */
    Flux<Map<String, @Nullable Object>> aggregate(Aggregation aggregation);

    /**
     * Runs an aggregation as {@link #aggregate(Aggregation)}, with typed results.
     *
     * @param aggregation what to compute
     * @param results reads the results
     * @param <R> the results' type
     * @return emits the results in their order; also fails with {@link InvalidDocumentException} at a result that
     *     cannot be read
     */
    <R> Flux<R> aggregate(Aggregation aggregation, DocumentCodec<R> results);

    /**
     * Changes one document.
     *
     * @param id the record's id
     * @param update what to change
     * @return completes after the commit; fails with {@link NotFoundException} if there is no such record
     */
    Mono<Void> updateById(UUID id, Update update);

    /**
     * Updates one document if no other write has changed it since it was read.
     *
     * @param id the record's id
     * @param version the version that was read, {@link StoredDocument#version()}
     * @param update what to change
     * @return completes after the commit; fails with {@link ConflictException} if the record has another version, with
     *     {@link NotFoundException} if there is none; nothing is written then
     */
    Mono<Void> updateById(UUID id, long version, Update update);

    /**
     * Updates only the first document of a query. Two concurrent callers update it one after the other; if it no longer
     * matches for the second caller, that caller updates the next document.
     *
     * @param query selects the document; its limit is ignored
     * @param update how to change it
     * @return emits how many documents were matched and modified, 0 or 1, after the commit
     */
    Mono<UpdateResult> updateOne(Query query, Update update);

    /**
     * Changes every document that matches, in one statement: all of them or none.
     *
     * @param filter what to change
     * @param update how to change it
     * @return emits how many documents were matched and modified, after the commit
     */
    Mono<UpdateResult> updateMany(Filter filter, Update update);

    /**
     * Updates the first document of a query, as {@link #updateOne}, and returns it.
     *
     * @param query selects the document; its limit is ignored
     * @param update the update
     * @param returned which state to return
     * @return emits the document after the commit, or nothing if none matched; fails with
     *     {@link InvalidDocumentException} if it cannot be read, although it was changed
     */
    Mono<StoredDocument<T>> findAndUpdate(Query query, Update update, ReturnDocument returned);

    /**
     * Updates the oldest document that matches, or stores a new one: with the values of the filter's equalities, then
     * changed by the update. Two concurrent callers may both store one, unless a unique index forbids it; then the
     * second fails with {@link ConflictException} and can retry.
     *
     * <p>The new document must match the filter, because otherwise each call would store another one; if it does not,
     * this fails with {@link InvalidRequestException}. A filter that names the id is exempt.
     *
     * @param filter what to change; equalities and the update together have at most {@value Update#MAX_OPERATIONS}
     *     parts
     * @param update how to change it
     * @return emits the record's id, whether it is new and whether it was changed, after the commit
     */
    Mono<UpsertResult> upsert(Filter filter, Update update);

    /**
     * Replaces a whole document.
     *
     * @param id the record's id
     * @param document the new document
     * @return completes after the commit; fails with {@link NotFoundException} if there is no such record
     */
    Mono<Void> replaceById(UUID id, T document);

    /**
     * Replaces a whole document if no other write has changed it since it was read.
     *
     * @param id the record's id
     * @param version the version that was read, {@link StoredDocument#version()}
     * @param document the new document
     * @return completes after the commit; fails as {@link #updateById(UUID, long, Update)}
     */
    Mono<Void> replaceById(UUID id, long version, T document);

    /**
     * Deletes a document.
     *
     * @param id the record's id
     * @return emits whether there was one, after the commit
     */
    Mono<Boolean> deleteById(UUID id);

    /**
     * Deletes a document if no other write has changed it since it was read.
     *
     * @param id the record's id
     * @param version the version that was read, {@link StoredDocument#version()}
     * @return completes after the commit; fails as {@link #updateById(UUID, long, Update)}
     */
    Mono<Void> deleteById(UUID id, long version);

    /**
     * Deletes only the first document of a query, as {@link #updateOne}.
     *
     * @param query selects the document; its limit is ignored
     * @return emits whether there was one, after the commit
     */
    Mono<Boolean> deleteOne(Query query);

    /**
     * Deletes every document that matches, in one statement: all of them or none.
     *
     * @param filter what to delete
     * @return emits the number of documents deleted, after the commit
     */
    Mono<Long> deleteMany(Filter filter);

    /**
     * Deletes the documents that have expired, the oldest first, in bounded steps: each deletes at most
     * {@link ExpiryOptions#batchSize()} documents in a transaction of its own, and skips those that another transaction has
     * locked. Change streams receive the deletions; a watch does not receive them if its filter asks for other operations.
     *
     * @param options which documents expire
     * @return emits how many were deleted, after the last commit; if cancelled or failed, the steps that were committed remain
     */
    Mono<Long> expire(ExpiryOptions options);

    /**
     * Deletes expired documents as {@link #expire} does, again and again, with a pause after each pass. Several processes may
     * do so at the same time.
     *
     * @param options which documents expire
     * @return emits after each pass how many were deleted; never completes; fails with the first error, and can be
     *     subscribed to again; cancelling stops it
     */
    default Flux<Long> expirePeriodically(ExpiryOptions options) {
        return expire(options).repeatWhen(passes -> passes.delayElements(options.interval()));
    }
}

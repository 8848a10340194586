// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore;

import java.util.List;
import java.util.UUID;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * A collection of JSON documents of one type: a table with a document per row. Thread-safe; it lives as long as the
 * {@link Datastore} that gave it.
 *
 * <p>Every publisher is cold: each subscription asks the database anew. No connection is held between a subscriber's
 * requests. Cancelling gives the connection back; a write that is cancelled may still have happened. Errors are
 * {@link DatastoreException}s. Signals arrive on the driver's threads, which must not be blocked.
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
     * @param document the document
     * @return emits the new record's id after the commit
     */
    Mono<UUID> insert(T document);

    /**
     * Stores documents in one statement: all of them or none.
     *
     * @param documents the documents; none is allowed and writes nothing
     * @return emits the new records' ids in the order of the documents, after the commit
     */
    Mono<List<UUID>> insertMany(List<T> documents);

    /**
     * Reads one document.
     *
     * @param id the record's id
     * @return emits the document, or nothing if there is none
     */
    Mono<StoredDocument<T>> findById(UUID id);

    /**
     * Reads the documents that match, oldest first (by creation time, then id), a page at a time.
     *
     * <p>Documents written while it runs may or may not be seen; none is seen twice. Reads ahead at most two pages of
     * 500 documents.
     *
     * @param filter what to read; {@link Filter#all()} for everything
     * @return emits the documents; completes after the last; empty if none matches
     */
    Flux<StoredDocument<T>> find(Filter filter);

    /**
     * Counts the documents that match.
     *
     * @param filter what to count
     * @return emits the number, 0 if none matches
     */
    Mono<Long> count(Filter filter);

    /**
     * Changes one document.
     *
     * @param id the record's id
     * @param update what to change
     * @return completes after the commit; fails with {@link NotFoundException} if there is no such record
     */
    Mono<Void> updateById(UUID id, Update update);

    /**
     * Changes every document that matches, in one statement: all of them or none.
     *
     * @param filter what to change
     * @param update how to change it
     * @return emits the number of documents changed, after the commit
     */
    Mono<Long> updateMany(Filter filter, Update update);
}

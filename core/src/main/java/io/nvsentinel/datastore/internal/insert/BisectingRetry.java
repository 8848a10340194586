// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.internal.insert;

import io.nvsentinel.datastore.error.ConflictException;
import io.nvsentinel.datastore.error.DatastoreException;
import io.nvsentinel.datastore.error.InvalidRequestException;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;

/**
 * Stores as many documents as possible, and bisects the batch if one of them is rejected: a single invalid document
 * among n costs about 2 log n statements. It also bisects the batch after a deadlock with another transaction. Not in a
 * transaction, which accepts no further statement after an error.
 */
final class BisectingRetry {

    private final InsertSql sql;

    BisectingRetry(InsertSql sql) {
        this.sql = sql;
    }

    /**
     * What became of one document.
     *
     * @param id the new record, or null
     * @param error why there is none, or null
     */
    record Outcome(@Nullable UUID id, @Nullable DatastoreException error) {

        /** Whether the document itself is the reason why it is not stored. */
        boolean isRefused() {
            return error != null && blamesADocument(error);
        }
    }

    /**
     * Stores the documents, in order.
     *
     * @return cold; one outcome for each document, in order; fails only for reasons other than the documents: then
     *     after the outcomes of the documents that were sent; the others were not sent
     */
    Flux<Outcome> insert(List<Encoded> documents) {
        return sql.insert(documents)
                .flatMapIterable(ids -> ids)
                .map(id -> new Outcome(id, null))
                .onErrorResume(DatastoreException.class, error -> afterFailure(documents, error));
    }

    /** What becomes of documents that one statement did not store together. */
    Flux<Outcome> afterFailure(List<Encoded> documents, DatastoreException error) {
        return sql.isEachItsOwnTransaction() && mayFareBetter(documents, error)
                ? halves(documents, error)
                : Flux.fromIterable(documents)
                        .map(document -> new Outcome(null, error))
                        .concatWith(Flux.error(error));
    }

    private static boolean mayFareBetter(List<Encoded> documents, DatastoreException error) {
        return blamesADocument(error) || (documents.size() > 1 && error instanceof ConflictException);
    }

    /** Stores each half, after all of them were refused together. */
    private Flux<Outcome> halves(List<Encoded> documents, DatastoreException error) {
        if (documents.size() == 1) {
            return Flux.just(new Outcome(null, error));
        }
        int middle = documents.size() / 2;
        return Flux.concat(
                insert(documents.subList(0, middle)),
                Flux.defer(() -> insert(documents.subList(middle, documents.size()))));
    }

    /** Nothing was written, and each document alone may fare differently. */
    static boolean blamesADocument(DatastoreException error) {
        return error instanceof InvalidRequestException invalid && invalid.sqlState() != null
                || error instanceof ConflictException conflict && !conflict.isRetryable();
    }
}

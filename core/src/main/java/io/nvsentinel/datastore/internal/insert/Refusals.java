// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.internal.insert;

import io.nvsentinel.datastore.error.ConflictException;
import io.nvsentinel.datastore.error.DatastoreException;
import io.nvsentinel.datastore.error.ErrorContext;
import io.nvsentinel.datastore.error.InvalidRequestException;
import io.nvsentinel.datastore.error.LimitExceededException;
import java.util.List;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * Identifies, by its index, the document for which the database rejected a whole statement. The server does not report
 * which one it was, so this requires another query; not in a transaction, which accepts no further statement after an
 * error.
 */
final class Refusals {

    private final InsertSql sql;

    Refusals(InsertSql sql) {
        this.sql = sql;
    }

    /** How errors name a document. */
    static String place(long index, int count) {
        return "document " + index + " of " + count + " (from 0): ";
    }

    /**
     * Fails with an error that names the document, or with the error as it is.
     *
     * @param idempotent whether documents with an existing key were to be omitted
     * @param error the error of the statement
     */
    <R> Mono<R> named(List<Encoded> documents, boolean idempotent, DatastoreException error) {
        if (documents.size() < 2 || !sql.isEachItsOwnTransaction() || !BisectingRetry.blamesADocument(error)) {
            return Mono.error(error);
        }
        return sql.refused(documents, idempotent)
                .onErrorComplete()
                .flatMap(index -> Mono.<R>error(named(error, place(index, documents.size()))))
                .switchIfEmpty(Mono.error(error));
    }

    private static DatastoreException named(DatastoreException error, String place) {
        ErrorContext context = new ErrorContext(
                error.action() == null ? "" : error.action(), error.attempt(), error.sqlState(), error.constraint());
        String reason = place + reason(error);
        @Nullable Throwable cause = error.getCause();
        if (error instanceof LimitExceededException limit) {
            return new LimitExceededException(context, reason, limit.field(), limit.limit(), cause);
        }
        return error instanceof ConflictException
                ? new ConflictException(context, reason, cause)
                : new InvalidRequestException(context, reason, cause);
    }

    /** The message without what the context puts around it. */
    private static String reason(DatastoreException error) {
        String message = String.valueOf(error.getMessage());
        String before = error.action() + ": ";
        String after = " (SQLSTATE " + error.sqlState() + ")";
        int from = message.startsWith(before) ? before.length() : 0;
        int to = message.endsWith(after) ? message.length() - after.length() : message.length();
        return message.substring(from, to);
    }
}

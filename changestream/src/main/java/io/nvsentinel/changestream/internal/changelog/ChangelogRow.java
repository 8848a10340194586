// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream.internal.changelog;

import io.nvsentinel.changestream.Operation;
import io.nvsentinel.datastore.error.InvalidDocumentException;
import java.time.Instant;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * One row of the changelog; documents as they came from the database.
 *
 * @param id the position
 * @param transactionId the writing transaction; unsigned
 * @param collection the watched table
 * @param recordId the record; null for truncate
 * @param operation what happened
 * @param changedAt when, by the database's clock, while the transaction was committing
 * @param read whether a watch needs its documents; they are not read otherwise
 * @param tooLarge the bytes of its largest document if that is larger than accepted, and so none was read; else 0
 * @param before JSON of the document before the change, if there was one
 * @param after JSON of the document after the change, if there is one
 */
public record ChangelogRow(
        long id,
        long transactionId,
        String collection,
        @Nullable UUID recordId,
        Operation operation,
        Instant changedAt,
        boolean read,
        long tooLarge,
        byte @Nullable [] before,
        byte @Nullable [] after) {

    /**
     * How much memory the documents take.
     *
     * @return bytes
     */
    public int bytes() {
        return (before == null ? 0 : before.length) + (after == null ? 0 : after.length);
    }

    /**
     * Fails if a document is larger than accepted.
     *
     * @throws InvalidDocumentException with its size
     */
    public void requireRead() {
        if (tooLarge > 0) {
            throw new InvalidDocumentException("A document of change " + id + " (" + operation + " " + collection + " "
                    + recordId + ") has " + tooLarge + " bytes, more than maxDocumentBytes, and was not read");
        }
    }

    /**
     * The part of this row that a token stores.
     *
     * @return the facts that distinguish it from another row with the same id
     */
    public RowCheck check() {
        return RowCheck.of(this);
    }
}

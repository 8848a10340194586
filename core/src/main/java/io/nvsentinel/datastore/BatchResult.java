// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore;

import io.nvsentinel.datastore.error.DatastoreException;
import io.nvsentinel.datastore.error.OutcomeUnknownException;
import java.util.List;
import java.util.UUID;

/**
 * What became of a batch of documents, after its commit. A document in neither list was not sent.
 *
 * @param stored the documents that were stored, in their order
 * @param failed the documents that were not, in their order; including documents with an unknown outcome, with an
 *     {@link OutcomeUnknownException}
 */
public record BatchResult(List<Stored> stored, List<Failed> failed) {

    /**
     * Copies the lists.
     *
     * @param stored the documents that were stored
     * @param failed the documents that were not
     */
    public BatchResult {
        stored = List.copyOf(stored);
        failed = List.copyOf(failed);
    }

    /**
     * A document that was stored.
     *
     * @param index its place among all documents of the stream, from 0
     * @param id the new record's id
     */
    public record Stored(long index, UUID id) {}

    /**
     * A document that was not stored, or whose outcome is unknown.
     *
     * @param index its index among all documents of the stream, from 0
     * @param error the reason; the document may be stored nevertheless if {@link DatastoreException#isOutcomeUnknown()}
     *     is true
     */
    public record Failed(long index, DatastoreException error) {}
}

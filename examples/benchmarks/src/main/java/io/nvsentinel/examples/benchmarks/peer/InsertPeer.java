// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.benchmarks.peer;

import io.nvsentinel.datastore.model.HealthEventDocument;
import java.util.List;

/** Stores documents, each with a separate statement and commit. */
public interface InsertPeer extends AutoCloseable {

    /**
     * How the report calls it.
     *
     * @return the name
     */
    String name();

    /**
     * Stores documents and waits until all are committed.
     *
     * @param rows the documents
     * @param callers how many inserts are under way at the same time
     * @throws Exception if one fails
     */
    void insert(Rows rows, int callers) throws Exception;

    @Override
    void close();

    /**
     * The same documents in both shapes; the library takes objects, the others what is already JSON.
     *
     * @param documents as objects
     * @param json as UTF-8
     */
    record Rows(List<HealthEventDocument> documents, List<byte[]> json) {

        /**
         * Numbered documents.
         *
         * @param first the first one's number
         * @param count how many
         * @return the rows
         */
        public static Rows of(long first, int count) {
            List<HealthEventDocument> documents = Documents.documents(first, count);
            return new Rows(documents, Documents.json(documents));
        }
    }
}

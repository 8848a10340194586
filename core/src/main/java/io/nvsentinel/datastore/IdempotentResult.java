// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore;

import java.util.List;
import java.util.UUID;

/**
 * What became of documents that may have been stored before.
 *
 * @param records one for each document, in their order
 */
public record IdempotentResult(List<Stored> records) {

    /**
     * Copies the list.
     *
     * @param records one for each document
     */
    public IdempotentResult {
        records = List.copyOf(records);
    }

    /**
     * How many documents had been stored before, or were repeated in the call.
     *
     * @return the number
     */
    public int duplicateCount() {
        return (int) records.stream().filter(Stored::duplicate).count();
    }

    /**
     * The record that holds a document.
     *
     * @param id the record's id
     * @param duplicate whether it was there already, and nothing was written
     */
    public record Stored(UUID id, boolean duplicate) {}
}

// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore;

import java.time.Instant;
import java.util.UUID;

/**
 * A document as it is stored.
 *
 * @param id the record's id, given by the database
 * @param createdAt the document's own creation time if it has one, else the time of the insert; microseconds
 * @param updatedAt when it was last written; microseconds
 * @param version how often it was written, 1 when it is new; a write that requires the version that was read cannot
 *     overwrite a later change
 * @param document the document
 * @param <T> the document's type
 */
public record StoredDocument<T>(UUID id, Instant createdAt, Instant updatedAt, long version, T document) {}

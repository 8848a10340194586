// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.query;

import io.nvsentinel.datastore.error.InvalidDocumentException;
import java.time.Instant;
import java.util.UUID;

/**
 * A stored document that cannot be read as the collection's type, and is therefore omitted from a result.
 *
 * @param id the record's id
 * @param createdAt when it was created
 * @param error why it cannot be read; its message contains nothing of the document
 */
public record UndecodableDocument(UUID id, Instant createdAt, InvalidDocumentException error) {}

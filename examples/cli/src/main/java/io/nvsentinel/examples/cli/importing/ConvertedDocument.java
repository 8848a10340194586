// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.cli.importing;

import io.nvsentinel.examples.cli.importing.source.SourceDocument;
import java.time.Instant;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A document as it is to be stored.
 *
 * @param source where it comes from
 * @param id the record's id
 * @param createdAt when it was made, for documents that do not say so themselves; null if nothing tells
 * @param json the document, as PostgreSQL prints it
 * @param checksum of that
 */
record ConvertedDocument(
        SourceDocument source, UUID id, @Nullable Instant createdAt, byte[] json, UUID checksum) {}

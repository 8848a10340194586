// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.cli.importing;

import io.nvsentinel.examples.cli.importing.source.SourceDocument;
import java.time.Instant;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A converted document.
 *
 * @param source its source document
 * @param id the record's id
 * @param createdAt its creation time, for documents without their own; null if unknown
 * @param json the document, in the format in which PostgreSQL prints it
 * @param checksum the checksum of that
 */
record ConvertedDocument(
        SourceDocument source, UUID id, @Nullable Instant createdAt, byte[] json, UUID checksum) {}

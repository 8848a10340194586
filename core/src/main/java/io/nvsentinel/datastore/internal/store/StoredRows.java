// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.internal.store;

import io.nvsentinel.datastore.DocumentCodec;
import io.nvsentinel.datastore.InvalidDocumentException;
import io.nvsentinel.datastore.StoredDocument;
import io.nvsentinel.datastore.UndecodableDocument;
import io.r2dbc.postgresql.codec.Json;
import io.r2dbc.spi.Readable;
import java.time.Instant;
import java.util.Objects;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Makes documents of the columns {@value #COLUMNS}.
 *
 * @param <T> the documents' type
 */
final class StoredRows<T> {

    static final String COLUMNS = "id, created_at, updated_at, version, data";

    private final String collection;
    private final DocumentCodec<T> codec;

    StoredRows(String collection, DocumentCodec<T> codec) {
        this.collection = collection;
        this.codec = codec;
    }

    /** A row with a document, or with the reason why there is none; and the size of what is stored, in bytes. */
    record Row<T>(
            @Nullable StoredDocument<T> document, @Nullable UndecodableDocument undecodable, int size) {}

    /** The row's document, or an error if it cannot be decoded. */
    StoredDocument<T> document(Readable row) {
        Row<T> read = row(row);
        if (read.undecodable() != null) {
            throw read.undecodable().error();
        }
        return Objects.requireNonNull(read.document());
    }

    Row<T> row(Readable row) {
        UUID id = required(row, 0, UUID.class);
        Instant createdAt = required(row, 1, Instant.class);
        byte[] json = required(row, 4, Json.class).asArray();
        try {
            T document = codec.decode(json);
            return new Row<>(
                    new StoredDocument<>(
                            id, createdAt, required(row, 2, Instant.class), required(row, 3, Long.class), document),
                    null,
                    json.length);
        } catch (InvalidDocumentException e) {
            InvalidDocumentException named = new InvalidDocumentException(
                    "Document " + id + " of " + collection + " cannot be read: " + e.getMessage(), null, e);
            return new Row<>(null, new UndecodableDocument(id, createdAt, named), json.length);
        }
    }

    static <V> V required(Readable row, int column, Class<V> type) {
        return Objects.requireNonNull(row.get(column, type));
    }
}

// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.internal.table;

import io.nvsentinel.datastore.StoredDocument;
import io.nvsentinel.datastore.codec.DocumentCodec;
import io.nvsentinel.datastore.error.InvalidDocumentException;
import io.nvsentinel.datastore.internal.ForeignCode;
import io.nvsentinel.datastore.internal.time.ServerTimes;
import io.nvsentinel.datastore.query.UndecodableDocument;
import io.r2dbc.postgresql.codec.Json;
import io.r2dbc.spi.Readable;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Makes documents of what {@link #COLUMNS} selects.
 *
 * @param <T> the documents' type
 */
public final class StoredRows<T> {

    /** What to select. */
    public static final String COLUMNS = columns("", "data");

    /** The columns under their own names. */
    public static final List<String> NAMES = List.of("id", "created_at", "updated_at", "version", "data");

    private final String collection;
    private final DocumentCodec<T> codec;

    /**
     * Reads rows of a collection.
     *
     * @param collection its name, for errors
     * @param codec reads the documents
     */
    public StoredRows(String collection, DocumentCodec<T> codec) {
        this.collection = collection;
        this.codec = codec;
    }

    /**
     * The select list with a prefix of the columns, or with another document.
     *
     * @param prefix the prefix of the column names
     * @param data the expression of the document
     * @return expressions, in the order in which they are read here
     */
    public static String columns(String prefix, String data) {
        return prefix + "id, " + ServerTimes.column(prefix + "created_at") + ", "
                + ServerTimes.column(prefix + "updated_at") + ", " + prefix + "version, " + data;
    }

    /**
     * A row with a document, or with the reason why there is none.
     *
     * @param document the document, if it can be decoded
     * @param undecodable the reason, if it cannot
     * @param size what is stored, in bytes
     * @param <T> the documents' type
     */
    public record Row<T>(
            @Nullable StoredDocument<T> document, @Nullable UndecodableDocument undecodable, int size) {}

    /**
     * The document of a row.
     *
     * @param row a row of {@link #COLUMNS}
     * @return the document
     * @throws InvalidDocumentException if it cannot be decoded
     */
    public StoredDocument<T> document(Readable row) {
        Row<T> read = row(row);
        if (read.undecodable() != null) {
            throw read.undecodable().error();
        }
        return Objects.requireNonNull(read.document());
    }

    /**
     * A row, whether its document can be decoded or not.
     *
     * @param row a row of {@link #COLUMNS}
     * @return the row
     */
    public Row<T> row(Readable row) {
        UUID id = required(row, 0, UUID.class);
        Instant createdAt = ServerTimes.read(row, 1);
        byte[] json = required(row, 4, Json.class).asArray();
        try {
            T document = ForeignCode.decode(codec, json);
            return new Row<>(
                    new StoredDocument<>(
                            id, createdAt, ServerTimes.read(row, 2), required(row, 3, Long.class), document),
                    null,
                    json.length);
        } catch (InvalidDocumentException e) {
            InvalidDocumentException named = new InvalidDocumentException(
                    "Document " + id + " of " + collection + " cannot be read: " + e.getMessage(), null, e);
            return new Row<>(null, new UndecodableDocument(id, createdAt, named), json.length);
        }
    }

    /**
     * A column that is never null.
     *
     * @param row a row
     * @param column which column, from 0
     * @param type its type
     * @param <V> its type
     * @return the value
     */
    public static <V> V required(Readable row, int column, Class<V> type) {
        return Objects.requireNonNull(row.get(column, type));
    }
}

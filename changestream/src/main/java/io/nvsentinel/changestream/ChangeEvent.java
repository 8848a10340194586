// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream;

import io.nvsentinel.changestream.internal.changelog.ChangelogRow;
import io.nvsentinel.changestream.internal.changelog.DocumentDiff;
import io.nvsentinel.changestream.internal.changelog.Position;
import io.nvsentinel.datastore.DocumentCodec;
import io.nvsentinel.datastore.InvalidDocumentException;
import io.nvsentinel.datastore.JsonCodec;
import java.time.Instant;
import java.util.Collections;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A committed change of one record. Immutable but for {@link #acknowledge()}; thread-safe.
 *
 * <p>Documents are decoded when first asked for, so that one that cannot be read fails where it is used and the stream
 * goes on.
 *
 * @param <T> the documents' type
 */
public final class ChangeEvent<T> {

    private final ChangelogRow row;
    private final UUID incarnation;
    private final DocumentCodec<T> codec;
    private final JsonCodec json;
    private final Runnable acknowledgement;

    ChangeEvent(ChangelogRow row, UUID incarnation, DocumentCodec<T> codec, JsonCodec json, Runnable acknowledgement) {
        this.row = row;
        this.incarnation = incarnation;
        this.codec = codec;
        this.json = json;
        this.acknowledgement = acknowledgement;
    }

    /**
     * The place right after this change.
     *
     * @return a token to start after
     */
    public ResumeToken resumeToken() {
        return new ResumeToken(Position.at(incarnation, row.id(), row.check()));
    }

    /**
     * What happened.
     *
     * @return the operation
     */
    public Operation operation() {
        return row.operation();
    }

    /**
     * Where it happened.
     *
     * @return the collection's name
     */
    public String collection() {
        return row.collection();
    }

    /**
     * The record that changed.
     *
     * @return null for truncate
     */
    public @Nullable UUID recordId() {
        return row.recordId();
    }

    /**
     * The document as this change left it.
     *
     * @return null for delete and truncate
     * @throws InvalidDocumentException if it cannot be read as this type
     */
    public @Nullable T document() {
        return row.after() == null ? null : codec.decode(row.after());
    }

    /**
     * The document before this change.
     *
     * @return null for insert and truncate
     * @throws InvalidDocumentException if it cannot be read as this type
     */
    public @Nullable T before() {
        return row.before() == null ? null : codec.decode(row.before());
    }

    /**
     * The fields that an update set or changed, by dotted path, with their new values. Arrays are reported whole.
     *
     * @return empty for other operations, and for an update that changed no field
     */
    public Map<String, @Nullable Object> updatedFields() {
        return Collections.unmodifiableMap(diff().updated());
    }

    /**
     * The fields that an update removed, by dotted path.
     *
     * @return empty for other operations
     */
    public Set<String> removedFields() {
        return Collections.unmodifiableSet(diff().removed());
    }

    /**
     * When the change was made, by the database's clock, while its transaction was committing.
     *
     * @return microseconds
     */
    public Instant changedAt() {
        return row.changedAt();
    }

    /**
     * The transaction that made the change.
     *
     * @return the same for all changes of one transaction, and for no other in this database
     */
    public long transactionId() {
        return row.transactionId();
    }

    /**
     * Says that this change is handled. The stored position of the watch's client moves behind it once every earlier
     * change is acknowledged too; it is written within about 250 ms, and when the watch ends. Events may be
     * acknowledged in any order, from any thread, and more than once. Without a client name this does nothing. Never
     * blocks.
     */
    public void acknowledge() {
        acknowledgement.run();
    }

    ChangelogRow row() {
        return row;
    }

    private DocumentDiff diff() {
        if (row.before() == null || row.after() == null) {
            return DocumentDiff.between(Map.of(), Map.of());
        }
        return DocumentDiff.between(json.readTree(row.before()), json.readTree(row.after()));
    }

    /** Names the change, never the document. */
    @Override
    public String toString() {
        return "ChangeEvent{" + operation() + " " + collection() + " " + recordId() + " at " + changedAt() + "}";
    }
}

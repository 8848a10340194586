// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream;

import io.nvsentinel.changestream.internal.changelog.ChangelogRow;
import io.nvsentinel.changestream.internal.changelog.DocumentDiff;
import io.nvsentinel.changestream.internal.changelog.Position;
import io.nvsentinel.changestream.internal.changelog.RowCheck;
import io.nvsentinel.datastore.DocumentCollection;
import io.nvsentinel.datastore.codec.DocumentCodec;
import io.nvsentinel.datastore.codec.JsonCodec;
import io.nvsentinel.datastore.error.DatastoreException;
import io.nvsentinel.datastore.error.InvalidDocumentException;
import io.nvsentinel.datastore.error.InvalidRequestException;
import io.nvsentinel.datastore.query.FieldPath;
import java.time.Instant;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.UUID;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A committed change of one record. Immutable except for {@link #acknowledge()}; thread-safe.
 *
 * <p>Each document is decoded once, and the difference is computed once, at the first access.
 *
 * @param <T> the documents' type
 */
public final class ChangeEvent<T> {

    private final ChangelogRow row;
    private final Origin origin;
    private final Runnable acknowledgement;
    private final Once<T> document;
    private final Once<T> before;
    private final Once<DocumentDiff> difference;
    private volatile @Nullable InvalidDocumentException broken;

    ChangeEvent(ChangelogRow row, Origin origin, DocumentCodec<? extends T> codec, Runnable acknowledgement) {
        this.row = row;
        this.origin = origin;
        this.acknowledgement = acknowledgement;
        this.document = new Once<>(() -> decoded(row.after(), codec));
        this.before = new Once<>(() -> decoded(row.before(), codec));
        this.difference = new Once<>(() -> difference(row, origin.json()));
    }

    /**
     * The common context of the events of one watch.
     *
     * @param incarnation the changelog
     * @param filter the fingerprint of the watch's filter
     * @param snapshot whether they belong to a snapshot
     * @param json reads untyped documents
     * @param fencingToken of the owner of the client name; empty without one
     */
    record Origin(UUID incarnation, String filter, boolean snapshot, JsonCodec json, OptionalLong fencingToken) {

        ResumeToken token(ChangelogRow row) {
            RowCheck check = row.operation() == Operation.SNAPSHOT ? null : row.check();
            Position position = Position.at(incarnation, row.id(), check).withFilter(filter);
            return new ResumeToken(snapshot ? position.withinSnapshot() : position);
        }
    }

    /**
     * Orders the changes of one datastore as they were made: a change stream delivers them in this order, and
     * concurrent handlers can restore it. Changes of one transaction are ordered as well. Records of a snapshot come
     * before the later changes and have no order among themselves.
     *
     * @return a comparator; it fails with {@link InvalidRequestException} for changes of different changelogs. Changes
     *     at the same position compare as 0 without being equal
     */
    public static Comparator<ChangeEvent<?>> byPosition() {
        return Comparator.comparing(ChangeEvent::resumeToken, ResumeToken.byPosition());
    }

    /**
     * The position directly after this change.
     *
     * @return a token to start after
     */
    public ResumeToken resumeToken() {
        return origin.token(row);
    }

    /**
     * The number of the owner that received this change: of the client name, or of the group's partition. Each owner has a
     * higher one than all before it. A process that stands still for longer than its lease finishes its handler after another
     * owner has begun; an external system that remembers the highest number it has seen for a key, and refuses lower ones,
     * refuses what such a process writes. After an asynchronous failover that lost openings, later owners can have lower numbers
     * than lost ones.
     *
     * @return a positive number; empty without a client name
     */
    public OptionalLong fencingToken() {
        return origin.fencingToken();
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
     * The collection that changed.
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
     * @throws ImageNotKeptException if the collection kept none when the change was made
     */
    public @Nullable T after() {
        row.requireRead();
        if (!hasAfter() && (operation() == Operation.INSERT || operation() == Operation.UPDATE)) {
            throw notKept("the document after");
        }
        return document.get();
    }

    /**
     * Whether there is a document after this change.
     *
     * @return true if {@link #after()} returns one
     */
    public boolean hasAfter() {
        return row.after() != null;
    }

    /**
     * The document before this change.
     *
     * @return null for insert and truncate
     * @throws InvalidDocumentException if it cannot be read as this type
     * @throws ImageNotKeptException if the collection kept none when the change was made
     */
    public @Nullable T before() {
        row.requireRead();
        if (!hasBefore() && (operation() == Operation.UPDATE || operation() == Operation.DELETE)) {
            throw notKept("the document before");
        }
        return before.get();
    }

    /**
     * Whether there is a document before this change.
     *
     * @return true if {@link #before()} returns one
     */
    public boolean hasBefore() {
        return row.before() != null;
    }

    private ImageNotKeptException notKept(String what) {
        return new ImageNotKeptException("The collection " + collection() + " did not keep " + what + " this "
                + operation() + " of " + recordId());
    }

    /** Any failure of a codec, including errors of the JVM, is an error of this document. */
    private <D> @Nullable D decoded(byte @Nullable [] json, DocumentCodec<? extends D> codec) {
        try {
            return json == null ? null : codec.decode(json);
        } catch (DatastoreException e) {
            throw e;
        } catch (RuntimeException | Error e) {
            throw undecodable(row, e);
        }
    }

    /** The error of a change that cannot be read. */
    static InvalidDocumentException undecodable(ChangelogRow row, Throwable error) {
        return new InvalidDocumentException(
                "The document of change " + row.id() + " (" + row.operation() + " " + row.collection() + " "
                        + row.recordId() + ") cannot be decoded: "
                        + error.getClass().getName(),
                null,
                error);
    }

    /** Records that a filter or the codec cannot read it. */
    ChangeEvent<T> broken(InvalidDocumentException error) {
        broken = error;
        return this;
    }

    /** Checks whether the newest available document can be decoded. */
    void decode() {
        InvalidDocumentException found = broken;
        if (found != null) {
            throw found;
        }
        row.requireRead();
        if (hasAfter()) {
            document.get();
        } else {
            before.get();
        }
    }

    /**
     * The newest available document: as this change left it, or for a delete as it was before.
     *
     * @return null for truncate
     * @throws InvalidDocumentException if it cannot be read as this type
     * @throws ImageNotKeptException if the collection kept none when the change was made
     */
    public @Nullable T latestDocument() {
        return operation() == Operation.DELETE ? before() : after();
    }

    /**
     * This change as a change of the given collection, with that collection's type.
     *
     * @param collection a collection of the same datastore
     * @param <U> its documents' type
     * @return empty if the change belongs to another collection; acknowledging the result acknowledges this change
     */
    public <U> Optional<ChangeEvent<U>> in(DocumentCollection<U> collection) {
        return collection.name().equals(row.collection())
                ? Optional.of(
                        new ChangeEvent<>(row, origin, Watched.known(collection).codec(), acknowledgement))
                : Optional.empty();
    }

    /**
     * The fields that an update set or changed, by path as stored, with their new values. Paths are written as
     * {@link FieldPath} does: a dot or a backslash in a name is escaped by a backslash, an empty name is {@code \e}. A
     * new object is reported by its leaves. An array that was changed in place or has grown is reported by index
     * ({@code entities.0.value}); an array that became shorter, or a value that became an object, is reported
     * completely. A number with the same value, such as 1.0 for 1, is not a change.
     *
     * @return empty for other operations, and for an update that changed no field
     * @throws ImageNotKeptException if the collection did not keep both documents when the change was made
     */
    public Map<String, @Nullable Object> updatedFields() {
        return Collections.unmodifiableMap(diff().updated());
    }

    /**
     * The fields that an update removed, by path as stored, written as in {@link #updatedFields()}.
     *
     * @return empty for other operations
     * @throws ImageNotKeptException if the collection did not keep both documents when the change was made
     */
    public Set<String> removedFields() {
        return Collections.unmodifiableSet(diff().removed());
    }

    /**
     * Whether this is an update that changed at least one of the given paths and no other field.
     *
     * @param paths paths as stored, as {@link FieldPath#parse} reads them; a path stands for itself and everything
     *     below it
     * @return false for other operations, and for an update that changed no field
     * @throws InvalidRequestException if a path is invalid
     * @throws ImageNotKeptException if the collection did not keep both documents when the change was made
     */
    public boolean changedOnly(String... paths) {
        List<String> changed = Stream.concat(diff().updated().keySet().stream(), diff().removed().stream())
                .toList();
        List<String> allowed = Arrays.stream(paths)
                .map(path -> FieldPath.parse(path).toString())
                .toList();
        return !changed.isEmpty()
                && changed.stream()
                        .allMatch(field -> allowed.stream()
                                .anyMatch(
                                        path -> path.isEmpty() || field.equals(path) || field.startsWith(path + ".")));
    }

    /**
     * When the change was made, or for {@link Operation#SNAPSHOT} when the record was read, by the database's clock, while its transaction was committing.
     *
     * @return microseconds
     */
    public Instant changedAt() {
        return row.changedAt();
    }

    /**
     * The transaction that made the change.
     *
     * @return the same for all changes of one transaction, and for no other in this database; 0 for
     *     {@link Operation#SNAPSHOT}
     */
    public long transactionId() {
        return row.transactionId();
    }

    /**
     * Acknowledges this change as handled. The stored position of the watch's client moves past it when every earlier
     * change is acknowledged as well; it is written within about 250 ms, and when the watch ends. Events may be
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
        row.requireRead();
        if (operation() == Operation.UPDATE && !(hasAfter() && hasBefore())) {
            throw notKept("both documents of");
        }
        return Objects.requireNonNull(difference.get());
    }

    private static DocumentDiff difference(ChangelogRow row, JsonCodec json) {
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

    /** Computed at the first access; again only if that failed. */
    private static final class Once<V> {

        private final Supplier<@Nullable V> source;
        private boolean known;
        private @Nullable V value;

        private Once(Supplier<@Nullable V> source) {
            this.source = source;
        }

        private synchronized @Nullable V get() {
            if (!known) {
                value = source.get();
                known = true;
            }
            return value;
        }
    }
}

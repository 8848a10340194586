// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.model;

import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The state of one operation. Written as {@code {"status","message","metadata"}}: the status always, the others only
 * when not empty.
 *
 * @param status the status
 * @param message a message for operators; may be empty
 * @param metadata anything else
 * @param extra members this type does not know
 */
public record OperationStatus(
        Status status, String message, Map<String, @Nullable Object> metadata, Map<String, @Nullable Object> extra) {

    private static final FieldNames NAMES = FieldNames.of("status", "message", "metadata");

    /** Nothing said yet. */
    public static final OperationStatus UNSET = new OperationStatus(Status.UNSET, "");

    /**
     * Checks and copies the components.
     *
     * @param status the status
     * @param message a message for operators
     * @param metadata anything else
     * @param extra members this type does not know
     * @throws io.nvsentinel.datastore.error.InvalidRequestException when {@code extra} holds a member this type knows
     */
    public OperationStatus {
        Objects.requireNonNull(status, "status");
        Objects.requireNonNull(message, "message");
        metadata = FieldNames.frozen(metadata);
        extra = NAMES.extra(extra);
    }

    /**
     * A state without metadata.
     *
     * @param status the status
     * @param message a message for operators; may be empty
     */
    public OperationStatus(Status status, String message) {
        this(status, message, Map.of(), Map.of());
    }

    static OperationStatus read(Map<?, ?> tree, Place place) {
        FieldReader fields = FieldReader.of(tree, place, NAMES);
        return new OperationStatus(
                fields.open("status", Status::new), fields.text("message"), fields.map("metadata"), fields.extra());
    }

    /**
     * The status as it is stored.
     *
     * @return a tree of maps, lists, strings, numbers and booleans
     */
    public Map<String, @Nullable Object> toTree() {
        return new FieldWriter()
                .always("status", status.value())
                .text("message", message)
                .map("metadata", metadata)
                .with(extra);
    }
}

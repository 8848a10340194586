// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.model;

import io.nvsentinel.datastore.codec.DocumentCodec;
import io.nvsentinel.datastore.codec.JsonCodec;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A health event as it is stored: the event and what the platform has done about it. The Go services call it
 * {@code HealthEventWithStatus}.
 *
 * <p>Written as {@code {"createdAt","healthevent","healtheventstatus"}}: {@code createdAt} as RFC 3339 text in UTC to
 * the nanosecond, left out when null; the two objects always, as {@link HealthEvent} and {@link HealthEventStatus} say.
 *
 * <p>An absent event or status is read as one with every component unset. When the event names no node, a top-level
 * {@code nodeName} is taken as its node, and is written back inside the event only.
 *
 * <p>{@code RawEvent}, a null that the Go provider leaves in every document it inserts, is a member like any other
 * unknown one: kept in {@code extra} and written back at the same place, but never added.
 *
 * @param createdAt when the producer made the document, to the nanosecond, or null when the document does not say
 * @param event the event
 * @param status what was done about it
 * @param extra members this type does not know, {@code _id} and {@code id} among them; written back as they are
 */
public record HealthEventDocument(
        @Nullable Instant createdAt, HealthEvent event, HealthEventStatus status, Map<String, @Nullable Object> extra) {

    private static final FieldNames NAMES = FieldNames.of("createdAt", "healthevent", "healtheventstatus");

    /**
     * Checks and copies the components.
     *
     * @param createdAt when the producer made the document, or null
     * @param event the event
     * @param status what was done about it
     * @param extra members this type does not know
     * @throws io.nvsentinel.datastore.error.InvalidRequestException when {@code extra} holds a member this type knows
     */
    public HealthEventDocument {
        Objects.requireNonNull(event, "event");
        Objects.requireNonNull(status, "status");
        extra = NAMES.extra(extra);
    }

    /**
     * A document for a new event, about which nothing was done yet.
     *
     * @param createdAt when it was made, to the nanosecond
     * @param event the event
     * @return the document
     */
    public static HealthEventDocument of(Instant createdAt, HealthEvent event) {
        return new HealthEventDocument(
                createdAt, event, HealthEventStatus.builder().build(), Map.of());
    }

    /**
     * The same document with another status.
     *
     * @param newStatus what was done about the event
     * @return the document
     */
    public HealthEventDocument withStatus(HealthEventStatus newStatus) {
        return new HealthEventDocument(createdAt, event, newStatus, extra);
    }

    /**
     * The same document with another time of creation.
     *
     * @param newCreatedAt when it was made, or null
     * @return the document
     */
    public HealthEventDocument withCreatedAt(@Nullable Instant newCreatedAt) {
        return new HealthEventDocument(newCreatedAt, event, status, extra);
    }

    /**
     * Reads a document from a tree in any accepted shape.
     *
     * @param tree the tree, for instance from {@link JsonCodec#readTree}
     * @return the value
     * @throws io.nvsentinel.datastore.error.InvalidDocumentException when a member has a wrong type or range
     */
    public static HealthEventDocument fromTree(Map<String, @Nullable Object> tree) {
        FieldReader fields = FieldReader.of(tree, Place.DOCUMENT, NAMES);
        HealthEvent event = fields.object("healthevent", HealthEvent::read);
        HealthEventStatus status = fields.object("healtheventstatus", HealthEventStatus::read);
        Map<String, @Nullable Object> extra = new LinkedHashMap<>(fields.extra());
        return new HealthEventDocument(
                fields.time("createdAt"),
                named(event == null ? HealthEvent.builder().build() : event, extra),
                status == null ? HealthEventStatus.builder().build() : status,
                extra);
    }

    /** Moves a top-level node name into an event that has none. */
    private static HealthEvent named(HealthEvent event, Map<String, @Nullable Object> extra) {
        if (!event.nodeName().isEmpty()) {
            return event;
        }
        for (String key : extra.keySet()) {
            if (key.equalsIgnoreCase("nodeName") && extra.get(key) instanceof String nodeName) {
                extra.remove(key);
                return event.toBuilder().nodeName(nodeName).build();
            }
        }
        return event;
    }

    /**
     * This value in the one stored shape.
     *
     * @return a new tree
     * @throws io.nvsentinel.datastore.error.InvalidRequestException when a time or number is out of the range that can be stored
     */
    public Map<String, @Nullable Object> toTree() {
        return new FieldWriter()
                .time("createdAt", createdAt)
                .always("healthevent", event.toTree())
                .always("healtheventstatus", status.toTree())
                .with(extra);
    }

    /**
     * A codec for documents of this type; the stored format depends on no mapper.
     *
     * @param json the JSON codec to read and write trees with
     * @return the codec
     */
    public static DocumentCodec<HealthEventDocument> codec(JsonCodec json) {
        return DocumentCodec.ofTree(json, HealthEventDocument::toTree, HealthEventDocument::fromTree);
    }
}

// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.model;

import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A part that a health event concerns. Written as {@code {"entityType","entityValue"}} without empty members.
 *
 * @param entityType what it is, for instance {@code GPU}; may be empty
 * @param entityValue which one, for instance {@code 0}; may be empty
 * @param extra members this type does not know
 */
public record Entity(String entityType, String entityValue, Map<String, @Nullable Object> extra) {

    private static final FieldNames NAMES = FieldNames.of("entityType", "entityValue");

    /**
     * Checks and copies the components.
     *
     * @param entityType what it is
     * @param entityValue which one
     * @param extra members this type does not know
     * @throws io.nvsentinel.datastore.error.InvalidRequestException when {@code extra} holds a member this type knows
     */
    public Entity {
        Objects.requireNonNull(entityType, "entityType");
        Objects.requireNonNull(entityValue, "entityValue");
        extra = NAMES.extra(extra);
    }

    /**
     * An entity without unknown members.
     *
     * @param entityType what it is
     * @param entityValue which one
     */
    public Entity(String entityType, String entityValue) {
        this(entityType, entityValue, Map.of());
    }

    static Entity read(Map<?, ?> tree, Place place) {
        FieldReader fields = FieldReader.of(tree, place, NAMES);
        return new Entity(fields.text("entityType"), fields.text("entityValue"), fields.extra());
    }

    Map<String, @Nullable Object> toTree() {
        return new FieldWriter()
                .text("entityType", entityType)
                .text("entityValue", entityValue)
                .with(extra);
    }
}

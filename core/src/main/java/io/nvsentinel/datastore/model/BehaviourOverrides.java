// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.model;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Overrides the default behavior of the platform. Written as {@code {"force","skip"}} without false members, so both
 * false is {@code {}}.
 *
 * @param force do it although it would not be done
 * @param skip do not do it although it would be done
 * @param extra members this type does not know
 */
public record BehaviourOverrides(boolean force, boolean skip, Map<String, @Nullable Object> extra) {

    private static final FieldNames NAMES = FieldNames.of("force", "skip");

    /**
     * Copies the components.
     *
     * @param force do it although it would not be done
     * @param skip do not do it although it would be done
     * @param extra members this type does not know
     * @throws io.nvsentinel.datastore.error.InvalidRequestException when {@code extra} holds a member this type knows
     */
    public BehaviourOverrides {
        extra = NAMES.extra(extra);
    }

    /**
     * Overrides without unknown members.
     *
     * @param force do it although it would not be done
     * @param skip do not do it although it would be done
     */
    public BehaviourOverrides(boolean force, boolean skip) {
        this(force, skip, Map.of());
    }

    static BehaviourOverrides read(Map<?, ?> tree, Place place) {
        FieldReader fields = FieldReader.of(tree, place, NAMES);
        return new BehaviourOverrides(fields.flag("force"), fields.flag("skip"), fields.extra());
    }

    Map<String, @Nullable Object> toTree() {
        return new FieldWriter().flag("force", force).flag("skip", skip).with(extra);
    }
}

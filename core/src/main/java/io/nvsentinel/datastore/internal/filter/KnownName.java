// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.internal.filter;

import io.nvsentinel.datastore.error.InvalidRequestException;
import io.nvsentinel.datastore.model.ProcessingStrategy;
import io.nvsentinel.datastore.model.RecommendedAction;
import io.nvsentinel.datastore.query.FieldPath;
import java.math.BigDecimal;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A name that a kind of document defines: how it is spelled in stored documents, and what lies below it.
 *
 * @param spellings as stored; the first is the one the library writes, the last the one found below a name that is itself
 *     not spelled as the library writes
 * @param shape how its values are stored
 * @param mirror the column that holds the same value, or null
 * @param elsewhere other places where old documents hold the value, looked at last
 * @param isArray whether its value is an array; what lies below is then below each element
 * @param children the names below, by their lower-case form
 */
record KnownName(
        List<String> spellings,
        Shape shape,
        @Nullable Mirror mirror,
        List<FieldPath> elsewhere,
        boolean isArray,
        Map<String, KnownName> children) {

    /** A name nothing is known about. */
    static final KnownName UNKNOWN = new KnownName(List.of(), Shape.PLAIN, null, List.of(), false, Map.of());

    /** How the values of a field are stored. */
    enum Shape {
        /** As they are. */
        PLAIN,
        /** A boolean that writers leave out when it is false. */
        FALSE_IF_ABSENT,
        /** A boolean, possibly as {@code {"value": true}}. */
        WRAPPED,
        /** A time, written as {@code {"seconds": 1, "nanos": 2}}. */
        SECONDS_AND_NANOS,
        /** A time, written as RFC 3339 text. */
        TIME,
        /** A string that writers leave out when it is empty. */
        TEXT,
        /** The number or the name of a recommended action; writers leave out 0. */
        ACTION,
        /** The number or the name of a processing strategy; writers leave out 0. */
        STRATEGY;

        /** The values that mean the same as some: of an enum, number and name. */
        List<Object> equivalents(List<Object> values) {
            if (this != ACTION && this != STRATEGY) {
                return values;
            }
            Set<Object> all = new LinkedHashSet<>(values);
            values.forEach(value -> {
                Integer number = value instanceof BigDecimal decimal ? number(decimal) : number(value);
                if (number != null) {
                    all.add(BigDecimal.valueOf(number));
                    all.add(name(number));
                }
            });
            return List.copyOf(all);
        }

        /** Whether what is missing has one of some values. */
        boolean isDefault(List<Object> equivalents) {
            return switch (this) {
                case TEXT -> equivalents.contains("");
                case ACTION, STRATEGY -> equivalents.contains(BigDecimal.ZERO);
                case PLAIN, FALSE_IF_ABSENT, WRAPPED, SECONDS_AND_NANOS, TIME -> false;
            };
        }

        private static @Nullable Integer number(BigDecimal value) {
            try {
                return value.intValueExact();
            } catch (ArithmeticException notANumberOfAnEnum) {
                return null;
            }
        }

        private @Nullable Integer number(Object name) {
            if (!(name instanceof String text)) {
                return null;
            }
            try {
                return this == ACTION
                        ? RecommendedAction.of(text).number()
                        : ProcessingStrategy.of(text).number();
            } catch (InvalidRequestException notAName) {
                return null;
            }
        }

        private String name(int number) {
            return this == ACTION
                    ? RecommendedAction.of(number).name()
                    : ProcessingStrategy.of(number).name();
        }
    }

    /**
     * A column generated from the document: the value of the first spelling that is not null, if that is a string or an
     * instant.
     *
     * @param column its name
     * @param instant whether it is a {@code timestamptz}; otherwise it is {@code text}
     */
    record Mirror(String column, boolean instant) {}

    static KnownName name(String... spellings) {
        return new KnownName(List.of(spellings), Shape.PLAIN, null, List.of(), false, Map.of());
    }

    /** A name stored in camel case, in old documents also in lower case. */
    static KnownName camel(String name) {
        String lower = name.toLowerCase(Locale.ROOT);
        return lower.equals(name) ? name(name) : name(name, lower);
    }

    /** A name stored in lower case, in old documents also in camel case. */
    static KnownName lower(String camel) {
        String lower = camel.toLowerCase(Locale.ROOT);
        return lower.equals(camel) ? name(camel) : name(lower, camel);
    }

    KnownName with(KnownName... below) {
        Map<String, KnownName> children = new HashMap<>();
        for (KnownName child : below) {
            children.put(child.spellings.get(0).toLowerCase(Locale.ROOT), child);
        }
        return new KnownName(spellings, shape, mirror, elsewhere, isArray, Map.copyOf(children));
    }

    KnownName as(Shape other) {
        return new KnownName(spellings, other, mirror, elsewhere, isArray, children);
    }

    KnownName text(String column) {
        return new KnownName(spellings, Shape.TEXT, new Mirror(column, false), elsewhere, isArray, children);
    }

    KnownName instant(String column) {
        return new KnownName(spellings, shape, new Mirror(column, true), elsewhere, isArray, children);
    }

    KnownName orAt(String... path) {
        return new KnownName(spellings, shape, mirror, List.of(FieldPath.of(path)), isArray, children);
    }

    KnownName withoutMirror() {
        return new KnownName(spellings, shape, null, elsewhere, isArray, children);
    }

    KnownName array() {
        return new KnownName(spellings, shape, mirror, elsewhere, true, children);
    }

    /** The name as that of one element, if it is the name of an array. */
    KnownName element() {
        return isArray ? new KnownName(spellings, shape, mirror, elsewhere, false, children) : this;
    }

    /** Whether nothing is known about the name, so that its value can be an array. */
    boolean isUnknown() {
        return spellings.isEmpty();
    }

    /** The name below that is meant by a name in any letter case, or null; for an array also the index of an element. */
    @Nullable
    KnownName child(String name) {
        if (isArray && JsonTree.isIndex(name)) {
            return new KnownName(List.of(name), Shape.PLAIN, null, List.of(), false, children);
        }
        return children.get(name.toLowerCase(Locale.ROOT));
    }
}

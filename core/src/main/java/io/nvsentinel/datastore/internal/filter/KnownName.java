// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.internal.filter;

import io.nvsentinel.datastore.query.FieldPath;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A name that a kind of document defines: how it is spelled in stored documents, and what lies below it.
 *
 * @param spellings as stored; the first is the one the library writes, the last the one found below a name that is itself
 *     not spelled as the library writes
 * @param shape how its values are stored
 * @param mirror the column that holds the same value, or null
 * @param elsewhere other places where old documents hold the value, looked at last
 * @param children the names below, by their lower-case form
 */
record KnownName(
        List<String> spellings,
        Shape shape,
        @Nullable Mirror mirror,
        List<FieldPath> elsewhere,
        Map<String, KnownName> children) {

    /** A name nothing is known about. */
    static final KnownName UNKNOWN = new KnownName(List.of(), Shape.PLAIN, null, List.of(), Map.of());

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
        TIME
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
        return new KnownName(List.of(spellings), Shape.PLAIN, null, List.of(), Map.of());
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
        return new KnownName(spellings, shape, mirror, elsewhere, Map.copyOf(children));
    }

    KnownName as(Shape other) {
        return new KnownName(spellings, other, mirror, elsewhere, children);
    }

    KnownName text(String column) {
        return new KnownName(spellings, shape, new Mirror(column, false), elsewhere, children);
    }

    KnownName instant(String column) {
        return new KnownName(spellings, shape, new Mirror(column, true), elsewhere, children);
    }

    KnownName orAt(String... path) {
        return new KnownName(spellings, shape, mirror, List.of(FieldPath.of(path)), children);
    }

    KnownName withoutMirror() {
        return new KnownName(spellings, shape, null, elsewhere, children);
    }

    /** The name below that is meant by a name in any letter case, or null. */
    @Nullable
    KnownName child(String name) {
        return children.get(name.toLowerCase(Locale.ROOT));
    }
}

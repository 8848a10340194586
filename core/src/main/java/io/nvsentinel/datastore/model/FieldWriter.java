// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.model;

import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Builds one object of a tree. Methods named after a type leave out its zero value, as Go's {@code omitempty} does. */
final class FieldWriter {

    private final Map<String, @Nullable Object> tree = new LinkedHashMap<>();

    /** Writes the member unconditionally. */
    FieldWriter always(String name, @Nullable Object value) {
        tree.put(name, value);
        return this;
    }

    FieldWriter text(String name, @Nullable String value) {
        return value == null || value.isEmpty() ? this : always(name, value);
    }

    FieldWriter flag(String name, boolean value) {
        return value ? always(name, true) : this;
    }

    FieldWriter number(String name, long value) {
        return value == 0 ? this : always(name, narrowest(value));
    }

    FieldWriter texts(String name, List<String> values) {
        return values.isEmpty() ? this : always(name, values);
    }

    <T> FieldWriter objects(String name, List<T> values, Function<T, Map<String, @Nullable Object>> toTree) {
        if (values.isEmpty()) {
            return this;
        }
        List<@Nullable Object> trees = new ArrayList<>(values.size());
        for (T value : values) {
            trees.add(toTree.apply(value));
        }
        return always(name, trees);
    }

    FieldWriter map(String name, Map<String, ? extends @Nullable Object> values) {
        return values.isEmpty() ? this : always(name, values);
    }

    <T> FieldWriter object(String name, @Nullable T value, Function<T, Map<String, @Nullable Object>> toTree) {
        return value == null ? this : always(name, toTree.apply(value));
    }

    /** A time as {@code {"seconds","nanos"}}. */
    FieldWriter parts(String name, @Nullable Instant time) {
        return time == null ? this : always(name, Timestamps.parts(time, name));
    }

    /** A time as RFC 3339 text. */
    FieldWriter time(String name, @Nullable Instant time) {
        return time == null ? this : always(name, Timestamps.text(time, name));
    }

    /** The tree with the members that the type does not know, which come last. */
    Map<String, @Nullable Object> with(Map<String, @Nullable Object> extra) {
        tree.putAll(extra);
        return tree;
    }

    /** As a codec reads it, so that trees compare equal before and after storing. */
    static Object narrowest(long value) {
        return value == (int) value ? (Object) (int) value : (Object) value;
    }
}

// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.model;

import io.nvsentinel.datastore.error.InvalidRequestException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** The members that a type knows, found in any spelling. */
final class FieldNames {

    private static final int MAX_DEPTH = 500;

    private final String[] names;
    private final String[] lowerCase;
    private final Map<String, Integer> indexes = new HashMap<>();

    private FieldNames(String... names) {
        this.names = names;
        this.lowerCase = new String[names.length];
        for (int i = 0; i < names.length; i++) {
            lowerCase[i] = names[i].toLowerCase(Locale.ROOT);
            indexes.put(names[i], i);
            indexes.put(lowerCase[i], i);
        }
    }

    static FieldNames of(String... names) {
        return new FieldNames(names);
    }

    int count() {
        return names.length;
    }

    /** The index of a name, ignoring case, or -1 if the type does not define it. */
    int index(String spelling) {
        Integer index = indexes.get(spelling);
        if (index == null) {
            index = indexes.get(spelling.toLowerCase(Locale.ROOT));
        }
        return index == null ? -1 : index;
    }

    /** The name as this library spells it. */
    String name(int index) {
        return names[index];
    }

    String lowerCase(int index) {
        return lowerCase[index];
    }

    /** A deep, unmodifiable copy of members that the type does not know. */
    Map<String, @Nullable Object> extra(Map<String, ? extends @Nullable Object> members) {
        if (members.isEmpty()) {
            return Map.of();
        }
        for (String name : members.keySet()) {
            int known = index(name);
            if (known >= 0) {
                throw new InvalidRequestException(
                        "extra must not contain the key " + names[known] + ": the record has a component for it");
            }
        }
        return frozen(members);
    }

    /** An unmodifiable copy in the same order. */
    static Map<String, String> textMap(Map<String, String> map, String component) {
        if (map.isEmpty()) {
            return Map.of();
        }
        Map<String, String> copy = new LinkedHashMap<>(map);
        copy.forEach((key, value) -> {
            Objects.requireNonNull(key, component + " has a null key");
            Objects.requireNonNull(value, component + " has a null value");
        });
        return Collections.unmodifiableMap(copy);
    }

    /** A deep, unmodifiable copy in the same order. */
    static Map<String, @Nullable Object> frozen(Map<String, ? extends @Nullable Object> members) {
        return members.isEmpty() ? Map.of() : map(members, 1);
    }

    private static Map<String, @Nullable Object> map(Map<?, ?> members, int depth) {
        Map<String, @Nullable Object> copy = new LinkedHashMap<>();
        members.forEach((name, value) -> {
            if (!(name instanceof String text)) {
                throw new InvalidRequestException("a key in extra is not a string");
            }
            copy.put(text, value(value, depth));
        });
        return Collections.unmodifiableMap(copy);
    }

    private static List<@Nullable Object> list(Collection<?> items, int depth) {
        List<@Nullable Object> copy = new ArrayList<>(items.size());
        for (Object item : items) {
            copy.add(value(item, depth));
        }
        return Collections.unmodifiableList(copy);
    }

    private static @Nullable Object value(@Nullable Object value, int depth) {
        if (depth > MAX_DEPTH) {
            throw new InvalidRequestException("extra is nested deeper than " + MAX_DEPTH + " levels");
        }
        if (value instanceof Map<?, ?> members) {
            return map(members, depth + 1);
        }
        return value instanceof Collection<?> items ? list(items, depth + 1) : value;
    }
}

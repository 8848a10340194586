// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream.internal.changelog;

import io.nvsentinel.datastore.internal.filter.JsonTree;
import io.nvsentinel.datastore.query.FieldPath;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What differs between two documents, by dotted path as {@link FieldPath} writes it. Objects are compared member by
 * member, and arrays element by element unless they became shorter: such an array is reported whole, and so is an
 * object that was an array. A new object is reported by its leaves, an empty one as itself. Numbers are compared by
 * value.
 *
 * @param updated the new value of each field that was set or changed
 * @param removed each removed field
 * @param updatedTree the updated fields at their places in the document, an index as a name
 */
public record DocumentDiff(
        Map<String, @Nullable Object> updated, Set<String> removed, Map<String, @Nullable Object> updatedTree) {

    /**
     * Compares two documents.
     *
     * @param before the older one
     * @param after the newer one
     * @return the difference, which belongs to the caller
     */
    public static DocumentDiff between(Map<String, @Nullable Object> before, Map<String, @Nullable Object> after) {
        Comparison comparison = new Comparison();
        comparison.objects(before, after);
        return comparison.difference;
    }

    /** Compares two documents; the path is the current position. */
    private static final class Comparison {

        private final DocumentDiff difference =
                new DocumentDiff(new LinkedHashMap<>(), new LinkedHashSet<>(), new LinkedHashMap<>());
        private final List<String> path = new ArrayList<>();

        private void at(Object name, Runnable work) {
            path.add(String.valueOf(name));
            work.run();
            path.remove(path.size() - 1);
        }

        private void objects(Map<?, ?> before, Map<?, ?> after) {
            after.forEach((key, value) -> at(key, () -> {
                if (before.containsKey(key)) {
                    values(before.get(key), value);
                } else {
                    report(value);
                }
            }));
            before.keySet().stream()
                    .filter(key -> !after.containsKey(key))
                    .forEach(key -> at(key, () -> difference.removed.add(path())));
        }

        private void values(@Nullable Object before, @Nullable Object after) {
            if (before instanceof Map<?, ?> oldObject && after instanceof Map<?, ?> newObject) {
                objects(oldObject, newObject);
            } else if (before instanceof List<?> old && after instanceof List<?> now && old.size() <= now.size()) {
                arrays(old, now);
            } else if (before instanceof List<?> && after instanceof Map<?, ?>) {
                whole(after);
            } else if (!JsonTree.equal(before, after)) {
                report(after);
            }
        }

        private void arrays(List<?> before, List<?> after) {
            for (int i = 0; i < after.size(); i++) {
                Object now = after.get(i);
                Runnable work = i < before.size() ? compared(before.get(i), now) : () -> report(now);
                at(i, work);
            }
        }

        private Runnable compared(@Nullable Object before, @Nullable Object after) {
            return () -> values(before, after);
        }

        private void report(@Nullable Object value) {
            if (value instanceof Map<?, ?> object && !object.isEmpty()) {
                object.forEach((key, member) -> at(key, () -> report(member)));
            } else {
                whole(value);
            }
        }

        private void whole(@Nullable Object value) {
            difference.updated.put(path(), value);
            put(value);
        }

        /** Not a FieldPath, which has a limit that documents have not. */
        private String path() {
            return path.stream().map(FieldPath::escape).collect(Collectors.joining("."));
        }

        @SuppressWarnings("unchecked")
        private void put(@Nullable Object value) {
            Map<String, @Nullable Object> parent = difference.updatedTree;
            for (String name : path.subList(0, path.size() - 1)) {
                parent = (Map<String, @Nullable Object>)
                        Objects.requireNonNull(parent.computeIfAbsent(name, absent -> new LinkedHashMap<>()));
            }
            parent.put(path.get(path.size() - 1), value);
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream.internal.changelog;

import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What differs between two documents, by dotted path. Objects are compared member by member, and arrays element by element
 * unless they became shorter: such an array is reported whole. A new object is reported by its leaves, an empty one as
 * itself.
 *
 * @param updated the new value of each field that was set or changed
 * @param removed each field that is gone
 */
public record DocumentDiff(Map<String, @Nullable Object> updated, Set<String> removed) {

    /**
     * Compares two documents.
     *
     * @param before the older one
     * @param after the newer one
     * @return the difference, which belongs to the caller
     */
    public static DocumentDiff between(Map<String, @Nullable Object> before, Map<String, @Nullable Object> after) {
        DocumentDiff diff = new DocumentDiff(new LinkedHashMap<>(), new LinkedHashSet<>());
        diff.compare("", before, after);
        return diff;
    }

    private void compare(String prefix, Map<?, ?> before, Map<?, ?> after) {
        after.forEach((key, value) -> {
            if (before.containsKey(key)) {
                compareValues(prefix + key, before.get(key), value);
            } else {
                report(prefix + key, value);
            }
        });
        before.keySet().stream().filter(key -> !after.containsKey(key)).forEach(key -> removed.add(prefix + key));
    }

    private void compareValues(String path, @Nullable Object before, @Nullable Object after) {
        if (before instanceof Map<?, ?> oldObject && after instanceof Map<?, ?> newObject) {
            compare(path + ".", oldObject, newObject);
        } else if (before instanceof List<?> old && after instanceof List<?> now && old.size() <= now.size()) {
            compareElements(path + ".", old, now);
        } else if (!Objects.equals(before, after)) {
            report(path, after);
        }
    }

    private void compareElements(String prefix, List<?> before, List<?> after) {
        for (int i = 0; i < after.size(); i++) {
            if (i < before.size()) {
                compareValues(prefix + i, before.get(i), after.get(i));
            } else {
                report(prefix + i, after.get(i));
            }
        }
    }

    private void report(String path, @Nullable Object value) {
        if (value instanceof Map<?, ?> object && !object.isEmpty()) {
            object.forEach((key, member) -> report(path + "." + key, member));
        } else {
            updated.put(path, value);
        }
    }
}

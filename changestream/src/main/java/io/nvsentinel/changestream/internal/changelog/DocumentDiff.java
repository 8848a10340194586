// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream.internal.changelog;

import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What differs between two documents, by dotted path. Objects are compared member by member; arrays are compared and
 * reported whole; a new object is reported by its leaves, an empty one as itself.
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
            Object old = before.get(key);
            if (old instanceof Map<?, ?> oldObject && value instanceof Map<?, ?> newObject) {
                compare(prefix + key + ".", oldObject, newObject);
            } else if (!before.containsKey(key) || !Objects.equals(old, value)) {
                report(prefix + key, value);
            }
        });
        before.keySet().stream().filter(key -> !after.containsKey(key)).forEach(key -> removed.add(prefix + key));
    }

    private void report(String path, @Nullable Object value) {
        if (value instanceof Map<?, ?> object && !object.isEmpty()) {
            object.forEach((key, member) -> report(path + "." + key, member));
        } else {
            updated.put(path, value);
        }
    }
}

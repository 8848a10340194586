// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.internal.options;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One option: its names in the builder, in the environment and in YAML, its values and its default.
 *
 * @param name the builder's method
 * @param variable the environment variable
 * @param keys the paths in YAML, the preferred one first
 * @param kind the values
 * @param byDefault the value where none is given, or null
 * @param <T> the values' type
 */
public record Option<T>(
        String name,
        String variable,
        List<String> keys,
        Kind<T> kind,
        @Nullable T byDefault) {

    static <T> Option<T> of(String name, String variable, String key, Kind<T> kind) {
        return new Option<>(name, variable, List.of(key), kind, null);
    }

    Option<T> alsoAt(String key) {
        return new Option<>(name, variable, List.of(keys.get(0), key), kind, byDefault);
    }

    Option<T> orElse(T value) {
        return new Option<>(name, variable, keys, kind, value);
    }

    /** The message for a missing required option, with the ways to set it. */
    String missing() {
        return name + " is required (" + variable + ", or " + keys.get(0) + " in YAML)";
    }

    @Override
    public String toString() {
        return name;
    }
}

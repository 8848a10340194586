// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.model;

import io.nvsentinel.datastore.error.InvalidRequestException;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Names of the known numbers of an open protobuf enum. */
final class EnumNames {

    private final String type;
    private final Map<Integer, String> names;
    private final Map<String, Integer> numbers = new HashMap<>();

    EnumNames(String type, Map<Integer, String> names) {
        this.type = type;
        this.names = new TreeMap<>(names);
        names.forEach((number, name) -> numbers.put(name, number));
    }

    /** The name, or for an unknown number its digits, as protobuf prints it. */
    String name(int number) {
        String name = names.get(number);
        return name == null ? Integer.toString(number) : name;
    }

    /** The number of a name or of digits, or null. */
    @Nullable
    Integer number(String name) {
        Integer number = numbers.get(name);
        if (number != null) {
            return number;
        }
        try {
            return Integer.valueOf(name);
        } catch (NumberFormatException e) {
            return null;
        }
    }

    int require(String name) {
        Integer number = number(name);
        if (number == null) {
            throw new InvalidRequestException(
                    "unknown " + type + " \"" + name + "\": expected a number or one of " + all());
        }
        return number;
    }

    Collection<String> all() {
        return names.values();
    }
}

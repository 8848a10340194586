// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.model;

import io.nvsentinel.datastore.InvalidDocumentException;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.BiFunction;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Reads the members of one object of a tree, by the rules of this package. Null members count as absent. */
final class FieldReader {

    private final String path;
    private final Map<String, Object> known = new HashMap<>();
    private @Nullable Map<String, @Nullable Object> unknown;

    private FieldReader(String path) {
        this.path = path;
    }

    /** Sorts the members into known and unknown ones. */
    static FieldReader of(Map<?, ?> tree, String path, FieldNames names) {
        FieldReader reader = new FieldReader(path);
        for (Map.Entry<?, ?> member : tree.entrySet()) {
            if (!(member.getKey() instanceof String key)) {
                throw invalid(path, "a key that is not text", "text");
            }
            reader.sort(tree, key, member.getValue(), names.canonical(key));
        }
        return reader;
    }

    private void sort(Map<?, ?> tree, String key, @Nullable Object value, @Nullable String name) {
        if (name == null) {
            if (unknown == null) {
                unknown = new LinkedHashMap<>();
            }
            unknown.put(key, value);
        } else if (value != null) {
            Object other = known.put(name, value);
            if (other != null) {
                known.put(name, preferred(tree, name, other));
            }
        }
    }

    private static Object preferred(Map<?, ?> tree, String name, Object first) {
        Object exact = tree.get(name);
        Object lower = exact != null ? exact : tree.get(name.toLowerCase(Locale.ROOT));
        return lower != null ? lower : first;
    }

    boolean has(String name) {
        return known.containsKey(name);
    }

    Map<String, @Nullable Object> extra() {
        return unknown == null ? Map.of() : unknown;
    }

    String path(String name) {
        return path.isEmpty() ? name : path + "." + name;
    }

    /** Text; empty when absent. */
    String text(String name) {
        Object value = known.get(name);
        return value == null ? "" : textAt(value, path(name));
    }

    /** Text; null when absent or empty. */
    @Nullable
    String textOrNull(String name) {
        String text = text(name);
        return text.isEmpty() ? null : text;
    }

    private static String textAt(Object value, String path) {
        if (value instanceof String text) {
            return text;
        }
        throw invalid(path, describe(value), "text");
    }

    /** A boolean; false when absent. */
    boolean flag(String name) {
        return Boolean.TRUE.equals(flagOrNull(name));
    }

    @Nullable
    Boolean flagOrNull(String name) {
        Object value = known.get(name);
        if (value == null || value instanceof Boolean) {
            return (Boolean) value;
        }
        throw invalid(path(name), describe(value), "true or false");
    }

    /** A boolean, bare or wrapped as {@code {"value": boolean}}. Protobuf leaves out a wrapped false, so {@code {}} is false. */
    @Nullable
    Boolean wrappedFlag(String name) {
        if (!(known.get(name) instanceof Map<?, ?> wrapper)) {
            return flagOrNull(name);
        }
        return wrapper.isEmpty()
                ? Boolean.FALSE
                : of(wrapper, path(name), WRAPPER).flagOrNull("value");
    }

    private static final FieldNames WRAPPER = FieldNames.of("value");

    /** An integer; 0 when absent. */
    long integer(String name, long min, long max) {
        Object value = known.get(name);
        return value == null ? 0 : integer(value, path(name), min, max);
    }

    /** An enum as number or as the name of a known number; 0 when absent. */
    int enumNumber(String name, EnumNames names) {
        Object value = known.get(name);
        if (value == null) {
            return 0;
        }
        if (value instanceof String text) {
            Integer number = names.number(text);
            if (number == null) {
                throw invalid(path(name), "text that is no known name", "a number or one of " + names.all());
            }
            return number;
        }
        return (int) integer(value, path(name), Integer.MIN_VALUE, Integer.MAX_VALUE);
    }

    /** A time; null when absent or Go's zero time. */
    @Nullable
    Instant time(String name) {
        Object value = known.get(name);
        return value == null ? null : Timestamps.read(value, path(name));
    }

    /** A list of text; null items are empty text, as in Go. */
    List<String> texts(String name) {
        return list(name, (item, itemPath) -> item == null ? "" : textAt(item, itemPath));
    }

    /** A list of objects; null items are objects with every member absent. */
    <T> List<T> objects(String name, BiFunction<Map<?, ?>, String, T> read) {
        return list(name, (item, itemPath) -> {
            Map<?, ?> tree = item == null ? Map.of() : objectAt(item, itemPath);
            return read.apply(tree, itemPath);
        });
    }

    private <T> List<T> list(String name, BiFunction<@Nullable Object, String, T> read) {
        Object value = known.get(name);
        if (value == null) {
            return List.of();
        }
        if (!(value instanceof List<?> items)) {
            throw invalid(path(name), describe(value), "a list");
        }
        List<T> result = new ArrayList<>(items.size());
        for (Object item : items) {
            result.add(read.apply(item, path(name) + "[" + result.size() + "]"));
        }
        return result;
    }

    /** A map to text; null values are empty text, as in Go. */
    Map<String, String> textMap(String name) {
        Map<?, ?> map = map(name);
        if (map.isEmpty()) {
            return Map.of();
        }
        Map<String, String> result = new LinkedHashMap<>();
        map.forEach((key, value) -> {
            String itemPath = path(name) + "." + printable(String.valueOf(key));
            result.put(String.valueOf(key), value == null ? "" : textAt(value, itemPath));
        });
        return result;
    }

    /** A map of anything; empty when absent. */
    Map<String, @Nullable Object> map(String name) {
        Object value = known.get(name);
        if (value == null) {
            return Map.of();
        }
        Map<String, @Nullable Object> result = new LinkedHashMap<>();
        objectAt(value, path(name)).forEach((key, item) -> result.put(String.valueOf(key), item));
        return result;
    }

    /** An object; null when absent. */
    <T> @Nullable T object(String name, BiFunction<Map<?, ?>, String, T> read) {
        Object value = known.get(name);
        return value == null ? null : read.apply(objectAt(value, path(name)), path(name));
    }

    /** Text made into an open enum. */
    <T> T open(String name, Function<String, T> of) {
        return of.apply(text(name));
    }

    /** An integer, bare or in Extended JSON. */
    static long integer(Object value, String path, long min, long max) {
        String accepted = "an integer from " + min + " to " + max;
        Long number = exact(value instanceof Map<?, ?> map ? extended(map) : value);
        if (number == null) {
            throw invalid(path, describe(value), accepted);
        }
        if (number < min || number > max) {
            throw invalid(path, "a number out of range", accepted);
        }
        return number;
    }

    private static @Nullable Number extended(Map<?, ?> map) {
        Object text = map.containsKey("$numberLong") ? map.get("$numberLong") : map.get("$numberInt");
        try {
            return map.size() == 1 && text instanceof String digits ? Long.valueOf(digits) : null;
        } catch (NumberFormatException e) {
            return null;
        }
    }

    /** The number as a long, or null when it has a fraction or does not fit. Never expands an exponent. */
    private static @Nullable Long exact(@Nullable Object number) {
        if (number instanceof Integer || number instanceof Long || number instanceof Short || number instanceof Byte) {
            return ((Number) number).longValue();
        }
        try {
            if (number instanceof BigInteger integer) {
                return integer.longValueExact();
            }
            if (number instanceof BigDecimal decimal) {
                return decimal.longValueExact();
            }
            return number instanceof Double real ? BigDecimal.valueOf(real).longValueExact() : null;
        } catch (ArithmeticException | NumberFormatException e) {
            return null;
        }
    }

    private static Map<?, ?> objectAt(Object value, String path) {
        if (value instanceof Map<?, ?> map) {
            return map;
        }
        throw invalid(path, describe(value), "an object");
    }

    /** Keys of a map may be hostile: long or with line breaks. */
    private static String printable(String key) {
        String line = key.replaceAll("\\p{Cntrl}|\\p{Cs}", "?");
        return line.length() <= 64 ? line : line.substring(0, 64) + "…";
    }

    static InvalidDocumentException invalid(String path, String found, String accepted) {
        String where = path.isEmpty() ? "the document" : path;
        return new InvalidDocumentException(where + ": found " + found + ", accepted is " + accepted);
    }

    /** The JSON type of a value, never the value. */
    static String describe(Object value) {
        if (value instanceof String) {
            return "text";
        }
        if (value instanceof Boolean) {
            return "a boolean";
        }
        if (value instanceof Number) {
            return "a number";
        }
        if (value instanceof Map<?, ?>) {
            return "an object";
        }
        return value instanceof List<?> ? "a list" : "a " + value.getClass().getName();
    }
}

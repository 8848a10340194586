// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.model;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Reads the members of one object of a tree, by the rules of this package. Null members count as absent. */
final class FieldReader {

    private static final FieldNames WRAPPER = FieldNames.of("value");

    private final Place place;
    private final FieldNames names;
    private final @Nullable Object[] known;
    private @Nullable Map<String, @Nullable Object> unknown;

    private FieldReader(Place place, FieldNames names) {
        this.place = place;
        this.names = names;
        this.known = new @Nullable Object[names.count()];
    }

    /** Sorts the members into known and unknown ones. */
    static FieldReader of(Map<?, ?> tree, Place place, FieldNames names) {
        FieldReader reader = new FieldReader(place, names);
        for (Map.Entry<?, ?> member : tree.entrySet()) {
            if (!(member.getKey() instanceof String key)) {
                throw place.invalid("a key that is not a string", "a string");
            }
            reader.sort(tree, key, member.getValue());
        }
        return reader;
    }

    private void sort(Map<?, ?> tree, String key, @Nullable Object value) {
        int index = names.index(key);
        if (index < 0) {
            if (unknown == null) {
                unknown = new LinkedHashMap<>();
            }
            unknown.put(key, value);
        } else if (value != null) {
            Object first = known[index];
            known[index] = first == null ? value : preferred(tree, index, first);
        }
    }

    /** Of several spellings: ours, then the lower case one, then the first. */
    private Object preferred(Map<?, ?> tree, int index, Object first) {
        Object exact = tree.get(names.name(index));
        Object lower = exact != null ? exact : tree.get(names.lowerCase(index));
        return lower != null ? lower : first;
    }

    private @Nullable Object get(String name) {
        return known[names.index(name)];
    }

    boolean has(String name) {
        return get(name) != null;
    }

    Map<String, @Nullable Object> extra() {
        return unknown == null ? Map.of() : unknown;
    }

    /** Text; empty when absent. */
    String text(String name) {
        Object value = get(name);
        return value == null ? "" : value instanceof String text ? text : textAt(value, place.at(name));
    }

    /** Text made into an open enum. */
    <T> T open(String name, Function<String, T> of) {
        return of.apply(text(name));
    }

    /** A boolean; false when absent. */
    boolean flag(String name) {
        return Boolean.TRUE.equals(flagOrNull(name));
    }

    @Nullable
    Boolean flagOrNull(String name) {
        Object value = get(name);
        if (value == null || value instanceof Boolean) {
            return (Boolean) value;
        }
        throw place.at(name).invalid(value, "true or false");
    }

    /** A boolean, bare or wrapped as {@code {"value": boolean}}. Protobuf leaves out a wrapped false, so {@code {}} is false. */
    @Nullable
    Boolean wrappedFlag(String name) {
        if (!(get(name) instanceof Map<?, ?> wrapper)) {
            return flagOrNull(name);
        }
        return wrapper.isEmpty()
                ? Boolean.FALSE
                : of(wrapper, place.at(name), WRAPPER).flagOrNull("value");
    }

    /** An integer; 0 when absent. */
    long integer(String name, long min, long max) {
        Object value = get(name);
        return value == null ? 0 : integer(value, place.at(name), min, max);
    }

    /** An enum as number or as the name of a known number; 0 when absent. */
    int enumNumber(String name, EnumNames values) {
        Object value = get(name);
        if (value == null) {
            return 0;
        }
        if (value instanceof String text) {
            Integer number = values.number(text);
            if (number == null) {
                throw place.at(name).invalid("a string that is not a known name", "a number or one of " + values.all());
            }
            return number;
        }
        return (int) integer(value, place.at(name), Integer.MIN_VALUE, Integer.MAX_VALUE);
    }

    /** A time; null when absent or Go's zero time. */
    @Nullable
    Instant time(String name) {
        Object value = get(name);
        return value == null ? null : Timestamps.read(value, place.at(name));
    }

    /** A list of text; null items are empty text, as in Go. */
    List<String> texts(String name) {
        return list(name, (item, at) -> item == null ? "" : textAt(item, at));
    }

    /** A list of objects; null items are objects with every member absent. */
    <T> List<T> objects(String name, BiFunction<Map<?, ?>, Place, T> read) {
        return list(name, (item, at) -> read.apply(item == null ? Map.of() : objectAt(item, at), at));
    }

    private <T> List<T> list(String name, BiFunction<@Nullable Object, Place, T> read) {
        Object value = get(name);
        if (value == null) {
            return List.of();
        }
        Place at = place.at(name);
        if (!(value instanceof List<?> items)) {
            throw at.invalid(value, "a list");
        }
        List<T> result = new ArrayList<>(items.size());
        for (Object item : items) {
            result.add(read.apply(item, at.at(result.size())));
        }
        return result;
    }

    /** A map to text; null values are empty text, as in Go. */
    Map<String, String> textMap(String name) {
        return map(name, (value, at) -> value == null ? "" : textAt(value, at));
    }

    /** A map of anything; empty when absent. */
    Map<String, @Nullable Object> map(String name) {
        return map(name, (value, at) -> value);
    }

    private <T extends @Nullable Object> Map<String, T> map(String name, BiFunction<@Nullable Object, Place, T> read) {
        Object value = get(name);
        if (value == null) {
            return Map.of();
        }
        Place at = place.at(name);
        Map<String, T> result = new LinkedHashMap<>();
        objectAt(value, at).forEach((key, item) -> result.put(String.valueOf(key), read.apply(item, at.at(key))));
        return result;
    }

    /** An object; null when absent. */
    <T> @Nullable T object(String name, BiFunction<Map<?, ?>, Place, T> read) {
        Object value = get(name);
        if (value == null) {
            return null;
        }
        Place at = place.at(name);
        return read.apply(objectAt(value, at), at);
    }

    private static String textAt(Object value, Place at) {
        if (value instanceof String text) {
            return text;
        }
        throw at.invalid(value, "a string");
    }

    private static Map<?, ?> objectAt(Object value, Place at) {
        if (value instanceof Map<?, ?> map) {
            return map;
        }
        throw at.invalid(value, "an object");
    }

    /** An integer, bare or in Extended JSON. */
    static long integer(Object value, Place at, long min, long max) {
        Long number = exact(value instanceof Map<?, ?> map ? extended(map) : value);
        if (number == null) {
            throw at.invalid(value, accepted(min, max));
        }
        if (number < min || number > max) {
            throw at.invalid("a number out of range", accepted(min, max));
        }
        return number;
    }

    private static String accepted(long min, long max) {
        return "an integer from " + min + " to " + max;
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
}

// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.internal.filter;

import io.nvsentinel.datastore.error.InvalidRequestException;
import io.nvsentinel.datastore.query.FieldPath;
import java.math.BigDecimal;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Checks the values of filters and updates when they are given, and brings them into one form: null, String, Boolean,
 * BigDecimal, Instant, and unmodifiable List and Map of these. What PostgreSQL could not store, or would store
 * differently, is refused here, with the path and without the value.
 */
public final class JsonValues {

    /** The most characters of one text. */
    static final int MAX_TEXT = 1_000_000;

    /** The most values in one value, counting elements and members at every depth. */
    static final int MAX_SIZE = 10_000;

    /** The deepest nesting of lists and maps in one value. */
    static final int MAX_DEPTH = 32;

    /** The most digits of a number, written without an exponent; what readers of documents accept. */
    static final int MAX_DIGITS = 1000;

    private static final Instant LATEST = Instant.parse("9999-12-31T23:59:59.999999999Z");

    private final FieldPath path;
    private int size;

    private JsonValues(FieldPath path) {
        this.path = path;
    }

    /**
     * Checks and converts a value.
     *
     * @param path the field of the value, for errors
     * @param value the caller's value
     * @return the value in the normal form
     * @throws InvalidRequestException if the value, or one inside it, is not supported
     */
    public static @Nullable Object normalize(FieldPath path, @Nullable Object value) {
        if (value instanceof Instant instant) {
            return checked(path, instant);
        }
        return new JsonValues(path).convert(value, 0);
    }

    private @Nullable Object convert(@Nullable Object value, int depth) {
        size++;
        if (size > MAX_SIZE) {
            throw refused("a value of more than " + MAX_SIZE + " elements is too large");
        }
        if (depth > MAX_DEPTH) {
            throw refused("a value nested deeper than " + MAX_DEPTH + " is not supported");
        }
        if (value == null || value instanceof Boolean) {
            return value;
        }
        if (value instanceof String text) {
            return text(text);
        }
        if (value instanceof UUID uuid) {
            return uuid.toString();
        }
        if (value instanceof Number number) {
            return number(number);
        }
        if (value instanceof Collection<?> list) {
            return list(list, depth);
        }
        if (value instanceof Map<?, ?> map) {
            return map(map, depth);
        }
        throw unsupported(value);
    }

    private InvalidRequestException unsupported(Object value) {
        return refused("a value of type " + value.getClass().getName() + " is not supported"
                + (value instanceof Instant ? " inside a list or map" : "")
                + "; allowed are String, Boolean, Number, Instant, UUID, null, and Collection and Map of these except"
                + " Instant");
    }

    private List<@Nullable Object> list(Collection<?> list, int depth) {
        List<@Nullable Object> copy = new ArrayList<>();
        for (Object element : list) {
            copy.add(convert(element, depth + 1));
        }
        return Collections.unmodifiableList(copy);
    }

    private Map<String, @Nullable Object> map(Map<?, ?> map, int depth) {
        Map<String, @Nullable Object> copy = new LinkedHashMap<>();
        for (Map.Entry<?, ?> member : map.entrySet()) {
            if (!(member.getKey() instanceof String name)) {
                throw refused("the names in a map must be of type String");
            }
            copy.put(text(name), convert(member.getValue(), depth + 1));
        }
        return Collections.unmodifiableMap(copy);
    }

    private String text(String text) {
        if (text.length() > MAX_TEXT) {
            throw refused(
                    "a string of " + text.length() + " characters is too long; at most " + MAX_TEXT + " are allowed");
        }
        if (text.indexOf('\0') >= 0) {
            throw refused("a string contains U+0000, which PostgreSQL cannot store");
        }
        if (text.codePoints().anyMatch(c -> c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE)) {
            throw refused("a string contains an unpaired surrogate, which is not valid Unicode");
        }
        return text;
    }

    private BigDecimal number(Number number) {
        BigDecimal decimal = JsonNumbers.exact(number);
        if (decimal == null) {
            throw refused(
                    JsonNumbers.isReal(number)
                            ? number + " is not a JSON number"
                            : "a " + number.getClass().getName() + " that is not written as a JSON number");
        }
        if (JsonNumbers.storedDigits(decimal) > MAX_DIGITS) {
            throw refused("a number has more than " + MAX_DIGITS + " digits, written without an exponent");
        }
        return decimal;
    }

    private static Instant checked(FieldPath path, Instant instant) {
        if (!instant.isAfter(Instants.UNSET) || instant.isAfter(LATEST)) {
            throw new InvalidRequestException(at(path) + "a time must be after " + Instants.UNSET
                    + ", which represents a time that was not set, and before the year 10000");
        }
        return instant;
    }

    private InvalidRequestException refused(String what) {
        return new InvalidRequestException(at(path) + what);
    }

    private static String at(FieldPath path) {
        return path.names().isEmpty() ? "" : path + ": ";
    }
}

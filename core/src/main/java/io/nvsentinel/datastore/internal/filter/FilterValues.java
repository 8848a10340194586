// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.internal.filter;

import io.nvsentinel.datastore.error.InvalidRequestException;
import io.nvsentinel.datastore.internal.filter.regex.RegexParser;
import io.nvsentinel.datastore.internal.time.ServerTimes;
import io.nvsentinel.datastore.query.FieldPath;
import io.nvsentinel.datastore.query.Filter;
import java.math.BigDecimal;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What the nodes of a filter check when they are made, so that a tree that exists is a tree that works. */
public final class FilterValues {

    private FilterValues() {}

    /**
     * Checks a value for equality. Equal values become the same: {@code 1}, {@code 1L} and {@code 1.0}, and instants
     * within a microsecond.
     *
     * @param path the field, for errors
     * @param value what the caller gave
     * @return the value as the readers expect it
     */
    public static @Nullable Object value(FieldPath path, @Nullable Object value) {
        if (value instanceof Instant instant) {
            return time(path, instant);
        }
        Object normal = JsonValues.normalize(path, value);
        return normal instanceof BigDecimal number ? shortest(number) : normal;
    }

    private static Instant time(FieldPath path, Instant time) {
        if (!ServerTimes.holds(time)) {
            throw new InvalidRequestException(path + ": the time is outside the range of PostgreSQL, "
                    + ServerTimes.FIRST + " to " + ServerTimes.LAST);
        }
        return ServerTimes.cut(time);
    }

    private static BigDecimal shortest(BigDecimal number) {
        BigDecimal stripped = number.stripTrailingZeros();
        return stripped.scale() < 0 ? stripped.setScale(0) : stripped;
    }

    /**
     * Checks a value for an ordering comparison.
     *
     * @param path the field, for errors
     * @param comparison the comparison, for errors
     * @param value what the caller gave
     * @return the value as the readers expect it
     */
    public static Object ordered(FieldPath path, Filter.Comparison comparison, @Nullable Object value) {
        Object normal = value(path, value);
        if (normal == null || normal instanceof List || normal instanceof Map) {
            throw new InvalidRequestException(path + ": " + comparison.name().toLowerCase(Locale.ROOT)
                    + " requires a String, Boolean, number, Instant or UUID, not "
                    + (normal == null ? "null" : normal instanceof List ? "a list" : "a map"));
        }
        return normal;
    }

    /**
     * Checks the values of a list.
     *
     * @param path the field, for errors
     * @param values what the caller gave
     * @return the values as the readers expect them
     */
    public static List<@Nullable Object> values(FieldPath path, Collection<?> values) {
        if (values.size() > JsonValues.MAX_SIZE) {
            throw new InvalidRequestException(path + ": a list of " + values.size() + " values is too long; at most "
                    + JsonValues.MAX_SIZE + " are allowed");
        }
        List<@Nullable Object> checked = new ArrayList<>(values.size());
        for (Object value : values) {
            checked.add(value(path, value));
        }
        return Collections.unmodifiableList(checked);
    }

    /**
     * Checks a regular expression.
     *
     * @param path the field, for errors
     * @param pattern what the caller gave
     */
    public static void pattern(FieldPath path, String pattern) {
        value(path, pattern);
        RegexParser.parse(path, pattern);
    }

    /**
     * Checks the size of an array.
     *
     * @param path the field, for errors
     * @param size what the caller gave
     */
    public static void size(FieldPath path, int size) {
        if (size < 0) {
            throw new InvalidRequestException(path + ": a size must be 0 or more, not " + size);
        }
    }

    /**
     * Checks a value for containment.
     *
     * @param path the field, for errors
     * @param value what the caller gave
     * @return the value as the readers expect it
     */
    public static Object contained(FieldPath path, @Nullable Object value) {
        Object normal = value(path, value);
        if (normal == null || normal instanceof Instant) {
            throw new InvalidRequestException(
                    path + ": contains requires a Map, List, String, Boolean, number or UUID, not "
                            + (normal == null ? "null" : "an Instant"));
        }
        return normal;
    }

    /**
     * Checks the limits of a tree that is about to get one level more.
     *
     * @param filters the children of the new node
     * @return a copy
     */
    public static List<Filter> children(List<Filter> filters) {
        List<Filter> copy = List.copyOf(filters);
        if (1 + depth(copy) > Filter.MAX_DEPTH) {
            throw new InvalidRequestException("the filter is nested deeper than " + Filter.MAX_DEPTH + " levels");
        }
        if (1 + size(copy) > Filter.MAX_NODES) {
            throw new InvalidRequestException("the filter has more than " + Filter.MAX_NODES + " nodes");
        }
        return copy;
    }

    private static int depth(List<Filter> filters) {
        return filters.stream()
                .mapToInt(filter -> 1 + depth(filter.children()))
                .max()
                .orElse(0);
    }

    private static int size(List<Filter> filters) {
        return filters.stream().mapToInt(filter -> 1 + size(filter.children())).sum();
    }
}

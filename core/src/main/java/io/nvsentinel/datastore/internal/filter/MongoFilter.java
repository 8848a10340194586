// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.internal.filter;

import io.nvsentinel.datastore.error.InvalidRequestException;
import io.nvsentinel.datastore.query.FieldPath;
import io.nvsentinel.datastore.query.Filter;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Parses filters in MongoDB's syntax. An unsupported operator is rejected with its name and place. */
public final class MongoFilter {

    private static final String FIELD_OPERATORS =
            "$eq, $ne, $gt, $gte, $lt, $lte, $in, $nin, $all, $size, $exists, $not, $elemMatch, $regex, $options,"
                    + " $startsWith and $contains";

    private static final Set<String> LOGICAL = Set.of("$and", "$or", "$nor");

    private MongoFilter() {}

    /**
     * Reads a filter.
     *
     * @param filter the filter, or null
     * @return the tree
     */
    public static Filter parse(@Nullable Map<?, ?> filter) {
        return filter == null || filter.isEmpty() ? Filter.all() : document(filter, "the filter", 0);
    }

    /**
     * Reads a condition on the elements of an array: operators on an element itself, or a filter on its fields.
     *
     * @param condition the condition
     * @param path the array, for errors
     * @return the tree; its paths start at the element
     */
    public static Filter parseElement(Map<?, ?> condition, FieldPath path) {
        return element(condition, path.toString(), 0);
    }

    private static Filter document(Map<?, ?> filter, String where, int depth) {
        checkDepth(where, depth);
        List<Filter> all = new ArrayList<>();
        filter.forEach((key, value) -> all.add(member(name(key, where), value, where, depth + 1)));
        return all.size() == 1 ? all.get(0) : Filter.and(all);
    }

    private static void checkDepth(String where, int depth) {
        if (depth > Filter.MAX_DEPTH) {
            throw refused(where, "the filter is nested deeper than " + Filter.MAX_DEPTH + " levels");
        }
    }

    private static Filter member(String name, @Nullable Object value, String where, int depth) {
        return switch (name) {
            case "$and" -> Filter.and(branches(name, value, where, depth));
            case "$or" -> Filter.or(branches(name, value, where, depth));
            case "$nor" -> Filter.not(Filter.or(branches(name, value, where, depth)));
            case "$text" -> Filter.text(search(value, where));
            case "$jsonPath" -> Filter.jsonPath(text(name, value, where));
            default -> {
                if (name.startsWith("$")) {
                    throw refused(
                            where,
                            "unknown operator " + name + "; supported here are $and, $or, $nor, $text and $jsonPath");
                }
                yield field(FieldPath.parse(name), value, depth);
            }
        };
    }

    private static List<Filter> branches(String operator, @Nullable Object value, String where, int depth) {
        List<Filter> branches = new ArrayList<>();
        for (Object branch : list(operator, value, where)) {
            if (!(branch instanceof Map<?, ?> map)) {
                throw refused(where, operator + " requires a list of filters, not of " + kind(branch));
            }
            branches.add(document(map, operator, depth));
        }
        if (branches.isEmpty()) {
            throw refused(where, operator + " requires at least one filter");
        }
        return branches;
    }

    private static Filter field(FieldPath path, @Nullable Object value, int depth) {
        checkDepth(path.toString(), depth);
        if (value instanceof Map<?, ?> map && isOperators(map, path)) {
            List<Filter> all = new ArrayList<>();
            checkOptions(map, path);
            map.forEach((key, operand) -> {
                if (!"$options".equals(key)) {
                    all.add(operator(path, String.valueOf(key), operand, depth));
                }
            });
            return all.size() == 1 ? all.get(0) : Filter.and(all);
        }
        return new Filter.Compare(path, Filter.Comparison.EQ, MongoValues.value(path, value));
    }

    /** A dot matches line breaks here: that is MongoDB's option s, and there are no others. */
    private static void checkOptions(Map<?, ?> operators, FieldPath path) {
        if (operators.containsKey("$options")
                && !(operators.containsKey("$regex") && "s".equals(operators.get("$options")))) {
            throw refused(path.toString(), "$options requires $regex beside it and supports only \"s\"");
        }
    }

    private static boolean isOperators(Map<?, ?> map, FieldPath path) {
        long operators = map.keySet().stream()
                .filter(key -> key instanceof String name && name.startsWith("$"))
                .count();
        if (operators > 0 && operators < map.size()) {
            throw refused(path.toString(), "one map contains both operators and field names");
        }
        return operators > 0 && !map.containsKey("$date");
    }

    private static Filter operator(FieldPath field, String operator, @Nullable Object operand, int depth) {
        String path = field.toString();
        return switch (operator) {
            case "$eq" -> Filter.eq(path, MongoValues.value(field, operand));
            case "$ne" -> Filter.ne(path, MongoValues.value(field, operand));
            case "$gt", "$gte", "$lt", "$lte" ->
                new Filter.Compare(
                        field,
                        Filter.Comparison.valueOf(operator.substring(1).toUpperCase(Locale.ROOT)),
                        MongoValues.value(field, operand));
            case "$in" -> Filter.in(path, values(operator, operand, field));
            case "$nin" -> Filter.nin(path, values(operator, operand, field));
            case "$all" -> all(field, operand, depth);
            case "$size" -> Filter.size(path, size(operand, path));
            case "$exists" -> Filter.exists(path, bool(operator, operand, path));
            case "$not" -> Filter.not(negated(field, map(operator, operand, path), depth + 1));
            case "$elemMatch" -> Filter.elemMatch(path, element(map(operator, operand, path), path, depth));
            case "$regex" -> Filter.matches(path, text(operator, operand, path));
            case "$startsWith" -> Filter.startsWith(path, text(operator, operand, path));
            case "$contains" -> new Filter.Contains(field, required(operator, MongoValues.value(field, operand), path));
            default -> throw refused(path, "unknown operator " + operator + "; supported here: " + FIELD_OPERATORS);
        };
    }

    /** Each of the values, or each of the filters on elements; without any, nothing matches. */
    private static Filter all(FieldPath path, @Nullable Object operand, int depth) {
        List<Filter> all = new ArrayList<>();
        for (Object each : list("$all", operand, path.toString())) {
            boolean element = each instanceof Map<?, ?> map && map.size() == 1 && map.containsKey("$elemMatch");
            if (!element && each instanceof Map<?, ?> map && isOperators(map, path)) {
                throw refused(path.toString(), "$all requires values or $elemMatch, not " + map.keySet());
            }
            all.add(field(path, each, depth + 1));
        }
        return all.isEmpty() ? Filter.or() : Filter.and(all);
    }

    private static int size(@Nullable Object operand, String where) {
        try {
            if (operand instanceof Number number) {
                return new BigDecimal(number.toString()).intValueExact();
            }
        } catch (ArithmeticException | NumberFormatException e) {
            throw refused(where, "$size requires an integer, not " + operand);
        }
        throw refused(where, "$size requires an integer, not " + kind(operand));
    }

    private static Filter negated(FieldPath path, Map<?, ?> operators, int depth) {
        if (!isOperators(operators, path)) {
            throw refused(path.toString(), "$not requires operators; use $ne to exclude a value");
        }
        return field(path, operators, depth);
    }

    /** An element is matched by operators on itself, or by a filter on its fields. */
    private static Filter element(Map<?, ?> filter, String path, int depth) {
        boolean itself = filter.keySet().stream()
                .allMatch(key -> key instanceof String name && name.startsWith("$") && !LOGICAL.contains(name));
        return itself ? field(FieldPath.of(), filter, depth + 1) : document(filter, path, depth + 1);
    }

    private static List<?> values(String operator, @Nullable Object operand, FieldPath field) {
        List<@Nullable Object> values = new ArrayList<>();
        list(operator, operand, field.toString()).forEach(each -> values.add(MongoValues.value(field, each)));
        return values;
    }

    private static Collection<?> list(String operator, @Nullable Object operand, String where) {
        if (operand instanceof Collection<?> collection) {
            return collection;
        }
        if (operand instanceof Object[] array) {
            return Arrays.asList(array);
        }
        throw refused(where, operator + " requires a list, not " + kind(operand));
    }

    private static Map<?, ?> map(String operator, @Nullable Object operand, String where) {
        if (operand instanceof Map<?, ?> map && !map.isEmpty()) {
            return new LinkedHashMap<>(map);
        }
        throw refused(where, operator + " requires a map that is not empty, not " + kind(operand));
    }

    private static boolean bool(String operator, @Nullable Object operand, String where) {
        if (operand instanceof Boolean bool) {
            return bool;
        }
        throw refused(where, operator + " requires true or false, not " + kind(operand));
    }

    private static String text(String operator, @Nullable Object operand, String where) {
        if (operand instanceof String text) {
            return text;
        }
        throw refused(where, operator + " requires a string, not " + kind(operand));
    }

    private static String search(@Nullable Object operand, String where) {
        if (operand instanceof Map<?, ?> map && map.size() == 1 && map.containsKey("$search")) {
            return text("$search", map.get("$search"), where);
        }
        throw refused(where, "$text must be {\"$search\": \"words\"}");
    }

    private static Object required(String operator, @Nullable Object operand, String where) {
        if (operand == null) {
            throw refused(where, operator + " requires a value, not null");
        }
        return operand;
    }

    private static String name(@Nullable Object key, String where) {
        if (key instanceof String name) {
            return name;
        }
        throw refused(where, "the names in a filter must be of type String");
    }

    private static String kind(@Nullable Object value) {
        return value == null ? "null" : "a value of type " + value.getClass().getName();
    }

    private static InvalidRequestException refused(String where, String what) {
        return new InvalidRequestException(where + ": " + what);
    }
}

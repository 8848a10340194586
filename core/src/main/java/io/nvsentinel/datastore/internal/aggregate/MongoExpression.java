// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.internal.aggregate;

import io.nvsentinel.datastore.aggregation.Expression;
import io.nvsentinel.datastore.aggregation.Operator;
import io.nvsentinel.datastore.error.InvalidRequestException;
import io.nvsentinel.datastore.internal.filter.MongoValues;
import io.nvsentinel.datastore.query.FieldPath;
import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Reads expressions as MongoDB writes them. What it does not know it refuses, naming it. */
final class MongoExpression {

    private static final Map<String, Operator> OPERATORS = Map.ofEntries(
            Map.entry("$and", Operator.AND),
            Map.entry("$or", Operator.OR),
            Map.entry("$not", Operator.NOT),
            Map.entry("$eq", Operator.EQ),
            Map.entry("$ne", Operator.NE),
            Map.entry("$gt", Operator.GT),
            Map.entry("$gte", Operator.GTE),
            Map.entry("$lt", Operator.LT),
            Map.entry("$lte", Operator.LTE),
            Map.entry("$add", Operator.ADD),
            Map.entry("$subtract", Operator.SUBTRACT),
            Map.entry("$multiply", Operator.MULTIPLY),
            Map.entry("$divide", Operator.DIVIDE),
            Map.entry("$in", Operator.IN),
            Map.entry("$anyElementTrue", Operator.ANY_ELEMENT_TRUE),
            Map.entry("$cond", Operator.COND),
            Map.entry("$ifNull", Operator.IF_NULL),
            Map.entry("$size", Operator.SIZE),
            Map.entry("$arrayElemAt", Operator.ELEMENT_AT),
            Map.entry("$setIntersection", Operator.SET_INTERSECTION));

    /** The name of the current element, or null outside of $filter and $map. */
    private final @Nullable String element;

    private final int depth;

    private MongoExpression(@Nullable String element, int depth) {
        this.element = element;
        this.depth = depth;
    }

    static Expression parse(@Nullable Object value) {
        return new MongoExpression(null, 0).read(value);
    }

    private Expression below(@Nullable Object value) {
        return new MongoExpression(element, depth + 1).read(value);
    }

    private Expression read(@Nullable Object value) {
        if (depth > Expression.MAX_DEPTH) {
            throw new InvalidRequestException(
                    "the expression is nested deeper than " + Expression.MAX_DEPTH + " levels");
        }
        if (value instanceof String text && text.startsWith("$")) {
            return text.startsWith("$$") ? variable(text) : Expression.field(text.substring(1));
        }
        if (value instanceof Map<?, ?> map) {
            return map(map);
        }
        if (value instanceof Collection<?> list) {
            return new Expression.Call(
                    Operator.ARRAY, list.stream().map(this::below).toList());
        }
        if (value instanceof Object[] array) {
            return read(Arrays.asList(array));
        }
        return Expression.literal(value);
    }

    private Expression variable(String text) {
        if (text.equals("$$ROOT") || text.equals("$$CURRENT")) {
            return Expression.document();
        }
        if (element != null) {
            String name = "$$" + element;
            if (text.equals(name)) {
                return Expression.element("");
            }
            if (text.startsWith(name + ".")) {
                return Expression.element(text.substring(name.length() + 1));
            }
        }
        throw new InvalidRequestException("unknown variable " + text
                + "; supported are $$ROOT, the element in $filter and $map, and {\"$toLong\": \"$$NOW\"}");
    }

    private Expression map(Map<?, ?> map) {
        if (map.containsKey("$date")) {
            return Expression.literal(MongoValues.value(FieldPath.of(), map));
        }
        long operators = map.keySet().stream()
                .filter(key -> key instanceof String name && name.startsWith("$"))
                .count();
        if (operators == 0) {
            Map<String, Expression> members = new LinkedHashMap<>();
            map.forEach((name, value) -> members.put(String.valueOf(name), below(value)));
            return Expression.object(members);
        }
        if (map.size() > 1) {
            throw new InvalidRequestException(
                    "an expression must have one operator, not " + map.size() + ": " + map.keySet());
        }
        Map.Entry<?, ?> only = map.entrySet().iterator().next();
        return operator(String.valueOf(only.getKey()), only.getValue());
    }

    private Expression operator(String name, @Nullable Object operand) {
        return switch (name) {
            case "$literal" -> Expression.literal(MongoValues.value(FieldPath.of(), operand));
            case "$toLong" -> now(operand);
            case "$filter" -> {
                Map<?, ?> parts = parts(name, operand, List.of("input", "cond"), List.of("as"));
                yield Expression.filter(below(parts.get("input")), inside(parts).read(parts.get("cond")));
            }
            case "$map" -> {
                Map<?, ?> parts = parts(name, operand, List.of("input", "in"), List.of("as"));
                yield Expression.map(below(parts.get("input")), inside(parts).read(parts.get("in")));
            }
            case "$cond" -> cond(operand);
            default -> call(name, operand);
        };
    }

    private static Expression now(@Nullable Object operand) {
        if ("$$NOW".equals(operand)) {
            return Expression.now();
        }
        throw new InvalidRequestException("$toLong supports only \"$$NOW\"");
    }

    private MongoExpression inside(Map<?, ?> parts) {
        Object name = parts.containsKey("as") ? parts.get("as") : "this";
        if (name instanceof String text && !text.isEmpty()) {
            if (element != null) {
                throw new InvalidRequestException("$filter and $map cannot be nested in each other");
            }
            return new MongoExpression(text, depth + 1);
        }
        throw new InvalidRequestException("as requires a name");
    }

    private Expression cond(@Nullable Object operand) {
        if (operand instanceof Map<?, ?>) {
            Map<?, ?> parts = parts("$cond", operand, List.of("if", "then", "else"), List.of());
            return Expression.of(
                    Operator.COND, below(parts.get("if")), below(parts.get("then")), below(parts.get("else")));
        }
        return call("$cond", operand);
    }

    private Expression call(String name, @Nullable Object operand) {
        Operator operator = OPERATORS.get(name);
        if (operator == null) {
            throw new InvalidRequestException("unknown operator " + name + " in an expression; supported are "
                    + OPERATORS.keySet().stream().sorted().toList() + ", $filter, $map, $literal and $toLong");
        }
        Object list = operand instanceof Object[] array ? Arrays.asList(array) : operand;
        List<Expression> operands = list instanceof Collection<?> each
                ? each.stream().map(this::below).toList()
                : List.of(below(operand));
        return new Expression.Call(operator, operands);
    }

    private static Map<?, ?> parts(
            String name, @Nullable Object operand, List<String> required, List<String> optional) {
        if (operand instanceof Map<?, ?> map && map.keySet().containsAll(required)) {
            for (Object key : map.keySet()) {
                if (!required.contains(key) && !optional.contains(key)) {
                    throw new InvalidRequestException(name + " does not support " + key);
                }
            }
            return map;
        }
        throw new InvalidRequestException(name + " requires a map with " + String.join(", ", required));
    }
}

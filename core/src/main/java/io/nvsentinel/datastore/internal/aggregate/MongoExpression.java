// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.internal.aggregate;

import io.nvsentinel.datastore.aggregation.Expression;
import io.nvsentinel.datastore.aggregation.Operator;
import io.nvsentinel.datastore.error.InvalidRequestException;
import io.nvsentinel.datastore.internal.filter.MongoValues;
import io.nvsentinel.datastore.query.FieldPath;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
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
            Map.entry("$setIntersection", Operator.SET_INTERSECTION),
            Map.entry("$concat", Operator.CONCAT),
            Map.entry("$arrayToObject", Operator.ARRAY_TO_OBJECT));

    /** Where in the stage the expression is, for errors. */
    private final String where;

    private final int depth;

    private MongoExpression(String where, int depth) {
        this.where = where;
        this.depth = depth;
    }

    static Expression parse(@Nullable Object value, String where) {
        return new MongoExpression(where, 0).read(value);
    }

    private Expression below(String name, @Nullable Object value) {
        return new MongoExpression(where + "." + name, depth + 1).read(value);
    }

    private List<Expression> below(Collection<?> values) {
        List<Expression> all = new ArrayList<>();
        values.forEach(value -> all.add(below(String.valueOf(all.size()), value)));
        return all;
    }

    private InvalidRequestException refused(String what) {
        return new InvalidRequestException(where + ": " + what);
    }

    private Expression read(@Nullable Object value) {
        if (depth > Expression.MAX_DEPTH) {
            throw refused("the expression is nested deeper than " + Expression.MAX_DEPTH + " levels");
        }
        if (value instanceof String text && text.startsWith("$")) {
            return text.startsWith("$$") ? variable(text) : Expression.field(text.substring(1));
        }
        if (value instanceof Map<?, ?> map) {
            return map(map);
        }
        if (value instanceof Collection<?> list) {
            return new Expression.Call(Operator.ARRAY, below(list));
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
        int dot = text.indexOf('.');
        String name = text.substring(2, dot < 0 ? text.length() : dot);
        String path = dot < 0 ? "" : text.substring(dot + 1);
        if (name.equals("ROOT") || name.equals("CURRENT")) {
            return Expression.field(path);
        }
        if (name.isEmpty() || name.equals(name.toUpperCase(Locale.ROOT)) && !name.matches("[a-z].*")) {
            throw refused("unknown variable " + text
                    + "; supported are $$ROOT, $$CURRENT, variables of $let, $lookup, $filter and $map, and"
                    + " {\"$toLong\": \"$$NOW\"}");
        }
        return Expression.variable(name, path);
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
            map.forEach((name, value) -> members.put(String.valueOf(name), below(String.valueOf(name), value)));
            return Expression.object(members);
        }
        if (map.size() > 1) {
            throw refused("an expression must have one operator, not " + map.size() + ": " + map.keySet());
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
                yield new Expression.Elements(
                        below("$filter.input", parts.get("input")),
                        as(parts),
                        below("$filter.cond", parts.get("cond")),
                        null);
            }
            case "$map" -> {
                Map<?, ?> parts = parts(name, operand, List.of("input", "in"), List.of("as"));
                yield new Expression.Elements(
                        below("$map.input", parts.get("input")), as(parts), null, below("$map.in", parts.get("in")));
            }
            case "$let" -> let(parts(name, operand, List.of("vars", "in"), List.of()));
            case "$cond" -> cond(operand);
            default -> call(name, operand);
        };
    }

    private Expression let(Map<?, ?> parts) {
        if (!(parts.get("vars") instanceof Map<?, ?> vars)) {
            throw refused("$let requires vars, a map of variables");
        }
        Map<String, Expression> variables = new LinkedHashMap<>();
        vars.forEach((name, value) -> variables.put(String.valueOf(name), below("$let.vars." + name, value)));
        return Expression.let(variables, below("$let.in", parts.get("in")));
    }

    private Expression now(@Nullable Object operand) {
        if ("$$NOW".equals(operand)) {
            return Expression.now();
        }
        throw refused("$toLong supports only \"$$NOW\"");
    }

    private String as(Map<?, ?> parts) {
        Object name = parts.containsKey("as") ? parts.get("as") : Expression.ELEMENT;
        if (name instanceof String text && !text.isEmpty()) {
            return text;
        }
        throw refused("as requires a name");
    }

    private Expression cond(@Nullable Object operand) {
        if (operand instanceof Map<?, ?>) {
            Map<?, ?> parts = parts("$cond", operand, List.of("if", "then", "else"), List.of());
            return Expression.of(
                    Operator.COND,
                    below("$cond.if", parts.get("if")),
                    below("$cond.then", parts.get("then")),
                    below("$cond.else", parts.get("else")));
        }
        return call("$cond", operand);
    }

    private Expression call(String name, @Nullable Object operand) {
        Operator operator = OPERATORS.get(name);
        if (operator == null) {
            throw refused("unknown operator " + name + " in an expression; supported are "
                    + OPERATORS.keySet().stream().sorted().toList() + ", $filter, $map, $let, $literal and $toLong");
        }
        Object list = operand instanceof Object[] array ? Arrays.asList(array) : operand;
        List<Expression> operands = list instanceof Collection<?> each
                ? new MongoExpression(where + "." + name, depth).below(each)
                : List.of(below(name, operand));
        try {
            return new Expression.Call(operator, operands);
        } catch (InvalidRequestException e) {
            throw new InvalidRequestException(where + ": " + e.getMessage(), null, e);
        }
    }

    private Map<?, ?> parts(String name, @Nullable Object operand, List<String> required, List<String> optional) {
        if (operand instanceof Map<?, ?> map && map.keySet().containsAll(required)) {
            for (Object key : map.keySet()) {
                if (!required.contains(key) && !optional.contains(key)) {
                    throw refused(name + " does not support " + key);
                }
            }
            return map;
        }
        throw refused(name + " requires a map with " + String.join(", ", required));
    }
}

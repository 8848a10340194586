// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.internal.aggregate;

import io.nvsentinel.datastore.aggregation.Expression;
import io.nvsentinel.datastore.aggregation.Operator;
import io.nvsentinel.datastore.error.InvalidRequestException;
import io.nvsentinel.datastore.internal.filter.Binder;
import io.nvsentinel.datastore.internal.filter.FieldMap;
import io.nvsentinel.datastore.internal.filter.FieldSql;
import io.nvsentinel.datastore.internal.filter.JsonText;
import io.nvsentinel.datastore.query.FieldPath;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Renders expressions to SQL, in the form that their context requires: a JSON value (SQL's null for a missing value), a
 * boolean or a number. Each operand is rendered once, so that the length of the SQL is linear in the size of the
 * expression.
 */
final class ExpressionSql {

    private final Binder binder;
    private final FieldMap map;
    private final @Nullable String element;
    private final int depth;

    ExpressionSql(Binder binder, FieldMap map) {
        this(binder, map, null, 0);
    }

    private ExpressionSql(Binder binder, FieldMap map, @Nullable String element, int depth) {
        this.binder = binder;
        this.map = map;
        this.element = element;
        this.depth = depth;
    }

    /** A value of type {@code jsonb}; null if it is missing. */
    String json(Expression expression) {
        if (expression instanceof Expression.Field field) {
            return FieldSql.value(field.path(), map, binder);
        }
        if (expression instanceof Expression.Literal literal) {
            return literal(literal.value());
        }
        if (expression instanceof Expression.Document) {
            return map.document();
        }
        if (expression instanceof Expression.Now) {
            return "to_jsonb(" + number(expression) + ")";
        }
        if (expression instanceof Expression.Element part) {
            return element(part.path());
        }
        if (expression instanceof Expression.Composed composed) {
            return composed(composed.members());
        }
        if (expression instanceof Expression.Elements elements) {
            return elements(elements);
        }
        return json((Expression.Call) expression);
    }

    /** The value, null in the place of what is missing. */
    String jsonOrNull(Expression expression) {
        return "COALESCE(" + json(expression) + ", 'null')";
    }

    private String literal(@Nullable Object value) {
        return "CAST(" + binder.bind(JsonText.bind(value instanceof Instant instant ? instant.toString() : value))
                + " AS jsonb)";
    }

    private String element(FieldPath path) {
        if (element == null) {
            throw new InvalidRequestException("element is only available in filter and map");
        }
        return path.names().isEmpty() ? element : "(" + element + " #> " + names(path) + ")";
    }

    private String names(FieldPath path) {
        return "CAST(" + binder.bind(path.names().toArray(String[]::new)) + " AS text[])";
    }

    private String composed(Map<String, Expression> members) {
        String object = "CAST('{}' AS jsonb)";
        for (Map.Entry<String, Expression> member : members.entrySet()) {
            object = "{schema}.nvsentinel_put(" + object + ", " + names(FieldPath.of(member.getKey())) + ", "
                    + json(member.getValue()) + ")";
        }
        return object;
    }

    private String elements(Expression.Elements elements) {
        String alias = "v" + depth;
        ExpressionSql inside = new ExpressionSql(binder, map, alias + ".value", depth + 1);
        String value = elements.value() == null ? alias + ".value" : inside.jsonOrNull(elements.value());
        String from = nested().json(elements.array());
        String where = elements.condition() == null ? "" : " WHERE " + inside.truth(elements.condition());
        return "(SELECT COALESCE(jsonb_agg(" + value + " ORDER BY " + alias
                + ".position), '[]') FROM {schema}.nvsentinel_elements(" + from + ") WITH ORDINALITY AS " + alias
                + "(value, position)" + where + ")";
    }

    /** For operands inside a subquery, whose aliases must not hide the outer ones. */
    private ExpressionSql nested() {
        return new ExpressionSql(binder, map, element, depth + 1);
    }

    private String json(Expression.Call call) {
        List<Expression> operands = call.operands();
        return switch (call.operator()) {
            case COND ->
                "CASE WHEN " + truth(operands.get(0)) + " THEN " + json(operands.get(1)) + " ELSE "
                        + json(operands.get(2)) + " END";
            case IF_NULL -> ifNull(operands);
            case ARRAY -> "to_jsonb(CAST(ARRAY[" + joined(operands, ", ", this::jsonOrNull) + "] AS jsonb[]))";
            case SIZE ->
                "(SELECT CASE jsonb_typeof(v) WHEN 'array' THEN to_jsonb(jsonb_array_length(v)) ELSE "
                        + "'null' END FROM (SELECT "
                        + nested().json(operands.get(0)) + " AS v) AS sized)";
            case ELEMENT_AT ->
                "(SELECT CASE jsonb_typeof(v) WHEN 'array' THEN v -> CAST(LEAST(GREATEST(trunc(n), -2147483648),"
                        + " 2147483647) AS int) END FROM (SELECT " + nested().json(operands.get(0)) + " AS v, "
                        + nested().number(operands.get(1)) + " AS n) AS picked)";
            case SET_INTERSECTION -> intersection(operands);
            case ADD, SUBTRACT, MULTIPLY, DIVIDE -> "COALESCE(" + limited(arithmetic(call), call) + ", 'null')";
            default -> "to_jsonb(" + condition(call) + ")";
        };
    }

    private static String limited(String number, Expression.Call call) {
        return "{schema}.nvsentinel_limited_number(" + number + ", '"
                + call.operator().name().toLowerCase(Locale.ROOT) + "', CAST('{}' AS text[]))";
    }

    private String ifNull(List<Expression> operands) {
        int last = operands.size() - 1;
        return "COALESCE(" + joined(operands.subList(0, last), ", ", each -> "NULLIF(" + json(each) + ", 'null')")
                + ", " + json(operands.get(last)) + ")";
    }

    private String intersection(List<Expression> operands) {
        String a = "a" + depth;
        String b = "b" + depth;
        return "(SELECT COALESCE(jsonb_agg(DISTINCT " + a + ".value), '[]') FROM {schema}.nvsentinel_elements("
                + nested().json(operands.get(0)) + ") AS " + a
                + "(value) WHERE EXISTS (SELECT FROM {schema}.nvsentinel_elements("
                + nested().json(operands.get(1)) + ") AS " + b + "(value) WHERE " + b + ".value = " + a + ".value))";
    }

    /** A boolean, never null. */
    String truth(Expression expression) {
        if (expression instanceof Expression.Call call) {
            return switch (call.operator()) {
                case AND, OR, NOT, EQ, NE, GT, GTE, LT, LTE, IN, ANY_ELEMENT_TRUE -> condition(call);
                default -> "{schema}.nvsentinel_truth(" + json(expression) + ")";
            };
        }
        return "{schema}.nvsentinel_truth(" + json(expression) + ")";
    }

    private String condition(Expression.Call call) {
        List<Expression> operands = call.operands();
        return switch (call.operator()) {
            case AND -> "(" + joined(operands, " AND ", this::truth) + ")";
            case OR -> "(" + joined(operands, " OR ", this::truth) + ")";
            case NOT -> "(NOT " + truth(operands.get(0)) + ")";
            case EQ -> "(" + joined(operands, " = ", this::jsonOrNull) + ")";
            case NE -> "(" + joined(operands, " <> ", this::jsonOrNull) + ")";
            case IN -> {
                String alias = "i" + depth;
                yield "EXISTS (SELECT FROM {schema}.nvsentinel_elements(" + nested().json(operands.get(1)) + ") AS "
                        + alias + "(value) WHERE " + alias + ".value = " + nested().jsonOrNull(operands.get(0)) + ")";
            }
            case ANY_ELEMENT_TRUE -> {
                String alias = "t" + depth;
                yield "EXISTS (SELECT FROM {schema}.nvsentinel_elements(" + nested().json(operands.get(0)) + ") AS "
                        + alias + "(value) WHERE {schema}.nvsentinel_truth(" + alias + ".value))";
            }
            default -> order(call.operator(), operands);
        };
    }

    private String order(Operator operator, List<Expression> operands) {
        String sign = switch (operator) {
            case GT -> " > 0";
            case GTE -> " >= 0";
            case LT -> " < 0";
            case LTE -> " <= 0";
            default -> throw new IllegalStateException("not a condition: " + operator);
        };
        return "COALESCE({schema}.nvsentinel_compare(" + joined(operands, ", ", this::json) + ")" + sign + ", FALSE)";
    }

    /** A number, null if the value is none. */
    String number(Expression expression) {
        if (expression instanceof Expression.Now) {
            return "trunc(extract(epoch FROM now()) * 1000)";
        }
        if (expression instanceof Expression.Call call) {
            return switch (call.operator()) {
                case ADD, SUBTRACT, MULTIPLY, DIVIDE -> arithmetic(call);
                default -> "{schema}.nvsentinel_number(" + json(expression) + ")";
            };
        }
        return "{schema}.nvsentinel_number(" + json(expression) + ")";
    }

    private String arithmetic(Expression.Call call) {
        List<Expression> operands = call.operands();
        return switch (call.operator()) {
            case ADD -> "(" + joined(operands, " + ", this::number) + ")";
            case SUBTRACT -> "(" + joined(operands, " - ", this::number) + ")";
            case MULTIPLY -> "(" + joined(operands, " * ", this::number) + ")";
            case DIVIDE -> "trim_scale(" + number(operands.get(0)) + " / NULLIF(" + number(operands.get(1)) + ", 0))";
            default -> throw new IllegalStateException("not arithmetic: " + call.operator());
        };
    }

    private static String joined(List<Expression> operands, String separator, Function<Expression, String> render) {
        return operands.stream().map(render).collect(Collectors.joining(separator));
    }
}

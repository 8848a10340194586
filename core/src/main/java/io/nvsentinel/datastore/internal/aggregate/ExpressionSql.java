// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.internal.aggregate;

import io.nvsentinel.datastore.aggregation.Expression;
import io.nvsentinel.datastore.aggregation.Operator;
import io.nvsentinel.datastore.internal.filter.Binder;
import io.nvsentinel.datastore.internal.filter.FieldMap;
import io.nvsentinel.datastore.internal.filter.FieldSql;
import io.nvsentinel.datastore.internal.filter.JsonText;
import io.nvsentinel.datastore.query.FieldPath;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
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

    private final Scope scope;
    private final Binder binder;
    private final FieldMap map;

    /**
     * Renders for one relation.
     *
     * @param scope the statement around, with the variables that it defines
     * @param map what the paths of fields mean
     */
    ExpressionSql(Scope scope, FieldMap map) {
        this.scope = scope;
        this.binder = scope.binder();
        this.map = map;
    }

    private ExpressionSql with(Map<String, String> variables) {
        return new ExpressionSql(scope.with(variables), map);
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
        if (expression instanceof Expression.Variable variable) {
            return scope.variable(variable.name(), variable.path());
        }
        if (expression instanceof Expression.Let let) {
            return let(let);
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

    private String let(Expression.Let let) {
        String alias = scope.alias();
        Map<String, String> variables = new LinkedHashMap<>();
        List<String> columns = new ArrayList<>();
        let.variables().forEach((name, value) -> {
            String column = "v" + columns.size();
            variables.put(name, alias + "." + column);
            columns.add(json(value) + " AS " + column);
        });
        return "(SELECT " + with(variables).json(let.value()) + " FROM (SELECT " + String.join(", ", columns)
                + " OFFSET 0) AS " + alias + ")";
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
        String alias = scope.alias();
        ExpressionSql inside = with(Map.of(elements.name(), alias + ".value"));
        String value = elements.value() == null ? alias + ".value" : inside.jsonOrNull(elements.value());
        String from = json(elements.array());
        String where = elements.condition() == null ? "" : " WHERE " + inside.truth(elements.condition());
        return "(SELECT COALESCE(jsonb_agg(" + value + " ORDER BY " + alias
                + ".position), '[]') FROM {schema}.nvsentinel_elements(" + from + ") WITH ORDINALITY AS " + alias
                + "(value, position)" + where + ")";
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
                        + "'null' END FROM (SELECT " + json(operands.get(0)) + " AS v OFFSET 0) AS " + scope.alias()
                        + ")";
            case ELEMENT_AT ->
                "(SELECT CASE jsonb_typeof(v) WHEN 'array' THEN v -> CAST(LEAST(GREATEST(trunc(n), -2147483648),"
                        + " 2147483647) AS int) END FROM (SELECT " + json(operands.get(0)) + " AS v, "
                        + number(operands.get(1)) + " AS n OFFSET 0) AS " + scope.alias() + ")";
            case SET_INTERSECTION -> intersection(operands);
            case CONCAT -> concat(operands);
            case ARRAY_TO_OBJECT -> object(operands.get(0));
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
        String a = scope.alias();
        String b = scope.alias();
        return "(SELECT COALESCE(jsonb_agg(DISTINCT " + a + ".value), '[]') FROM {schema}.nvsentinel_elements("
                + json(operands.get(0)) + ") AS " + a
                + "(value) WHERE EXISTS (SELECT FROM {schema}.nvsentinel_elements("
                + json(operands.get(1)) + ") AS " + b + "(value) WHERE " + b + ".value = " + a + ".value))";
    }

    /** SQL's || of strings is null if one of them is. */
    private String concat(List<Expression> operands) {
        return "COALESCE(to_jsonb(" + joined(operands, " || ", this::text) + "), 'null')";
    }

    /** A string, null if the value is none. */
    private String text(Expression expression) {
        String alias = scope.alias();
        return "(SELECT CASE jsonb_typeof(v) WHEN 'string' THEN v #>> '{}' END FROM (SELECT " + json(expression)
                + " AS v OFFSET 0) AS " + alias + ")";
    }

    private String object(Expression array) {
        String of = scope.alias();
        String each = scope.alias();
        return "(SELECT CASE jsonb_typeof(v) WHEN 'array' THEN (SELECT COALESCE(jsonb_object_agg(" + each
                + ".value ->> 'k', " + each + ".value -> 'v' ORDER BY " + each
                + ".position), '{}') FROM {schema}.nvsentinel_elements(v) WITH ORDINALITY AS " + each
                + "(value, position) WHERE jsonb_typeof(" + each + ".value -> 'k') = 'string' AND " + each
                + ".value ? 'v') ELSE 'null' END FROM (SELECT " + json(array) + " AS v OFFSET 0) AS " + of + ")";
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
                String alias = scope.alias();
                yield "EXISTS (SELECT FROM {schema}.nvsentinel_elements(" + json(operands.get(1)) + ") AS " + alias
                        + "(value) WHERE " + alias + ".value = " + jsonOrNull(operands.get(0)) + ")";
            }
            case ANY_ELEMENT_TRUE -> {
                String alias = scope.alias();
                yield "EXISTS (SELECT FROM {schema}.nvsentinel_elements(" + json(operands.get(0)) + ") AS " + alias
                        + "(value) WHERE {schema}.nvsentinel_truth(" + alias + ".value))";
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

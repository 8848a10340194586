// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.internal.aggregate;

import io.nvsentinel.datastore.aggregation.Accumulator;

/** Renders accumulators to SQL, over the rows of a group or of a window. */
final class AccumulatorSql {

    private final ExpressionSql expressions;
    private final String order;
    private final String over;

    private AccumulatorSql(ExpressionSql expressions, String order, String over) {
        this.expressions = expressions;
        this.order = order;
        this.over = over;
    }

    /**
     * Over groups.
     *
     * @param order the order of the rows, or empty if there is none
     */
    static AccumulatorSql grouped(ExpressionSql expressions, String order) {
        return new AccumulatorSql(expressions, order.isEmpty() ? "" : " ORDER BY " + order, "");
    }

    /**
     * Over windows, which have their own order.
     *
     * @param window the window in parentheses
     */
    static AccumulatorSql windowed(ExpressionSql expressions, String window) {
        return new AccumulatorSql(expressions, "", " OVER " + window);
    }

    /** A value of type {@code jsonb}, never SQL's null. */
    String render(Accumulator accumulator) {
        return switch (accumulator.kind()) {
            case COUNT -> "to_jsonb(count(*)" + over + ")";
            case SUM -> "COALESCE(" + limited("sum(" + number(accumulator) + ")" + over, "sum") + ", '0')";
            case AVG ->
                "COALESCE(" + limited("trim_scale(avg(" + number(accumulator) + ")" + over + ")", "avg") + ", 'null')";
            case MIN ->
                "COALESCE({schema}.nvsentinel_min(NULLIF(" + json(accumulator) + ", 'null'))" + over + ", 'null')";
            case MAX ->
                "COALESCE({schema}.nvsentinel_max(NULLIF(" + json(accumulator) + ", 'null'))" + over + ", 'null')";
            case FIRST ->
                "COALESCE({schema}.nvsentinel_first(" + orNull(accumulator) + order + ")" + over + ", 'null')";
            case LAST -> "COALESCE({schema}.nvsentinel_last(" + orNull(accumulator) + order + ")" + over + ", 'null')";
            case PUSH -> array(json(accumulator) + order, accumulator);
            case ADD_TO_SET -> array("DISTINCT " + json(accumulator), accumulator);
        };
    }

    private static String limited(String number, String name) {
        return "{schema}.nvsentinel_limited_number(" + number + ", '" + name + "', CAST('{}' AS text[]))";
    }

    private String array(String argument, Accumulator accumulator) {
        return "COALESCE(jsonb_agg(" + argument + ") FILTER (WHERE " + json(accumulator) + " IS NOT NULL)" + over
                + ", '[]')";
    }

    private String json(Accumulator accumulator) {
        return expressions.json(accumulator.expression());
    }

    private String orNull(Accumulator accumulator) {
        return expressions.jsonOrNull(accumulator.expression());
    }

    private String number(Accumulator accumulator) {
        return expressions.number(accumulator.expression());
    }
}

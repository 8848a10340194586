// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.internal.aggregate;

import io.nvsentinel.datastore.aggregation.Expression;
import io.nvsentinel.datastore.aggregation.Operator;
import io.nvsentinel.datastore.error.InvalidRequestException;
import io.nvsentinel.datastore.query.FieldPath;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** What the parts of an aggregation check when they are made. */
public final class AggregationChecks {

    private AggregationChecks() {}

    /**
     * Checks what an operator works on.
     *
     * @param operator the operator
     * @param operands its operands
     */
    public static void operands(Operator operator, List<Expression> operands) {
        if (operands.size() < operator.least() || operands.size() > operator.most()) {
            String wanted = operator.least() == operator.most()
                    ? String.valueOf(operator.least())
                    : operator.least() + " to " + operator.most();
            throw new InvalidRequestException(operator.name().toLowerCase(Locale.ROOT) + " takes " + wanted
                    + " operands, not " + operands.size());
        }
        size(operands);
    }

    /**
     * Checks the limits of an expression that is about to get one level more.
     *
     * @param children what is below
     */
    public static void size(List<Expression> children) {
        if (1 + depth(children) > Expression.MAX_DEPTH) {
            throw new InvalidRequestException(
                    "the expression is nested deeper than " + Expression.MAX_DEPTH + " levels");
        }
        if (1 + count(children) > Expression.MAX_NODES) {
            throw new InvalidRequestException("the expression has more than " + Expression.MAX_NODES + " parts");
        }
    }

    private static int depth(List<Expression> expressions) {
        return expressions.stream()
                .mapToInt(each -> 1 + depth(children(each)))
                .max()
                .orElse(0);
    }

    private static int count(List<Expression> expressions) {
        return expressions.stream().mapToInt(each -> 1 + count(children(each))).sum();
    }

    private static List<Expression> children(Expression expression) {
        if (expression instanceof Expression.Call call) {
            return call.operands();
        }
        if (expression instanceof Expression.Composed composed) {
            return List.copyOf(composed.members().values());
        }
        return expression instanceof Expression.Elements elements
                ? present(elements.array(), elements.condition(), elements.value())
                : List.of();
    }

    /**
     * The expressions without nulls.
     *
     * @param expressions expressions or null
     * @return the expressions that are not null
     */
    public static List<Expression> present(@Nullable Expression... expressions) {
        List<Expression> present = new ArrayList<>();
        for (Expression expression : expressions) {
            if (expression != null) {
                present.add(expression);
            }
        }
        return present;
    }

    /**
     * Checks a number.
     *
     * @param what its name
     * @param count the number
     * @param least the smallest allowed
     */
    public static void atLeast(String what, long count, long least) {
        if (count < least) {
            throw new InvalidRequestException(what + " must be " + least + " or more, not " + count);
        }
    }

    /**
     * Checks the name of a field at the top of a result.
     *
     * @param name the name
     */
    public static void name(String name) {
        FieldPath.of(name);
        if (name.isEmpty() || name.startsWith("$") || name.indexOf('.') >= 0 || name.equals("_id")) {
            throw new InvalidRequestException("'" + name
                    + "' is not a valid result name: it must not be empty, be _id, start with $ or contain a dot");
        }
    }

    /**
     * Checks the paths of new fields.
     *
     * @param paths the paths
     */
    public static void paths(Collection<String> paths) {
        if (paths.isEmpty()) {
            throw new InvalidRequestException("at least one field is required");
        }
        for (String path : paths) {
            if (FieldPath.parse(path).names().isEmpty()) {
                throw new InvalidRequestException("'" + path + "' is not a valid path of a new field");
            }
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.internal.aggregate;

import io.nvsentinel.datastore.aggregation.Accumulator;
import io.nvsentinel.datastore.aggregation.Aggregation;
import io.nvsentinel.datastore.aggregation.Expression;
import io.nvsentinel.datastore.aggregation.Operator;
import io.nvsentinel.datastore.aggregation.Stage;
import io.nvsentinel.datastore.error.InvalidRequestException;
import io.nvsentinel.datastore.query.FieldPath;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** What the parts of an aggregation check when they are made. */
public final class AggregationChecks {

    private static final Pattern VARIABLE = Pattern.compile("[A-Za-z][A-Za-z0-9_]{0,99}");

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
                .mapToInt(each -> 1 + depth(each.children()))
                .max()
                .orElse(0);
    }

    private static int count(List<Expression> expressions) {
        return expressions.stream().mapToInt(each -> 1 + count(each.children())).sum();
    }

    /**
     * Several expressions and one more.
     *
     * @param some the expressions
     * @param last the one more
     * @return all of them
     */
    public static List<Expression> all(Collection<Expression> some, Expression last) {
        List<Expression> all = new ArrayList<>(some);
        all.add(last);
        return List.copyOf(all);
    }

    /**
     * The expressions of a key and of accumulators.
     *
     * @param key the key, or null
     * @param accumulators the accumulators
     * @return all of them
     */
    public static List<Expression> of(@Nullable Expression key, Collection<Accumulator> accumulators) {
        List<Expression> all = new ArrayList<>(present(key));
        accumulators.forEach(each -> all.add(each.expression()));
        return List.copyOf(all);
    }

    /**
     * Checks that all variables of an expression are defined.
     *
     * @param expression the expression
     * @param visible the variables that are defined around it
     */
    static void visible(Expression expression, Set<String> visible) {
        if (expression instanceof Expression.Variable variable && !visible.contains(variable.name())) {
            throw new InvalidRequestException("unknown variable $$" + variable.name() + "; visible are "
                    + visible.stream().sorted().toList() + ", and $$ROOT, and {\"$toLong\": \"$$NOW\"}");
        }
        Set<String> inside = new HashSet<>(visible);
        if (expression instanceof Expression.Let let) {
            inside.addAll(let.variables().keySet());
            let.variables().values().forEach(each -> visible(each, visible));
            visible(let.value(), inside);
        } else if (expression instanceof Expression.Elements elements) {
            inside.add(elements.name());
            visible(elements.array(), visible);
            present(elements.condition(), elements.value()).forEach(each -> visible(each, inside));
        } else {
            expression.children().forEach(each -> visible(each, visible));
        }
    }

    /**
     * Checks the name of a variable.
     *
     * @param name the name
     */
    public static void variable(String name) {
        if (!VARIABLE.matcher(name).matches()) {
            throw new InvalidRequestException("'" + name + "' is not a valid name of a variable: it must begin with a"
                    + " letter and consist of letters, digits and _");
        }
    }

    /**
     * Checks the stages that an aggregation has inside a stage.
     *
     * @param stages the stages
     */
    public static void inner(List<Stage> stages) {
        if (stages.size() > Aggregation.MAX_STAGES) {
            throw new InvalidRequestException(
                    "lookup has at most " + Aggregation.MAX_STAGES + " stages, not " + stages.size());
        }
        if (1 + lookups(stages) > Stage.MAX_LOOKUPS) {
            throw new InvalidRequestException("lookup is nested deeper than " + Stage.MAX_LOOKUPS + " levels");
        }
    }

    private static int lookups(List<Stage> stages) {
        return stages.stream()
                .mapToInt(stage -> stage instanceof Stage.Lookup lookup ? 1 + lookups(lookup.stages()) : 0)
                .max()
                .orElse(0);
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

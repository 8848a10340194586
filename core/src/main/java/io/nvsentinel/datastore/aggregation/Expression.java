// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.aggregation;

import io.nvsentinel.datastore.error.InvalidRequestException;
import io.nvsentinel.datastore.internal.aggregate.AggregationChecks;
import io.nvsentinel.datastore.internal.filter.FilterValues;
import io.nvsentinel.datastore.query.FieldPath;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A value computed from a document. Immutable.
 *
 * <pre>{@code
 * Expression age = Expression.of(Operator.SUBTRACT,
 *         Expression.now(),
 *         Expression.of(Operator.MULTIPLY, Expression.field("healthevent.generatedTimestamp.seconds"), Expression.literal(1000)));
 * }</pre>
 *
 * <p>No value makes an aggregation fail: what an operator cannot work with gives null or false, as {@link Operator} says.
 */
public sealed interface Expression {

    /**
     * The expressions that this one consists of.
     *
     * @return the expressions; empty if there is none
     */
    default List<Expression> children() {
        return List.of();
    }

    /** The deepest nesting of expressions. */
    int MAX_DEPTH = 32;

    /** The most expressions in one. */
    int MAX_NODES = 1000;

    /** The name of the current element, unless it has another. */
    String ELEMENT = "this";

    /**
     * The value of a field; missing if there is none.
     *
     * @param path the field
     */
    record Field(FieldPath path) implements Expression {}

    /**
     * A fixed value.
     *
     * @param value String, Boolean, number, UUID, Instant (as RFC 3339 text), null, List or Map
     */
    record Literal(@Nullable Object value) implements Expression {
        /**
         * Checks the value, and copies what could change.
         *
         * @param value the value
         */
        public Literal {
            value = FilterValues.value(FieldPath.of(), value);
        }
    }

    /** The whole document. */
    record Document() implements Expression {}

    /** The server's time at the start of the transaction, in milliseconds since 1970, a whole number. */
    record Now() implements Expression {}

    /**
     * A variable, or a part of it: the current element inside {@link Elements}, a variable of {@link Let}, or one of
     * {@link Stage.Lookup} in its stages.
     *
     * @param name the variable
     * @param path the part; empty for all of it
     */
    record Variable(String name, FieldPath path) implements Expression {}

    /**
     * A value with variables.
     *
     * @param variables the variables by name; their values do not see each other
     * @param value the value, which sees them
     */
    record Let(Map<String, Expression> variables, Expression value) implements Expression {
        /**
         * Checks the parts.
         *
         * @param variables the variables by name
         * @param value the value
         */
        public Let {
            variables = Collections.unmodifiableMap(new LinkedHashMap<>(variables));
            variables.keySet().forEach(AggregationChecks::variable);
            AggregationChecks.size(AggregationChecks.all(variables.values(), value));
        }

        @Override
        public List<Expression> children() {
            return AggregationChecks.all(variables.values(), value);
        }
    }

    /**
     * An operator and what it works on.
     *
     * @param operator the operator
     * @param operands its operands, as many as it takes
     */
    record Call(Operator operator, List<Expression> operands) implements Expression {
        /**
         * Checks the parts.
         *
         * @param operator the operator
         * @param operands its operands
         * @throws InvalidRequestException if there are too few or too many
         */
        public Call {
            operands = List.copyOf(operands);
            AggregationChecks.operands(operator, operands);
        }

        @Override
        public List<Expression> children() {
            return operands;
        }
    }

    /**
     * A new object. Members whose value is missing are omitted.
     *
     * @param members its members
     */
    record Composed(Map<String, Expression> members) implements Expression {
        /**
         * Checks the parts.
         *
         * @param members its members
         */
        public Composed {
            members = Collections.unmodifiableMap(new LinkedHashMap<>(members));
            members.keySet().forEach(FieldPath::of);
            AggregationChecks.size(List.copyOf(members.values()));
        }

        @Override
        public List<Expression> children() {
            return List.copyOf(members.values());
        }
    }

    /**
     * A new array, built from the elements of another array in their order. A value that is not an array has no
     * elements.
     *
     * @param array the other array
     * @param name the variable that is the current element
     * @param condition which elements to take; null for all
     * @param value the value for each element; null for the element itself; a missing value becomes null
     */
    record Elements(
            Expression array,
            String name,
            @Nullable Expression condition,
            @Nullable Expression value) implements Expression {
        /**
         * Checks the parts.
         *
         * @param array the other array
         * @param name the variable that is the current element
         * @param condition which elements to take
         * @param value what to make of each
         */
        public Elements {
            AggregationChecks.variable(name);
            AggregationChecks.size(AggregationChecks.present(array, condition, value));
        }

        @Override
        public List<Expression> children() {
            return AggregationChecks.present(array, condition, value);
        }
    }

    /**
     * The value of a field.
     *
     * @param path the field
     * @return the expression
     */
    static Expression field(String path) {
        return new Field(FieldPath.parse(path));
    }

    /**
     * A fixed value.
     *
     * @param value the value
     * @return the expression
     */
    static Expression literal(@Nullable Object value) {
        return new Literal(value);
    }

    /**
     * The whole document.
     *
     * @return the expression
     */
    static Expression document() {
        return new Document();
    }

    /**
     * The server's time in milliseconds since 1970.
     *
     * @return the expression
     */
    static Expression now() {
        return new Now();
    }

    /**
     * A variable, or a part of it.
     *
     * @param name the variable
     * @param path the part; empty for all of it
     * @return the expression
     */
    static Expression variable(String name, String path) {
        return new Variable(name, FieldPath.parse(path));
    }

    /**
     * A value with variables.
     *
     * @param variables the variables by name
     * @param value the value
     * @return the expression
     */
    static Expression let(Map<String, Expression> variables, Expression value) {
        return new Let(variables, value);
    }

    /**
     * A part of the current element.
     *
     * @param path the part; empty for the element itself
     * @return the expression
     */
    static Expression element(String path) {
        return new Variable(ELEMENT, FieldPath.parse(path));
    }

    /**
     * An operator and what it works on.
     *
     * @param operator the operator
     * @param operands its operands
     * @return the expression
     * @throws InvalidRequestException if there are too few or too many
     */
    static Expression of(Operator operator, Expression... operands) {
        return new Call(operator, Arrays.asList(operands));
    }

    /**
     * A new object.
     *
     * @param members its members
     * @return the expression
     */
    static Expression object(Map<String, Expression> members) {
        return new Composed(members);
    }

    /**
     * The elements that satisfy a condition.
     *
     * @param array the array
     * @param condition what each has to satisfy, by {@link #element(String)}
     * @return the expression
     */
    static Expression filter(Expression array, Expression condition) {
        return new Elements(array, ELEMENT, condition, null);
    }

    /**
     * Something made of each element.
     *
     * @param array the array
     * @param value what to make of each, by {@link #element(String)}
     * @return the expression
     */
    static Expression map(Expression array, Expression value) {
        return new Elements(array, ELEMENT, null, value);
    }
}

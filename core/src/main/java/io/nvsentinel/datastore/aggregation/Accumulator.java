// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.aggregation;

/**
 * One value made of many documents. Immutable.
 *
 * @param kind how it is made
 * @param expression what is taken of each document
 */
public record Accumulator(Kind kind, Expression expression) {

    /** How one value is made of many. What is missing is left out everywhere. */
    public enum Kind {
        /** The number of documents, regardless of the expression. */
        COUNT,
        /** The sum of the numbers; 0 if there is none. */
        SUM,
        /** The mean of the numbers; null if there is none. */
        AVG,
        /** The smallest value that is not null; null if there is none. */
        MIN,
        /** The greatest value that is not null; null if there is none. */
        MAX,
        /** The value of the first document, null if it is missing there. */
        FIRST,
        /** The value of the last document, null if it is missing there. */
        LAST,
        /** All values in an array, in the order of the documents. */
        PUSH,
        /** The different values in an array, sorted. Not for windows. */
        ADD_TO_SET
    }

    /**
     * How many documents there are.
     *
     * @return the accumulator
     */
    public static Accumulator count() {
        return new Accumulator(Kind.COUNT, Expression.literal(null));
    }

    /**
     * The sum of the numbers.
     *
     * @param expression what is taken of each document
     * @return the accumulator
     */
    public static Accumulator sum(Expression expression) {
        return new Accumulator(Kind.SUM, expression);
    }

    /**
     * The mean of the numbers.
     *
     * @param expression what is taken of each document
     * @return the accumulator
     */
    public static Accumulator avg(Expression expression) {
        return new Accumulator(Kind.AVG, expression);
    }

    /**
     * The smallest value.
     *
     * @param expression what is taken of each document
     * @return the accumulator
     */
    public static Accumulator min(Expression expression) {
        return new Accumulator(Kind.MIN, expression);
    }

    /**
     * The greatest value.
     *
     * @param expression what is taken of each document
     * @return the accumulator
     */
    public static Accumulator max(Expression expression) {
        return new Accumulator(Kind.MAX, expression);
    }

    /**
     * The value of the first document.
     *
     * @param expression what is taken of each document
     * @return the accumulator
     */
    public static Accumulator first(Expression expression) {
        return new Accumulator(Kind.FIRST, expression);
    }

    /**
     * The value of the last document.
     *
     * @param expression what is taken of each document
     * @return the accumulator
     */
    public static Accumulator last(Expression expression) {
        return new Accumulator(Kind.LAST, expression);
    }

    /**
     * All values.
     *
     * @param expression what is taken of each document
     * @return the accumulator
     */
    public static Accumulator push(Expression expression) {
        return new Accumulator(Kind.PUSH, expression);
    }

    /**
     * The different values.
     *
     * @param expression what is taken of each document
     * @return the accumulator
     */
    public static Accumulator addToSet(Expression expression) {
        return new Accumulator(Kind.ADD_TO_SET, expression);
    }
}

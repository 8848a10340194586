// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.aggregation;

/** What an expression can do with values. */
public enum Operator {
    /** Whether all operands are true: anything but false, null, 0 and missing. */
    AND(1, 1000),
    /** Whether an operand is true. */
    OR(1, 1000),
    /** Whether the operand is not true. */
    NOT(1, 1),
    /** Whether two values are equal; missing is null. */
    EQ(2, 2),
    /** Whether two values are not equal. */
    NE(2, 2),
    /** Whether the first is greater; false for values of different types. */
    GT(2, 2),
    /** Whether the first is greater or equal; false for values of different types. */
    GTE(2, 2),
    /** Whether the first is smaller; false for values of different types. */
    LT(2, 2),
    /** Whether the first is smaller or equal; false for values of different types. */
    LTE(2, 2),
    /** The sum of numbers; null if an operand is none. */
    ADD(1, 1000),
    /** The first number less the second; null if an operand is none. */
    SUBTRACT(2, 2),
    /** The product of numbers; null if an operand is none. */
    MULTIPLY(1, 1000),
    /** The first number by the second; null if an operand is none, or the second is 0. */
    DIVIDE(2, 2),
    /** Whether the first equals an element of the second; false if that is no array. */
    IN(2, 2),
    /** Whether the operand is an array with an element that is true. */
    ANY_ELEMENT_TRUE(1, 1),
    /** The second if the first is true, else the third. */
    COND(3, 3),
    /** The first that is neither null nor missing; else the last. */
    IF_NULL(2, 1000),
    /** A new array of the operands; null in the place of what is missing. */
    ARRAY(0, 1000),
    /** How many elements an array has; null if it is none. */
    SIZE(1, 1),
    /** The element of an array at an index from 0, or from its end below 0; missing if there is none. */
    ELEMENT_AT(2, 2),
    /** The values that are elements of both arrays, each once, sorted; empty if one is no array. */
    SET_INTERSECTION(2, 2),
    /** The strings one after another; null if an operand is none. */
    CONCAT(1, 1000),
    /**
     * An object made of an array of {@code {"k": name, "v": value}}, of which the last one with a name counts; elements that
     * have no such form are left out; null if the operand is no array.
     */
    ARRAY_TO_OBJECT(1, 1);

    private final int least;
    private final int most;

    Operator(int least, int most) {
        this.least = least;
        this.most = most;
    }

    /**
     * How many operands it needs.
     *
     * @return the least number
     */
    public int least() {
        return least;
    }

    /**
     * How many operands it takes.
     *
     * @return the greatest number
     */
    public int most() {
        return most;
    }
}

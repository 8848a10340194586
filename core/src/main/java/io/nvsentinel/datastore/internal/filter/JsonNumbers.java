// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.internal.filter;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.concurrent.atomic.DoubleAccumulator;
import java.util.concurrent.atomic.DoubleAdder;
import org.jspecify.annotations.Nullable;

/** Numbers of any class as JSON has them. */
public final class JsonNumbers {

    private JsonNumbers() {}

    /**
     * The exact value of a number. For binary fractions it is the shortest decimal form: 0.1f is 0.1 and not
     * 0.10000000149011612.
     *
     * @param number a number of any class; for a class outside the JDK, its string form counts
     * @return the value, or null if JSON has no such number
     */
    public static @Nullable BigDecimal exact(Number number) {
        if (number instanceof Integer || number instanceof Long || number instanceof Short || number instanceof Byte) {
            return BigDecimal.valueOf(number.longValue());
        }
        if (number instanceof BigDecimal decimal) {
            return decimal;
        }
        if (number instanceof BigInteger integer) {
            return new BigDecimal(integer);
        }
        try {
            return new BigDecimal(number.toString());
        } catch (NumberFormatException e) {
            return null;
        }
    }

    /**
     * Whether a number is of a class that has values which JSON has not: infinities and NaN.
     *
     * @param number a number
     * @return true for binary fractions
     */
    public static boolean isReal(Number number) {
        return number instanceof Double
                || number instanceof Float
                || number instanceof DoubleAdder
                || number instanceof DoubleAccumulator;
    }

    /**
     * How many digits jsonb makes of a number: it stores numbers without exponent.
     *
     * @param decimal the number
     * @return digits, without sign and point
     */
    public static long storedDigits(BigDecimal decimal) {
        long scale = decimal.scale();
        return scale > 0 ? Math.max(decimal.precision(), scale + 1) : decimal.precision() - scale;
    }
}

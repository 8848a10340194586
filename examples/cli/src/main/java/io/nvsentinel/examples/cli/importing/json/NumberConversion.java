// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.cli.importing.json;

import java.math.BigDecimal;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Numbers that Extended JSON wraps. */
final class NumberConversion {

    private static final Pattern INTEGER = Pattern.compile("-?[0-9]{1,19}");
    private static final Pattern NUMBER =
            Pattern.compile("[+-]?([0-9]{1,400}(\\.[0-9]{0,1100})?|\\.[0-9]{1,1100})([eE][+-]?[0-9]{1,4})?");

    /** What a JSON number keeps whole; an exponent it would not. */
    private static final Pattern PLAIN_DECIMAL = Pattern.compile("-?(0|[1-9][0-9]{0,33})(\\.[0-9]{1,40})?");

    private static final Set<String> NOT_FINITE = Set.of("NaN", "Infinity", "-Infinity");

    private NumberConversion() {}

    static Number integer(String type, @Nullable Object value, long least, long most) throws RejectedDocumentException {
        Long number = null;
        if (value instanceof Long bare) {
            // The shell of version 1 wrote no quotes.
            number = bare;
        } else if (value instanceof String text && INTEGER.matcher(text).matches()) {
            number = parsed(text);
        }
        if (number == null || number < least || number > most) {
            throw new RejectedDocumentException(type + " must be an integer from " + least + " to " + most);
        }
        return number;
    }

    private static @Nullable Long parsed(String digits) {
        try {
            return Long.valueOf(digits);
        } catch (NumberFormatException e) {
            // Nineteen digits can be too many.
            return null;
        }
    }

    /** A double: its decimal text names it exactly. */
    static Object binary(@Nullable Object value) throws RejectedDocumentException {
        if (value instanceof Number number) {
            return number;
        }
        if (value instanceof String text) {
            if (NOT_FINITE.contains(text)) {
                return Map.of(ExtendedType.DOUBLE, text);
            }
            if (NUMBER.matcher(text).matches() && !Double.isInfinite(Double.parseDouble(text))) {
                BigDecimal number = new BigDecimal(text);
                return isNegativeZero(number, text) ? Map.of(ExtendedType.DOUBLE, "-0.0") : number;
            }
        }
        throw new RejectedDocumentException("$numberDouble must be a number, NaN, Infinity or -Infinity");
    }

    /** A decimal: 1.10 is not 1.1, and 1E+3 not 1000. */
    static Object decimal(@Nullable Object value) throws RejectedDocumentException {
        if (value instanceof String text) {
            if (PLAIN_DECIMAL.matcher(text).matches() && !isNegativeZero(new BigDecimal(text), text)) {
                return new BigDecimal(text);
            }
            if (NOT_FINITE.contains(text) || NUMBER.matcher(text).matches()) {
                return Map.of(ExtendedType.DECIMAL, text);
            }
        }
        throw new RejectedDocumentException("$numberDecimal must be a string with a decimal number");
    }

    /** Has no counterpart among JSON numbers in PostgreSQL. */
    private static boolean isNegativeZero(BigDecimal number, String text) {
        return number.signum() == 0 && text.startsWith("-");
    }
}

// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.cli.importing.json;

import java.math.BigDecimal;
import java.math.BigInteger;

/** Numbers as {@code jsonb} holds them: exact decimals of any size up to the limits of {@code numeric}. */
final class Numbers {

    private static final int MAX_WHOLE_DIGITS = 131_072;
    private static final int MAX_FRACTION_DIGITS = 16_383;

    private static final int LONG_BITS = 63;

    private Numbers() {}

    /** The same number, if {@code numeric} can hold it. */
    static Number storable(Number number) throws RejectedDocumentException {
        if (number instanceof BigDecimal decimal
                && (decimal.scale() > MAX_FRACTION_DIGITS
                        || (long) decimal.precision() - decimal.scale() > MAX_WHOLE_DIGITS)) {
            throw new RejectedDocumentException("a number with more digits than PostgreSQL supports");
        }
        return number;
    }

    /** A {@code Long} if it fits. */
    static Number integer(BigInteger number) {
        return number.bitLength() <= LONG_BITS ? (Number) number.longValue() : number;
    }

    /** As {@code numeric} prints it: every digit, no exponent. */
    static String text(Number number) {
        return number instanceof BigDecimal decimal ? decimal.toPlainString() : number.toString();
    }
}

// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.query;

import io.nvsentinel.datastore.error.InvalidRequestException;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * How far the primary's log was at some moment, from {@code Datastore.position()}: a standby that has replayed it up to
 * there shows every write that was acknowledged before. It is valid in other processes too; {@link #toString()} and
 * {@link #parse} carry it there.
 *
 * @param lsn the position in the log in bytes, 0 or more
 */
public record ReadPosition(long lsn) {

    private static final Pattern TEXT = Pattern.compile("([0-9A-Fa-f]{1,8})/([0-9A-Fa-f]{1,8})");

    private static final int HALF = 32;

    private static final int HEXADECIMAL = 16;

    /**
     * Checks the position.
     *
     * @param lsn the position in the log
     * @throws InvalidRequestException if it is negative
     */
    public ReadPosition {
        if (lsn < 0) {
            throw new InvalidRequestException("a position in the log must be 0 or more, not " + lsn);
        }
    }

    /**
     * Reads a position from the form in which PostgreSQL writes it.
     *
     * @param text for example {@code 16/B374D848}
     * @return the position
     * @throws InvalidRequestException if it has another form
     */
    public static ReadPosition parse(String text) {
        Matcher halves = TEXT.matcher(text);
        if (!halves.matches()) {
            throw new InvalidRequestException("a position in the log must be written like 16/B374D848");
        }
        return new ReadPosition(
                Long.parseLong(halves.group(1), HEXADECIMAL) << HALF | Long.parseLong(halves.group(2), HEXADECIMAL));
    }

    /**
     * The form in which PostgreSQL writes it.
     *
     * @return for example {@code 16/B374D848}
     */
    @Override
    public String toString() {
        return String.format(Locale.ROOT, "%X/%X", lsn >>> HALF, lsn & 0xFFFF_FFFFL);
    }
}

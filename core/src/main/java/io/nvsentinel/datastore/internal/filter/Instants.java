// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.internal.filter;

import io.nvsentinel.datastore.internal.time.ServerTimes;
import java.math.BigDecimal;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Reads the times found in documents, exactly as the SQL function {@code nvsentinel_instant} does: RFC 3339 strings
 * with an offset, {@code {"seconds": …, "nanos": …}}, and the {@code {"$date": …}} of MongoDB's Extended JSON with such
 * a string or {@code {"$numberLong": "milliseconds"}}; cut to microseconds, in the years 1 to 9999. Everything else,
 * such as a thirtieth of February or a leap second, is no time. Go's zero time, {@code 0001-01-01T00:00:00Z}, stands
 * for a time that was never set: in a document it is none either.
 */
public final class Instants {

    private static final Pattern RFC_3339 = Pattern.compile("([0-9]{4})-([0-9]{2})-([0-9]{2})[Tt]"
            + "([01][0-9]|2[0-3]):([0-5][0-9]):([0-5][0-9])(?:\\.([0-9]{1,9}))?"
            + "(?:[Zz]|([+-])([01][0-9]|2[0-3]):([0-5][0-9]))");

    private static final Pattern MILLISECONDS = Pattern.compile("-?[0-9]{1,15}");

    /** Go's zero time. */
    static final Instant UNSET = Instant.parse("0001-01-01T00:00:00Z");

    private static final BigDecimal FIRST_SECOND = BigDecimal.valueOf(-62_135_596_800L);
    private static final BigDecimal LAST_SECOND = BigDecimal.valueOf(253_402_300_799L);
    private static final BigDecimal LAST_NANO = BigDecimal.valueOf(999_999_999L);

    private Instants() {}

    /**
     * Reads a time in a document.
     *
     * @param value a value of a document
     * @return the instant, or null if the value is not a time, or represents a time that was not set
     */
    static @Nullable Instant read(@Nullable Object value) {
        Instant exact = exact(value);
        return exact == null || exact.equals(UNSET) ? null : ServerTimes.cut(exact);
    }

    /**
     * Whether a value of a document is a time that was never set.
     *
     * @param value the value
     * @return true for Go's zero time
     */
    static boolean isUnset(@Nullable Object value) {
        return UNSET.equals(exact(value));
    }

    /**
     * Reads a time that a caller writes, in a filter or for a column.
     *
     * @param value RFC 3339 text, or another form in which documents hold times
     * @return the instant, or null if the value is no time
     */
    public static @Nullable Instant literal(@Nullable Object value) {
        Instant exact = exact(value);
        return exact == null ? null : ServerTimes.cut(exact);
    }

    private static @Nullable Instant exact(@Nullable Object value) {
        if (value instanceof String text) {
            return parse(text);
        }
        if (value instanceof Map<?, ?> map) {
            return map.containsKey("$date") ? extended(map.get("$date")) : secondsAndNanos(map);
        }
        return null;
    }

    private static @Nullable Instant extended(@Nullable Object date) {
        if (date instanceof String text) {
            return parse(text);
        }
        Object millis = date instanceof Map<?, ?> map ? map.get("$numberLong") : null;
        if (!(millis instanceof String digits) || !MILLISECONDS.matcher(digits).matches()) {
            return null;
        }
        Instant instant = Instant.ofEpochMilli(Long.parseLong(digits));
        long second = instant.getEpochSecond();
        return second < FIRST_SECOND.longValue() || second > LAST_SECOND.longValue() ? null : instant;
    }

    private static @Nullable Instant parse(String text) {
        Matcher m = RFC_3339.matcher(text);
        if (!m.matches() || m.group(1).equals("0000")) {
            return null;
        }
        try {
            Instant local = LocalDateTime.of(
                            number(m, 1), number(m, 2), number(m, 3), number(m, 4), number(m, 5), number(m, 6))
                    .plusNanos(nanos(m.group(7)))
                    .toInstant(ZoneOffset.UTC);
            return local.minusSeconds(offset(m));
        } catch (DateTimeException noSuchDay) {
            return null;
        }
    }

    private static int number(Matcher m, int group) {
        return Integer.parseInt(m.group(group));
    }

    private static int nanos(@Nullable String fraction) {
        return fraction == null ? 0 : Integer.parseInt((fraction + "00000000").substring(0, 9));
    }

    private static long offset(Matcher m) {
        if (m.group(8) == null) {
            return 0;
        }
        long seconds = 3600L * number(m, 9) + 60L * number(m, 10);
        return m.group(8).equals("-") ? -seconds : seconds;
    }

    private static @Nullable Instant secondsAndNanos(Map<?, ?> map) {
        BigDecimal seconds = whole(map.get("seconds"), FIRST_SECOND, LAST_SECOND);
        Object nanos = map.get("nanos");
        BigDecimal rest = nanos == null ? BigDecimal.ZERO : whole(nanos, BigDecimal.ZERO, LAST_NANO);
        if (seconds == null || rest == null) {
            return null;
        }
        return Instant.ofEpochSecond(seconds.longValue(), rest.longValue());
    }

    private static @Nullable BigDecimal whole(@Nullable Object value, BigDecimal least, BigDecimal most) {
        BigDecimal number = value instanceof Number any ? JsonTree.decimal(any) : null;
        if (number == null || number.compareTo(least) < 0 || number.compareTo(most) > 0) {
            return null;
        }
        return number.stripTrailingZeros().scale() <= 0 ? number : null;
    }
}

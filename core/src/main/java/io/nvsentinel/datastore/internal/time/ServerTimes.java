// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.internal.time;

import io.nvsentinel.datastore.error.InvalidRequestException;
import io.r2dbc.spi.Readable;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Reads columns of type {@code timestamptz} and writes parameters of that type, for every time that PostgreSQL holds:
 * from 4714 BC to the year 294276 in microseconds, {@code -infinity} as {@link Instant#MIN} and {@code infinity} as
 * {@link Instant#MAX}. The driver does neither: before 15 October 1582 it reads days of the Julian calendar, and it writes
 * years before 1 in a form that the server does not read.
 *
 * <p>A column is selected as {@link #column(String)}, which are the eight bytes of the server's binary protocol. They are the
 * same in both formats of the protocol, so also on a connection of the application's own. A parameter is bound as
 * {@link #text(Instant)}, and cast.
 */
public final class ServerTimes {

    /** The first time that the server holds. */
    public static final Instant FIRST = Instant.parse("-4713-11-24T00:00:00Z");

    /** The last one. */
    public static final Instant LAST = Instant.parse("+294276-12-31T23:59:59.999999Z");

    private static final Instant EPOCH = Instant.parse("2000-01-01T00:00:00Z");
    private static final long MICROS = 1_000_000;
    private static final int NANOS_OF_MICRO = 1_000;

    private ServerTimes() {}

    /**
     * What to select so that {@link #read} can read it.
     *
     * @param expression an expression of type {@code timestamptz}
     * @return the expression to select
     */
    public static String column(String expression) {
        return "timestamptz_send(" + expression + ")";
    }

    /**
     * Reads a time that is never null.
     *
     * @param row a row
     * @param column which column, from 0; selected as {@link #column(String)}
     * @return the time
     */
    public static Instant read(Readable row, int column) {
        return decode(Objects.requireNonNull(row.get(column, byte[].class)));
    }

    /**
     * Reads a time that may be null.
     *
     * @param row a row
     * @param column the index of the column, from 0; selected as {@link #column(String)}
     * @return the time; null if there is none
     */
    public static @Nullable Instant readNullable(Readable row, int column) {
        byte[] sent = row.get(column, byte[].class);
        return sent == null ? null : decode(sent);
    }

    /**
     * Reads a time of the server's binary protocol.
     *
     * @param sent microseconds since the year 2000, eight bytes
     * @return the time
     */
    public static Instant decode(byte[] sent) {
        return ofMicros(ByteBuffer.wrap(sent).getLong());
    }

    /**
     * Converts the number in which the server's binary protocol sends a time.
     *
     * @param micros microseconds since the year 2000; the least and the greatest number are the infinities
     * @return the time
     */
    public static Instant ofMicros(long micros) {
        if (micros == Long.MIN_VALUE) {
            return Instant.MIN;
        }
        if (micros == Long.MAX_VALUE) {
            return Instant.MAX;
        }
        return EPOCH.plusSeconds(Math.floorDiv(micros, MICROS))
                .plusNanos(Math.floorMod(micros, MICROS) * NANOS_OF_MICRO);
    }

    /**
     * The inverse of {@link #ofMicros}.
     *
     * @param time a time that the server holds
     * @return microseconds since the year 2000; the least and the greatest number for the infinities
     */
    public static long micros(Instant time) {
        if (isInfinite(time)) {
            return time.equals(Instant.MAX) ? Long.MAX_VALUE : Long.MIN_VALUE;
        }
        return ChronoUnit.MICROS.between(EPOCH, time);
    }

    /**
     * Cuts a time to the microseconds that the server holds.
     *
     * @param time the time
     * @return the time; infinities as they are
     */
    public static Instant cut(Instant time) {
        return isInfinite(time) ? time : time.truncatedTo(ChronoUnit.MICROS);
    }

    /**
     * Whether the server can hold a time, once it is cut to microseconds.
     *
     * @param time the time
     * @return true for infinities, and from {@link #FIRST} to {@link #LAST}
     */
    public static boolean holds(Instant time) {
        return isInfinite(time) || (!time.isBefore(FIRST) && !cut(time).isAfter(LAST));
    }

    private static boolean isInfinite(Instant time) {
        return time.equals(Instant.MIN) || time.equals(Instant.MAX);
    }

    /**
     * A time as a parameter, which the statement casts to {@code timestamptz}. No setting of the session changes its meaning.
     *
     * @param time the time
     * @return for example {@code 0044-03-15 12:00:00.000000+00 BC}
     * @throws InvalidRequestException if the server cannot hold it
     */
    public static String text(Instant time) {
        if (!holds(time)) {
            throw new InvalidRequestException(
                    "the time " + time + " is outside the range of PostgreSQL, " + FIRST + " to " + LAST);
        }
        if (isInfinite(time)) {
            return time.equals(Instant.MAX) ? "infinity" : "-infinity";
        }
        OffsetDateTime utc = cut(time).atOffset(ZoneOffset.UTC);
        boolean beforeChrist = utc.getYear() < 1;
        return padded(beforeChrist ? 1 - utc.getYear() : utc.getYear(), 4)
                + '-'
                + padded(utc.getMonthValue(), 2)
                + '-'
                + padded(utc.getDayOfMonth(), 2)
                + ' '
                + padded(utc.getHour(), 2)
                + ':'
                + padded(utc.getMinute(), 2)
                + ':'
                + padded(utc.getSecond(), 2)
                + '.'
                + padded(utc.getNano() / NANOS_OF_MICRO, 6)
                + (beforeChrist ? "+00 BC" : "+00");
    }

    private static String padded(int number, int digits) {
        String text = Integer.toString(number);
        return "0".repeat(Math.max(0, digits - text.length())) + text;
    }
}

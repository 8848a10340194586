// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.cli.importing.json;

import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeFormatterBuilder;
import java.time.format.ResolverStyle;
import java.time.temporal.ChronoField;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Dates: milliseconds since 1970 in canonical and in version 1's form, text in relaxed form. */
final class DateConversion {

    /** Also offsets without a colon, as version 1 has them. */
    private static final DateTimeFormatter READ = new DateTimeFormatterBuilder()
            .append(DateTimeFormatter.ISO_LOCAL_DATE_TIME)
            .appendPattern("[XXX][XX][X]")
            .toFormatter(Locale.ROOT)
            .withResolverStyle(ResolverStyle.STRICT);

    /** Always with milliseconds, so that the strings sort like the times. */
    private static final DateTimeFormatter WRITTEN = new DateTimeFormatterBuilder()
            .appendPattern("uuuu-MM-dd'T'HH:mm:ss")
            .appendFraction(ChronoField.NANO_OF_SECOND, 3, 9, true)
            .appendLiteral('Z')
            .toFormatter(Locale.ROOT)
            .withZone(ZoneOffset.UTC);

    private static final Instant FIRST = Instant.parse("0001-01-01T00:00:00Z");
    private static final Instant AFTER_LAST = Instant.parse("+10000-01-01T00:00:00Z");

    private DateConversion() {}

    /**
     * Converts the value of {@code $date}.
     *
     * @param value a number, a string, or {@code {"$numberLong": …}}
     * @return a string; for years outside RFC 3339, the canonical Extended JSON
     */
    static Object date(@Nullable Object value) throws RejectedDocumentException {
        Instant time = instant(value);
        return time.isBefore(FIRST) || !time.isBefore(AFTER_LAST)
                ? Map.of(ExtendedType.DATE, Map.of(ExtendedType.LONG, String.valueOf(time.toEpochMilli())))
                : WRITTEN.format(time);
    }

    private static Instant instant(@Nullable Object value) throws RejectedDocumentException {
        if (value instanceof Long milliseconds) {
            return Instant.ofEpochMilli(milliseconds);
        }
        if (value instanceof Map<?, ?> map && map.size() == 1 && map.containsKey(ExtendedType.LONG)) {
            return Instant.ofEpochMilli(NumberConversion.integer(
                            ExtendedType.LONG, map.get(ExtendedType.LONG), Long.MIN_VALUE, Long.MAX_VALUE)
                    .longValue());
        }
        if (value instanceof String text) {
            try {
                return READ.parse(text, OffsetDateTime::from).toInstant();
            } catch (DateTimeException e) {
                // Its message quotes the document.
                throw new RejectedDocumentException("$date is not a time with an offset");
            }
        }
        throw new RejectedDocumentException("$date must be milliseconds or a time");
    }
}

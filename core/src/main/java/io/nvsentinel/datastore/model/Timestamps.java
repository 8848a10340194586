// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.model;

import io.nvsentinel.datastore.error.InvalidRequestException;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The shapes of a time in stored documents. */
final class Timestamps {

    static final String ACCEPTED = "an RFC 3339 string, {\"seconds\",\"nanos\"} or {\"$date\"} in the years 1 to 9999";

    private static final Instant GO_ZERO = Instant.parse("0001-01-01T00:00:00Z");
    private static final Instant LAST = Instant.parse("9999-12-31T23:59:59.999999999Z");

    private static final int[] POWERS_OF_TEN = {1, 10, 100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000};

    private static final FieldNames PARTS = FieldNames.of("seconds", "nanos");

    private Timestamps() {}

    /** Reads any accepted shape; Go's zero time is unset. */
    static @Nullable Instant read(Object value, Place at) {
        Instant time = parse(value, at);
        if (time.isBefore(GO_ZERO) || time.isAfter(LAST)) {
            throw at.invalid("a time out of range", ACCEPTED);
        }
        return time.equals(GO_ZERO) ? null : time;
    }

    private static Instant parse(Object value, Place at) {
        if (value instanceof String text) {
            return parseText(text, at);
        }
        if (value instanceof Map<?, ?> map) {
            Object date = map.get("$date");
            return date == null ? parseParts(map, at) : parseDate(date, at);
        }
        throw at.invalid(value, ACCEPTED);
    }

    private static Instant parseText(String text, Place at) {
        try {
            Instant usual = parseUsualText(text);
            return usual != null
                    ? usual
                    : DateTimeFormatter.ISO_OFFSET_DATE_TIME
                            .parse(text, OffsetDateTime::from)
                            .toInstant();
        } catch (DateTimeException e) {
            throw at.invalid("a string that is not a time", ACCEPTED);
        }
    }

    /**
     * Text as writers of stored documents produce it, {@code 2026-11-13T06:35:31.465Z}, or null when it is of another form.
     * The formatter, which takes every form, takes as long as the rest of a document.
     */
    private static @Nullable Instant parseUsualText(String text) {
        int end = text.length() - 1;
        if (end < 19 || end > 29 || end == 20 || text.charAt(end) != 'Z' || (end > 19 && text.charAt(19) != '.')) {
            return null;
        }
        if (text.charAt(4) != '-' || text.charAt(7) != '-' || text.charAt(10) != 'T') {
            return null;
        }
        if (text.charAt(13) != ':' || text.charAt(16) != ':') {
            return null;
        }
        int date = digits(text, 0, 4) * 10_000 + digits(text, 5, 7) * 100 + digits(text, 8, 10);
        int time = digits(text, 11, 13) * 10_000 + digits(text, 14, 16) * 100 + digits(text, 17, 19);
        int nanos = end == 19 ? 0 : digits(text, 20, end) * POWERS_OF_TEN[29 - end];
        return LocalDateTime.of(
                        date / 10_000, date / 100 % 100, date % 100, time / 10_000, time / 100 % 100, time % 100, nanos)
                .toInstant(ZoneOffset.UTC);
    }

    private static int digits(String text, int from, int to) {
        int number = 0;
        for (int i = from; i < to; i++) {
            int digit = text.charAt(i) - '0';
            if (digit < 0 || digit > 9) {
                throw new DateTimeException("not a digit");
            }
            number = number * 10 + digit;
        }
        return number;
    }

    private static Instant parseDate(Object date, Place at) {
        if (date instanceof String text) {
            return parseText(text, at);
        }
        long milliseconds = FieldReader.integer(date, at.at("$date"), Long.MIN_VALUE, Long.MAX_VALUE);
        return Instant.ofEpochMilli(milliseconds);
    }

    /** Go leaves out zeros, so an empty object is 1970-01-01T00:00:00Z. */
    private static Instant parseParts(Map<?, ?> map, Place at) {
        FieldReader parts = FieldReader.of(map, at, PARTS);
        if (!map.isEmpty() && !parts.has("seconds") && !parts.has("nanos")) {
            throw at.invalid("an object without seconds", ACCEPTED);
        }
        long seconds = parts.integer("seconds", GO_ZERO.getEpochSecond(), LAST.getEpochSecond());
        return Instant.ofEpochSecond(seconds, parts.integer("nanos", 0, 999_999_999));
    }

    /** RFC 3339 in UTC, with as many digits of the second as are needed: 0, 3, 6 or 9. */
    static String text(Instant time, String path) {
        return storable(time, path).toString();
    }

    /** {@code {"seconds","nanos"}}, nanos only when not 0. */
    static Map<String, @Nullable Object> parts(Instant time, String path) {
        Map<String, @Nullable Object> parts = new LinkedHashMap<>(4);
        parts.put("seconds", FieldWriter.narrowest(storable(time, path).getEpochSecond()));
        if (time.getNano() != 0) {
            parts.put("nanos", time.getNano());
        }
        return parts;
    }

    private static Instant storable(Instant time, String path) {
        if (!time.isAfter(GO_ZERO) || time.isAfter(LAST)) {
            throw new InvalidRequestException(
                    path + ": the time must be after 0001-01-01T00:00:00Z and before the year 10000");
        }
        return time;
    }
}

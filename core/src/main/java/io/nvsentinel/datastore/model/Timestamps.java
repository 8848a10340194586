// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.model;

import io.nvsentinel.datastore.InvalidRequestException;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.format.DateTimeFormatter;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The shapes of a time in stored documents. */
final class Timestamps {

    static final String ACCEPTED = "RFC 3339 text, {\"seconds\",\"nanos\"} or {\"$date\"} in the years 1 to 9999";

    private static final Instant GO_ZERO = Instant.parse("0001-01-01T00:00:00Z");
    private static final Instant LAST = Instant.parse("9999-12-31T23:59:59.999999999Z");

    private static final FieldNames PARTS = FieldNames.of("seconds", "nanos");

    private Timestamps() {}

    /** Reads any accepted shape; Go's zero time is unset. */
    static @Nullable Instant read(Object value, String path) {
        Instant time = parse(value, path);
        if (time.isBefore(GO_ZERO) || time.isAfter(LAST)) {
            throw FieldReader.invalid(path, "a time out of range", ACCEPTED);
        }
        return time.equals(GO_ZERO) ? null : time;
    }

    private static Instant parse(Object value, String path) {
        if (value instanceof String text) {
            return parseText(text, path);
        }
        if (value instanceof Map<?, ?> map) {
            Object date = map.get("$date");
            return date == null ? parseParts(map, path) : parseDate(date, path);
        }
        throw FieldReader.invalid(path, FieldReader.describe(value), ACCEPTED);
    }

    private static Instant parseText(String text, String path) {
        try {
            return DateTimeFormatter.ISO_OFFSET_DATE_TIME
                    .parse(text, OffsetDateTime::from)
                    .toInstant();
        } catch (DateTimeException e) {
            throw FieldReader.invalid(path, "text that is no time", ACCEPTED);
        }
    }

    private static Instant parseDate(Object date, String path) {
        if (date instanceof String text) {
            return parseText(text, path);
        }
        long milliseconds = FieldReader.integer(date, path + ".$date", Long.MIN_VALUE, Long.MAX_VALUE);
        return Instant.ofEpochMilli(milliseconds);
    }

    /** Go leaves out zeros, so an empty object is 1970-01-01T00:00:00Z. */
    private static Instant parseParts(Map<?, ?> map, String path) {
        FieldReader parts = FieldReader.of(map, path, PARTS);
        if (!map.isEmpty() && !parts.has("seconds") && !parts.has("nanos")) {
            throw FieldReader.invalid(path, "an object without seconds", ACCEPTED);
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

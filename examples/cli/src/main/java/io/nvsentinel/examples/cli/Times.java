// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.cli;

import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.format.DateTimeParseException;
import java.time.temporal.ChronoUnit;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.TypeConversionException;

/** Times as people type and read them. */
public final class Times {

    private static final Pattern AMOUNT = Pattern.compile("(\\d{1,9})\\s*(ms|s|m|min|h|d)");
    private static final Map<String, ChronoUnit> UNITS = Map.of(
            "ms", ChronoUnit.MILLIS,
            "s", ChronoUnit.SECONDS,
            "m", ChronoUnit.MINUTES,
            "min", ChronoUnit.MINUTES,
            "h", ChronoUnit.HOURS,
            "d", ChronoUnit.DAYS);

    private Times() {}

    /**
     * Reads a duration.
     *
     * @param text as {@code 30s}, {@code 15m}, {@code 12h}, {@code 7d}, {@code 500ms} or {@code PT15M}
     * @return the duration
     */
    static Duration duration(String text) {
        Matcher amount = AMOUNT.matcher(text.strip());
        if (amount.matches()) {
            return Duration.of(Long.parseLong(amount.group(1)), UNITS.get(amount.group(2)));
        }
        try {
            return Duration.parse(text.strip());
        } catch (DateTimeParseException e) {
            throw new TypeConversionException("'" + text + "' is not a duration; write 500ms, 30s, 15m, 12h or 7d");
        }
    }

    /**
     * Reads a moment.
     *
     * @param text in ISO 8601 with a zone, as {@code 2026-11-24T08:30:00Z}, or a duration, which means so long ago
     * @param now the present
     * @return the moment
     */
    public static Instant moment(String text, Instant now) {
        try {
            return OffsetDateTime.parse(text.strip()).toInstant();
        } catch (DateTimeParseException e) {
            return now.minus(duration(text));
        }
    }

    /**
     * Writes a duration in its two largest units.
     *
     * @param duration not negative
     * @return as {@code 3d 4h}, {@code 2m 5s} or {@code 120ms}
     */
    public static String text(Duration duration) {
        if (duration.toDays() > 0) {
            return duration.toDays() + "d " + duration.toHoursPart() + "h";
        }
        if (duration.toHours() > 0) {
            return duration.toHours() + "h " + duration.toMinutesPart() + "m";
        }
        if (duration.toMinutes() > 0) {
            return duration.toMinutes() + "m " + duration.toSecondsPart() + "s";
        }
        return duration.toSeconds() > 0 ? duration.toSeconds() + "s" : duration.toMillis() + "ms";
    }
}

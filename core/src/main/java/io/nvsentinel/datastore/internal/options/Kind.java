// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.internal.options;

import io.nvsentinel.datastore.internal.Names;
import java.nio.charset.StandardCharsets;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The type of an option's values: how they are parsed and validated.
 *
 * @param read parses a value, or throws {@link IllegalArgumentException} with what the value "must be …"; null stands
 *     for the default
 * @param complaint what a value "must be …", or null if it is valid
 * @param <T> the values' type
 */
public record Kind<T>(Function<String, @Nullable T> read, Function<T, @Nullable String> complaint) {

    private static final int MOST_BYTES = 63;

    /** The name of a database, role or schema: the server cuts longer ones off, and two become one. */
    static Kind<String> identifier() {
        return new Kind<>(text -> text, value -> {
            int bytes = value.getBytes(StandardCharsets.UTF_8).length;
            return bytes > MOST_BYTES
                    ? "must have at most " + MOST_BYTES + " bytes, not " + bytes
                    : nameComplaint(value);
        });
    }

    static Kind<String> text() {
        return new Kind<>(text -> text, Kind::nameComplaint);
    }

    private static @Nullable String nameComplaint(String value) {
        if (value.isBlank()) {
            return "must not be blank";
        }
        return Shown.mayHoldSecret(value)
                ? "must be a single name, but looks like a connection string; each part of a "
                        + "connection string has its own option"
                : Names.complaint(value);
    }

    /** A name that the migrations put between quotes. */
    static Kind<String> unquoted() {
        Kind<String> text = identifier();
        return new Kind<>(
                text.read,
                value -> value.matches("[^\"'\\\\$\\p{Cntrl}]*")
                        ? text.complaint.apply(value)
                        : "must not contain quotes, \\ or $");
    }

    /** A string that is never shown, not even if it is invalid. */
    static Kind<String> secret() {
        return new Kind<>(text -> text, Names::secretComplaint);
    }

    static Kind<Path> file() {
        return new Kind<>(
                Kind::path,
                value -> Shown.mayHoldSecret(value.toString())
                        ? "must be the path of a file, not its content or a URL"
                        : null);
    }

    static Kind<Integer> number(int least, int most) {
        Function<Object, String> wrong = value -> "must be between " + least + " and " + most + ", not " + value;
        return new Kind<>(
                text -> integer(text, wrong), value -> value >= least && value <= most ? null : wrong.apply(value));
    }

    /** As {@link #number}, but the string 0 stands for the default. */
    static Kind<Integer> figure(int least, int most) {
        Kind<Integer> number = number(least, most);
        return new Kind<>(text -> text.equals("0") ? null : number.read.apply(text), number.complaint);
    }

    static Kind<Duration> duration(Duration least, Duration most) {
        return new Kind<>(
                DurationText::parse,
                value -> value.compareTo(least) >= 0 && value.compareTo(most) <= 0
                        ? null
                        : "must be between " + least + " and " + most + ", not " + value);
    }

    static Kind<Boolean> yesOrNo() {
        return words(new Boolean[] {true, false}, String::valueOf);
    }

    static <T> Kind<T> words(T[] values, Function<T, String> word) {
        List<String> words = Arrays.stream(values).map(word).toList();
        String all = String.join(", ", words.subList(0, words.size() - 1)) + " or " + words.get(words.size() - 1);
        return new Kind<>(
                text -> Arrays.stream(values)
                        .filter(value -> word.apply(value).equalsIgnoreCase(normal(text)))
                        .findFirst()
                        .orElseThrow(
                                () -> new IllegalArgumentException("must be " + all + ", not " + Shown.word(text))),
                value -> null);
    }

    private static Integer integer(String text, Function<Object, String> wrong) {
        try {
            return Integer.valueOf(text);
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException(wrong.apply(Shown.number(text)), e);
        }
    }

    private static Path path(String text) {
        try {
            return Path.of(text);
        } catch (InvalidPathException withText) {
            // Without the cause, whose message quotes the value.
            throw new IllegalArgumentException("must be a path");
        }
    }

    private static String normal(String word) {
        return word.replace('_', '-');
    }
}

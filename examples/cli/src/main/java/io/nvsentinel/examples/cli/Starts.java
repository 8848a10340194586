// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.cli;

import io.nvsentinel.changestream.ResumeToken;
import io.nvsentinel.changestream.StartAt;
import io.nvsentinel.datastore.error.InvalidRequestException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Locale;
import picocli.CommandLine.TypeConversionException;

/** Parses the start of a stream from the command line. */
public final class Starts {

    /** The accepted values, for the help. */
    public static final String FORM =
            "now, beginning, a time such as 2026-11-24T08:30:00Z, an age such as 2h or 30m, or a resume token.";

    /** Tokens are longer, and nothing else that is accepted is so long. */
    private static final int SHORTEST_TOKEN = 48;

    private Starts() {}

    /**
     * Reads a start.
     *
     * @param option the option's name, for errors
     * @param text the value of the option
     * @return the start
     * @throws ToolException if it is not valid
     */
    public static StartAt parse(String option, String text) {
        String given = text.strip();
        try {
            return switch (given.toLowerCase(Locale.ROOT)) {
                case "now" -> StartAt.now();
                case "beginning" -> StartAt.beginning();
                default ->
                    given.length() >= SHORTEST_TOKEN
                            ? StartAt.after(ResumeToken.parse(given))
                            : StartAt.at(Times.moment(given, Instant.now()));
            };
        } catch (TypeConversionException | InvalidRequestException e) {
            throw ToolException.usage(option + " must be " + FORM.substring(0, FORM.length() - 1) + ", not " + given);
        }
    }

    /**
     * A start in words.
     *
     * @param text what {@link #parse} has read
     * @return as {@code at the oldest change that is kept}
     */
    public static String text(String text) {
        return switch (text.strip().toLowerCase(Locale.ROOT)) {
            case "now" -> "now";
            case "beginning" -> "at the oldest change that is kept";
            default ->
                text.length() >= SHORTEST_TOKEN
                        ? "after the token's change"
                        : "with the changes since "
                                + Times.moment(text, Instant.now()).truncatedTo(ChronoUnit.SECONDS);
        };
    }
}

// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.internal;

import java.util.HexFormat;

/**
 * The border between foreign text and what people read: errors, logs and terminals. A server's message, a certificate's name or a
 * key of a file may hold control characters that move the cursor, start a new line of a log or turn the direction of writing.
 */
public final class Printable {

    /** Longer messages are truncated; the first part contains the reason. */
    private static final int LONGEST = 8_000;

    private static final HexFormat HEX = HexFormat.of();

    private static final String CUT = "... (cut)";

    private Printable() {}

    /**
     * Converts a string to one line that is safe to print.
     *
     * @param text any string
     * @return at most about 8,000 characters of it; control and format characters (C0, C1, bidirectional and invisible
     *     ones), line and paragraph separators and lone surrogates as {@code \\uXXXX}
     */
    public static String line(String text) {
        int end = Math.min(text.length(), LONGEST);
        StringBuilder line = new StringBuilder(end);
        for (int i = 0; i < end; ) {
            int character = text.codePointAt(i);
            i += Character.charCount(character);
            if (isHarmless(character)) {
                line.appendCodePoint(character);
            } else {
                for (char unit : Character.toChars(character)) {
                    line.append("\\u").append(HEX.toHexDigits(unit));
                }
            }
        }
        return end == text.length() ? line.toString() : line.append(CUT).toString();
    }

    private static boolean isHarmless(int character) {
        return switch (Character.getType(character)) {
            case Character.CONTROL,
                    Character.FORMAT,
                    Character.LINE_SEPARATOR,
                    Character.PARAGRAPH_SEPARATOR,
                    Character.SURROGATE -> false;
            default -> true;
        };
    }
}

// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.cli;

import java.util.HexFormat;

/**
 * Makes foreign text safe for a terminal: what a server, a certificate, a document or a client's name says may hold characters that
 * move the cursor, start a line or turn the direction of writing.
 */
final class Printable {

    private static final HexFormat HEX = HexFormat.of();

    private Printable() {}

    /**
     * Converts a string to one line.
     *
     * @param text any string, including JSON, in which the escapes mean the same characters
     * @return the string; control and format characters, line separators and lone surrogates as {@code \\uXXXX}
     */
    static String line(String text) {
        StringBuilder line = new StringBuilder(text.length());
        text.codePoints().forEach(character -> {
            if (isHarmless(character)) {
                line.appendCodePoint(character);
            } else {
                for (char unit : Character.toChars(character)) {
                    line.append("\\u").append(HEX.toHexDigits(unit));
                }
            }
        });
        return line.toString();
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

// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.cli.importing.json;

/** What PostgreSQL can hold as text, and how it orders keys. */
final class Text {

    private Text() {}

    /** The same text, if {@code jsonb} can hold it. */
    static String storable(String text) throws RejectedDocumentException {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == 0) {
                throw new RejectedDocumentException("a string with U+0000, which PostgreSQL cannot store");
            }
            if (Character.isSurrogate(c)) {
                boolean pair = Character.isHighSurrogate(c)
                        && i + 1 < text.length()
                        && Character.isLowSurrogate(text.charAt(i + 1));
                if (!pair) {
                    throw new RejectedDocumentException(
                            "a string with an unpaired surrogate, which is invalid Unicode");
                }
                i++;
            }
        }
        return text;
    }

    /** Keys in the order of {@code jsonb}: by length in UTF-8, then byte by byte, which is by code point. */
    static int compareKeys(String one, String other) {
        int byLength = Integer.compare(utf8Length(one), utf8Length(other));
        if (byLength != 0) {
            return byLength;
        }
        int end = Math.min(one.length(), other.length());
        for (int i = 0; i < end; i++) {
            if (one.charAt(i) != other.charAt(i)) {
                // At a pair's second half the first halves are equal, so comparing from here is enough.
                return compareFrom(i, one, other);
            }
        }
        return Integer.compare(one.length(), other.length());
    }

    private static int compareFrom(int index, String one, String other) {
        char a = one.charAt(index);
        char b = other.charAt(index);
        // Surrogates stand for code points above all that are written as one char.
        boolean above = Character.isSurrogate(a);
        return above == Character.isSurrogate(b) ? Character.compare(a, b) : above ? 1 : -1;
    }

    private static int utf8Length(String text) {
        int length = 0;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            // Each half of a pair is two of its four bytes.
            length += c < 0x80 ? 1 : c < 0x800 || Character.isSurrogate(c) ? 2 : 3;
        }
        return length;
    }
}

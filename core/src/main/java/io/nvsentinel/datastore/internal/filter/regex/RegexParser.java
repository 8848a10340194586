// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.internal.filter.regex;

import io.nvsentinel.datastore.error.InvalidRequestException;
import io.nvsentinel.datastore.query.FieldPath;

/**
 * Reads the regular expressions that mean the same to PostgreSQL and here: characters, {@code .}, sets, groups,
 * alternatives, {@code * + ? {m,n}}, {@code ^ $} for the ends of the text, and {@code \d \w \s} for ASCII. Rejects
 * everything else by name, because dialects differ there.
 *
 * <p>Rewrites each expression for RE2/J, and computes its size with expanded repetitions. An expression above the bound
 * is rejected before anything compiles it, here or on the server, so neither can be kept busy by a short one.
 */
public final class RegexParser {

    private static final int MAX_LENGTH = 1000;
    private static final int MAX_GROUPS_DEEP = 30;
    private static final int MAX_COUNT = 255;
    private static final int MAX_SIZE = 2000;

    private static final String DIGITS = "0-9";
    private static final String WORD = "0-9A-Za-z_";
    private static final String SPACE = "\t-\r ";

    private final FieldPath path;
    private final int[] text;
    private int at;
    private int depth;

    private RegexParser(FieldPath path, String pattern) {
        this.path = path;
        this.text = pattern.codePoints().toArray();
    }

    /**
     * Reads an expression.
     *
     * @param path the field it is for, for errors
     * @param pattern the expression
     * @return it, compiled
     * @throws InvalidRequestException if it holds something that is not supported
     */
    public static Regex parse(FieldPath path, String pattern) {
        RegexParser parser = new RegexParser(path, pattern);
        if (parser.text.length > MAX_LENGTH) {
            throw parser.refused("has " + parser.text.length + " characters; at most " + MAX_LENGTH + " are allowed");
        }
        Piece whole = parser.alternatives();
        if (parser.at < parser.text.length) {
            throw parser.here("has an unmatched )");
        }
        return Regex.of(whole.text);
    }

    /**
     * A part of the expression.
     *
     * @param text the part as RE2/J reads it
     * @param size how many characters it has with its repetitions written out; what matches nothing counts as one
     * @param anchored whether it holds an end of the text, which cannot be repeated
     */
    private record Piece(String text, int size, boolean anchored) {}

    /** A part that is not too large to be compiled. */
    private Piece piece(String written, long size, boolean anchored) {
        if (size > MAX_SIZE) {
            throw refused("repeats too often; expanded it would have more than " + MAX_SIZE + " characters");
        }
        return new Piece(written, (int) size, anchored);
    }

    private Piece alternatives() {
        Piece one = sequence();
        if (!accept('|')) {
            return one;
        }
        Piece others = alternatives();
        return piece(one.text + '|' + others.text, one.size + others.size + 2L, one.anchored || others.anchored);
    }

    private Piece sequence() {
        Piece whole = new Piece("", 0, false);
        while (at < text.length && text[at] != '|' && text[at] != ')') {
            Piece next = repeated(atom());
            whole = piece(whole.text + next.text, whole.size + (long) next.size, whole.anchored || next.anchored);
        }
        if (whole.size == 0) {
            throw here("has an empty alternative or group, or is empty");
        }
        return whole;
    }

    private Piece repeated(Piece piece) {
        int least;
        int most;
        if (accept('*')) {
            least = 0;
            most = Integer.MAX_VALUE;
        } else if (accept('+')) {
            least = 1;
            most = Integer.MAX_VALUE;
        } else if (accept('?')) {
            least = 0;
            most = 1;
        } else if (accept('{')) {
            least = count();
            most = !accept(',') ? least : at < text.length && text[at] != '}' ? count() : Integer.MAX_VALUE;
            expect('}', "has a { that does not start a repetition such as {2,5}; write \\{ for the character");
        } else {
            return piece;
        }
        check(piece, least, most);
        return piece(piece.text + repetition(least, most), repeatedSize(piece.size, least, most), false);
    }

    private void check(Piece piece, int least, int most) {
        if (piece.anchored) {
            throw here("repeats ^ or $");
        }
        if (least > most) {
            throw here("has a repetition whose minimum exceeds its maximum");
        }
        if (at < text.length && "*+?{".indexOf(text[at]) >= 0) {
            throw here("has two repetitions in sequence (lazy and possessive forms give the same "
                    + "result: omit the second character)");
        }
    }

    private static String repetition(int least, int most) {
        return '{' + Integer.toString(least) + (most == Integer.MAX_VALUE ? "," : "," + most) + '}';
    }

    private static long repeatedSize(long size, int least, int most) {
        long optional = most == Integer.MAX_VALUE ? 1 : most - least;
        return Math.max(1, size * least + (size + 2) * optional);
    }

    private int count() {
        int from = at;
        int count = 0;
        while (at < text.length && isDigit(text[at]) && count <= MAX_COUNT) {
            count = 10 * count + text[at++] - '0';
        }
        if (at == from || count > MAX_COUNT) {
            throw here("has a { without a number up to " + MAX_COUNT + "; write \\{ for the character");
        }
        return count;
    }

    private Piece atom() {
        int c = text[at++];
        return switch (c) {
            case '(' -> group();
            case '[' -> new Piece(set(), 1, false);
            case '.' -> new Piece(".", 1, false);
            case '^', '$' -> new Piece(Character.toString(c), 1, true);
            case '\\' -> new Piece(escapedOutside(), 1, false);
            case '*', '+', '?', '{' -> throw here("has a " + (char) c + " without a preceding element to repeat");
            case ']', '}' -> throw here("has a " + (char) c + " that is unmatched; write \\" + (char) c);
            default -> new Piece(literal(c), 1, false);
        };
    }

    private Piece group() {
        if (accept('?') && !accept(':')) {
            throw here("has (? without :, a look-ahead, flag or name");
        }
        if (++depth > MAX_GROUPS_DEEP) {
            throw here("has groups deeper than " + MAX_GROUPS_DEEP);
        }
        Piece inside = alternatives();
        expect(')', "has an unclosed (");
        depth--;
        return piece("(?:" + inside.text + ')', inside.size, inside.anchored);
    }

    private String escapedOutside() {
        boolean negated = at < text.length && "DWS".indexOf(text[at]) >= 0;
        return (negated ? "[^" : "[") + escaped(false, negated) + ']';
    }

    /** What a backslash and the character after it stand for, as members of a set. */
    private String escaped(boolean inSet, boolean negated) {
        if (at == text.length) {
            throw here("ends in a backslash");
        }
        int c = text[at++];
        return switch (negated ? Character.toLowerCase(c) : c) {
            case 'd' -> DIGITS;
            case 'w' -> WORD;
            case 's' -> SPACE;
            case 'n' -> literal('\n');
            case 't' -> literal('\t');
            case 'r' -> literal('\r');
            default -> punctuation(c, inSet);
        };
    }

    private String punctuation(int c, boolean inSet) {
        if (c <= ' ' || c >= 0x7f || isDigit(c) || isLetter(c) || c == '_') {
            throw here("has \\" + Character.toString(c) + (inSet ? " in a set" : "")
                    + "; a backslash is allowed before d, w, s, n, t, r and ASCII punctuation, and "
                    + "outside of sets before D, W, S");
        }
        return literal(c);
    }

    /** A character that means itself, in a set and outside. */
    private static String literal(int c) {
        boolean plain = c <= ' ' || c >= 0x7f || isDigit(c) || isLetter(c) || c == '_';
        return (plain ? "" : "\\") + Character.toString(c);
    }

    private static boolean isDigit(int c) {
        return c >= '0' && c <= '9';
    }

    private static boolean isLetter(int c) {
        return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z';
    }

    private String set() {
        StringBuilder set = new StringBuilder(accept('^') ? "[^" : "[");
        int from = at;
        while (at < text.length && text[at] != ']') {
            set.append(member(at == from));
        }
        if (at == from) {
            throw here("has a set that is empty or starts with ]; write \\]");
        }
        expect(']', "has an unclosed [");
        return set.append(']').toString();
    }

    private String member(boolean first) {
        int c = text[at++];
        if (c == '\\') {
            String escaped = escaped(true, false);
            refuseRange("a range that starts with a backslash");
            return escaped;
        }
        if (c == '[' || c == '^' && first || c == '-' && !first && at < text.length && text[at] != ']') {
            throw here("has an unescaped " + (char) c + " in a set; write \\" + (char) c);
        }
        if (c == '-' || !isRange()) {
            refuseRange("a range that starts with -");
            return literal(c);
        }
        return range(c, text[at + 1]);
    }

    private boolean isRange() {
        return at + 1 < text.length && text[at] == '-' && text[at + 1] != ']';
    }

    private void refuseRange(String what) {
        if (isRange()) {
            throw here("has " + what + " in a set");
        }
    }

    /** Other ranges depend on how characters are ordered. */
    private String range(int low, int high) {
        at += 2;
        boolean plain = isDigit(low) && isDigit(high) || isLetter(low) && isLetter(high) && (low < 'a') == (high < 'a');
        if (!plain || low > high) {
            throw here("has a range other than one of ascending ASCII digits or letters of one case");
        }
        return (char) low + "-" + (char) high;
    }

    private boolean accept(char c) {
        boolean there = at < text.length && text[at] == c;
        at += there ? 1 : 0;
        return there;
    }

    private void expect(char c, String otherwise) {
        if (!accept(c)) {
            throw here(otherwise);
        }
    }

    private InvalidRequestException here(String what) {
        return refused(what + " (at character " + at + ")");
    }

    private InvalidRequestException refused(String what) {
        return new InvalidRequestException(path + ": the regular expression " + what);
    }
}

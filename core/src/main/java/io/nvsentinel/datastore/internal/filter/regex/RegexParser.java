// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.internal.filter.regex;

import io.nvsentinel.datastore.FieldPath;
import io.nvsentinel.datastore.InvalidRequestException;
import io.nvsentinel.datastore.internal.filter.regex.Regex.Part;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntPredicate;

/**
 * Reads the regular expressions that mean the same to PostgreSQL and here: characters, {@code .}, sets, groups,
 * alternatives, {@code * + ? {m,n}}, {@code ^ $} for the ends of the text, and {@code \d \w \s} for ASCII. Everything
 * else is refused by name: that is a place where dialects differ.
 */
public final class RegexParser {

    private static final int MAX_LENGTH = 1000;
    private static final int MAX_GROUPS_DEEP = 30;
    private static final int MAX_COUNT = 255;
    private static final int MAX_STEPS = 2000;

    private static final IntPredicate DIGIT = c -> c >= '0' && c <= '9';
    private static final IntPredicate LETTER = c -> c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z';
    private static final IntPredicate WORD = DIGIT.or(LETTER).or(c -> c == '_');
    private static final IntPredicate SPACE = c -> c == ' ' || c >= '\t' && c <= '\r';

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
        Part whole = parser.alternatives().part();
        if (parser.at < parser.text.length) {
            throw parser.here("has a ) that closes nothing");
        }
        try {
            return new Regex.Writer(MAX_STEPS).finish(whole);
        } catch (Regex.Writer.TooLarge e) {
            throw parser.refused("repeats too much; written out it would have more than " + MAX_STEPS + " steps");
        }
    }

    /** A part, and whether it holds an end of the text, which cannot be repeated. */
    private record Piece(Part part, boolean anchored) {}

    private Piece alternatives() {
        Piece one = sequence();
        if (!accept('|')) {
            return one;
        }
        Piece others = alternatives();
        return new Piece(writer -> writer.either(one.part, others.part), one.anchored || others.anchored);
    }

    private Piece sequence() {
        List<Part> parts = new ArrayList<>();
        boolean anchored = false;
        while (at < text.length && text[at] != '|' && text[at] != ')') {
            Piece piece = repeated(atom());
            parts.add(piece.part);
            anchored |= piece.anchored;
        }
        if (parts.isEmpty()) {
            throw here("has an empty alternative or group, or is empty");
        }
        return new Piece(writer -> parts.forEach(part -> part.write(writer)), anchored);
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
            expect('}', "has a { that does not begin a repetition such as {2,5}; write \\{ for the character");
        } else {
            return piece;
        }
        check(piece, least, most);
        return new Piece(writer -> repeat(writer, piece.part, least, most), false);
    }

    private void check(Piece piece, int least, int most) {
        if (piece.anchored) {
            throw here("repeats ^ or $");
        }
        if (least > most) {
            throw here("has a repetition whose first number is the greater one");
        }
        if (at < text.length && "*+?{".indexOf(text[at]) >= 0) {
            throw here("has a repetition after a repetition (lazy and possessive forms give the same verdict: leave the"
                    + " second character out)");
        }
    }

    private static void repeat(Regex.Writer writer, Part part, int least, int most) {
        for (int i = 0; i < least; i++) {
            part.write(writer);
        }
        if (most == Integer.MAX_VALUE) {
            writer.anyNumberOf(part);
        }
        for (int i = least; i < most && most != Integer.MAX_VALUE; i++) {
            writer.maybe(part);
        }
    }

    private int count() {
        int from = at;
        int count = 0;
        while (at < text.length && DIGIT.test(text[at]) && count <= MAX_COUNT) {
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
            case '[' -> taking(set());
            case '.' -> taking(any -> true);
            case '^' -> new Piece(Regex.Writer::start, true);
            case '$' -> new Piece(Regex.Writer::end, true);
            case '\\' -> taking(escaped(false));
            case '*', '+', '?', '{' -> throw here("has a " + (char) c + " with nothing before it to repeat");
            case ']', '}' -> throw here("has a " + (char) c + " that closes nothing; write \\" + (char) c);
            default -> taking(each -> each == c);
        };
    }

    private static Piece taking(IntPredicate characters) {
        return new Piece(writer -> writer.take(characters), false);
    }

    private Piece group() {
        if (accept('?') && !accept(':')) {
            throw here("has (? without :, a look-ahead, flag or name");
        }
        if (++depth > MAX_GROUPS_DEEP) {
            throw here("has groups deeper than " + MAX_GROUPS_DEEP);
        }
        Piece inside = alternatives();
        expect(')', "has a ( that is not closed");
        depth--;
        return inside;
    }

    private IntPredicate escaped(boolean inSet) {
        if (at == text.length) {
            throw here("ends in a backslash");
        }
        int c = text[at++];
        IntPredicate named = switch (c) {
            case 'd' -> DIGIT;
            case 'w' -> WORD;
            case 's' -> SPACE;
            case 'n' -> exactly('\n');
            case 't' -> exactly('\t');
            case 'r' -> exactly('\r');
            case 'D' -> inSet ? null : DIGIT.negate();
            case 'W' -> inSet ? null : WORD.negate();
            case 'S' -> inSet ? null : SPACE.negate();
            default -> c > ' ' && c < 0x7f && !WORD.test(c) ? exactly(c) : null;
        };
        if (named == null) {
            throw here(
                    "has \\" + Character.toString(c) + (inSet ? " in a set" : "") + "; a backslash may stand before d,"
                            + " w, s, n, t, r, outside of sets D, W, S, and before ASCII punctuation");
        }
        return named;
    }

    private static IntPredicate exactly(int character) {
        return c -> c == character;
    }

    private IntPredicate set() {
        boolean negated = accept('^');
        IntPredicate set = nothing -> false;
        int from = at;
        while (at < text.length && text[at] != ']') {
            set = set.or(member(at == from));
        }
        if (at == from) {
            throw here("has an empty set, or one that begins with ]; write \\]");
        }
        expect(']', "has a [ that is not closed");
        return negated ? set.negate() : set;
    }

    private IntPredicate member(boolean first) {
        int c = text[at++];
        if (c == '\\') {
            IntPredicate escaped = escaped(true);
            refuseRange("a range that begins with a backslash");
            return escaped;
        }
        if (c == '[' || c == '^' && first || c == '-' && !first && at < text.length && text[at] != ']') {
            throw here("has an unescaped " + (char) c + " in a set; write \\" + (char) c);
        }
        if (c == '-' || !isRange()) {
            refuseRange("a range that begins with -");
            return exactly(c);
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
    private IntPredicate range(int low, int high) {
        at += 2;
        boolean plain = DIGIT.test(low) && DIGIT.test(high)
                || LETTER.test(low) && LETTER.test(high) && (low < 'a') == (high < 'a');
        if (!plain || low > high) {
            throw here("has a range other than one of ascending ASCII digits or letters of one case");
        }
        return c -> c >= low && c <= high;
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

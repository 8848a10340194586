// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.codec;

import io.nvsentinel.datastore.error.InvalidDocumentException;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Builds a tree from the tokens of either Jackson, so that both build the same. */
final class JsonTreeReader {

    /** Deep enough for every real document, shallow enough for any thread's stack. */
    static final int MAX_DEPTH = 500;

    private static final int MAX_SCALE = 2_000_000_000;

    static final int MAX_NAME_LENGTH = 50_000;

    /**
     * In digits. {@code jsonb} holds up to 147,455, but one such number takes tenths of a second to read, on an event
     * loop, and a document may have many.
     */
    static final int MAX_NUMBER_LENGTH = 1_000;

    /** What a health event has, without growing. */
    private static final int MEMBERS = 32;

    /** What {@code jsonb} can hold, in bytes; Jackson counts characters. */
    static final int MAX_TEXT_LENGTH = 1 << 28;

    enum Token {
        START_OBJECT,
        END_OBJECT,
        START_ARRAY,
        END_ARRAY,
        NAME,
        TEXT,
        NUMBER,
        TRUE,
        FALSE,
        NULL,
        END
    }

    /** A streaming parser of one of the Jacksons. */
    interface Source {

        Token next() throws java.io.IOException;

        /** The current name or text. */
        String text() throws java.io.IOException;

        /** The current number: integral as the smallest type, any other as {@code BigDecimal}. */
        Number number() throws java.io.IOException;

        /** The start of the current token. */
        String where();
    }

    private final Source source;

    private JsonTreeReader(Source source) {
        this.source = source;
    }

    static Map<String, @Nullable Object> read(Source source) throws java.io.IOException {
        JsonTreeReader reader = new JsonTreeReader(source);
        Token first = source.next();
        if (first != Token.START_OBJECT) {
            throw reader.invalid("expected a JSON object, found " + describe(first));
        }
        Map<String, @Nullable Object> document = reader.object(1);
        Token after = source.next();
        if (after != Token.END) {
            throw reader.invalid("expected the end after one JSON object, found " + describe(after));
        }
        return document;
    }

    private Map<String, @Nullable Object> object(int depth) throws java.io.IOException {
        Map<String, @Nullable Object> members = new LinkedHashMap<>(MEMBERS);
        while (source.next() == Token.NAME) {
            String name = source.text();
            members.put(name, value(source.next(), depth));
        }
        return members;
    }

    private List<@Nullable Object> array(int depth) throws java.io.IOException {
        List<@Nullable Object> items = new ArrayList<>();
        for (Token token = source.next(); token != Token.END_ARRAY; token = source.next()) {
            items.add(value(token, depth));
        }
        return items;
    }

    private @Nullable Object value(Token token, int depth) throws java.io.IOException {
        return switch (token) {
            case START_OBJECT -> object(deeper(depth));
            case START_ARRAY -> array(deeper(depth));
            case TEXT -> source.text();
            case NUMBER -> number();
            case TRUE -> Boolean.TRUE;
            case FALSE -> Boolean.FALSE;
            case NULL -> null;
            case END_OBJECT, END_ARRAY, NAME, END -> throw invalid("expected a value, found " + describe(token));
        };
    }

    /**
     * Where an exponent is no int, the parsers fail with an exception of the JDK's, or read another number. What the server
     * can store ends far below {@value #MAX_SCALE}.
     */
    private Number number() throws java.io.IOException {
        try {
            Number number = source.number();
            if (number instanceof BigDecimal decimal && Math.abs((long) decimal.scale()) > MAX_SCALE) {
                throw new ArithmeticException("scale out of range");
            }
            return number;
        } catch (ArithmeticException | NumberFormatException e) {
            throw new InvalidDocumentException(
                    "invalid JSON document: a number whose exponent is out of range, at " + source.where(),
                    null,
                    JsonFailure.of(e));
        }
    }

    private int deeper(int depth) {
        if (depth >= MAX_DEPTH) {
            throw invalid("nested deeper than " + MAX_DEPTH + " levels");
        }
        return depth + 1;
    }

    private InvalidDocumentException invalid(String what) {
        return new InvalidDocumentException("invalid JSON document: " + what + ", at " + source.where());
    }

    private static String describe(Token token) {
        return switch (token) {
            case START_OBJECT -> "an object";
            case START_ARRAY -> "a list";
            case END_OBJECT, END_ARRAY -> "a closing bracket";
            case NAME -> "a key";
            case TEXT -> "a string";
            case NUMBER -> "a number";
            case TRUE, FALSE -> "a boolean";
            case NULL -> "null";
            case END -> "the end";
        };
    }
}

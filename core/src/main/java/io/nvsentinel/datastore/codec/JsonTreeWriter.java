// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.codec;

import io.nvsentinel.datastore.error.InvalidRequestException;
import io.nvsentinel.datastore.error.LimitExceededException;
import io.nvsentinel.datastore.internal.filter.JsonNumbers;
import java.io.IOException;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Feeds a tree to the generator of either Jackson and refuses what could not be stored or not be read back. */
final class JsonTreeWriter {

    /** A streaming generator of one of the Jacksons. */
    interface Sink {

        void startObject() throws IOException;

        void name(String name) throws IOException;

        void endObject() throws IOException;

        void startArray() throws IOException;

        void endArray() throws IOException;

        void text(String text) throws IOException;

        void integer(long number) throws IOException;

        void integer(BigInteger number) throws IOException;

        void decimal(BigDecimal number) throws IOException;

        void bool(boolean value) throws IOException;

        void nothing() throws IOException;
    }

    private final Sink sink;

    /** Names and indexes from the root to the value being written, for messages. */
    private final List<Object> path = new ArrayList<>();

    private JsonTreeWriter(Sink sink) {
        this.sink = sink;
    }

    static void write(Map<?, ?> document, Sink sink) throws IOException {
        new JsonTreeWriter(sink).object(document);
    }

    private void value(@Nullable Object value) throws IOException {
        if (value == null) {
            sink.nothing();
        } else if (value instanceof String text) {
            sink.text(storable(text));
        } else if (value instanceof Boolean bool) {
            sink.bool(bool);
        } else if (value instanceof Number number) {
            number(number);
        } else if (value instanceof Map<?, ?> map) {
            object(map);
        } else if (value instanceof Collection<?> items) {
            array(items);
        } else {
            throw invalid("cannot store a " + value.getClass().getName()
                    + " (allowed: strings, numbers, booleans, null, maps and lists of these)");
        }
    }

    private void object(Map<?, ?> map) throws IOException {
        checkDepth();
        sink.startObject();
        for (Map.Entry<?, ?> member : map.entrySet()) {
            if (!(member.getKey() instanceof String name)) {
                throw invalid("a key is not a string");
            }
            path.add(name);
            if (name.length() > JsonTreeReader.MAX_NAME_LENGTH) {
                throw invalid("the key is longer than " + JsonTreeReader.MAX_NAME_LENGTH + " characters");
            }
            sink.name(storable(name));
            value(member.getValue());
            path.remove(path.size() - 1);
        }
        sink.endObject();
    }

    private void array(Collection<?> items) throws IOException {
        checkDepth();
        sink.startArray();
        int index = 0;
        for (Object item : items) {
            path.add(index++);
            value(item);
            path.remove(path.size() - 1);
        }
        sink.endArray();
    }

    private void number(Number number) throws IOException {
        if (number instanceof Integer || number instanceof Long || number instanceof Short || number instanceof Byte) {
            sink.integer(number.longValue());
        } else if (number instanceof BigInteger integer) {
            // A digit takes more than 3 bits; the first look keeps the exact count cheap.
            boolean tooLong = integer.bitLength() > 4 * JsonTreeReader.MAX_NUMBER_LENGTH;
            checkDigits(tooLong ? Long.MAX_VALUE : new BigDecimal(integer).precision());
            sink.integer(integer);
        } else {
            BigDecimal decimal = JsonNumbers.exact(number);
            if (decimal == null) {
                throw invalid(
                        JsonNumbers.isReal(number)
                                ? "JSON has no number " + number
                                : "cannot store a " + number.getClass().getName() + " as a number");
            }
            checkDigits(JsonNumbers.storedDigits(decimal));
            sink.decimal(decimal);
        }
    }

    private void checkDigits(long digits) {
        if (digits > JsonTreeReader.MAX_NUMBER_LENGTH) {
            throw exceeded("a number of more than %d digits", JsonTreeReader.MAX_NUMBER_LENGTH);
        }
    }

    private String storable(String text) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == 0) {
                throw invalid("a string with U+0000, which PostgreSQL cannot store, at character " + i);
            }
            if (Character.isSurrogate(c)) {
                if (Character.isLowSurrogate(c)
                        || i + 1 == text.length()
                        || !Character.isLowSurrogate(text.charAt(i + 1))) {
                    throw invalid("a string with an unpaired surrogate at character " + i);
                }
                i++;
            }
        }
        return text;
    }

    private void checkDepth() {
        // The path is one shorter than the depth: the root has none.
        if (path.size() >= JsonTreeReader.MAX_DEPTH) {
            path.subList(8, path.size()).clear();
            throw exceeded("nested deeper than %d levels, below", JsonTreeReader.MAX_DEPTH);
        }
    }

    private InvalidRequestException invalid(String what) {
        return new InvalidRequestException(message(what));
    }

    private LimitExceededException exceeded(String what, int limit) {
        return new LimitExceededException(message(String.format(Locale.ROOT, what, limit)), limit);
    }

    private String message(String what) {
        return "invalid document: " + what + ", at " + pathText();
    }

    private String pathText() {
        StringBuilder text = new StringBuilder();
        for (Object step : path) {
            if (step instanceof Integer index) {
                text.append('[').append(index).append(']');
            } else {
                text.append(text.isEmpty() ? "" : ".").append(shortened((String) step));
            }
        }
        return text.isEmpty() ? "the root" : text.toString();
    }

    /** Keys may be hostile: long or with line breaks. */
    private static String shortened(String name) {
        String line = name.replaceAll("\\p{Cntrl}|\\p{Cs}", "?");
        return line.length() <= 64 ? line : line.substring(0, 64) + "…";
    }
}

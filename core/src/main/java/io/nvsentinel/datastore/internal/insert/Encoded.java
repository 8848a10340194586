// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.internal.insert;

import io.nvsentinel.datastore.codec.DocumentCodec;
import io.nvsentinel.datastore.error.DatastoreException;
import io.nvsentinel.datastore.error.InvalidRequestException;
import io.nvsentinel.datastore.error.LimitExceededException;
import io.nvsentinel.datastore.internal.ForeignCode;
import io.nvsentinel.datastore.internal.filter.JsonNumbers;
import io.r2dbc.postgresql.codec.Json;
import java.io.ByteArrayOutputStream;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A document in the form in which it is sent: one JSON object in UTF-8, alone or in an array with others.
 *
 * <p>Output of a codec that could affect other documents of the array is rejected here: unbalanced brackets, and text
 * after the last bracket. So is a character for which the server would reject every document of the statement. The
 * server checks the rest.
 */
public final class Encoded {

    /** Of a JSONB array. */
    private static final long MOST_BYTES = 256L << 20;

    /** What readers of documents accept. */
    private static final int MOST_LEVELS = 500;

    private static final int MOST_DIGITS = 1_000;

    private static final byte[] NUL = {'\\', 'u', '0', '0', '0', '0'};

    private final byte[] json;
    private int at;

    private Encoded(byte[] json) {
        this.json = json;
    }

    /**
     * Encodes a document.
     *
     * @param codec how
     * @param document what
     * @param <T> its type
     * @return the document
     * @throws InvalidRequestException if it cannot be encoded, or not be sent
     */
    public static <T> Encoded of(DocumentCodec<T> codec, @Nullable T document) {
        if (document == null) {
            throw new InvalidRequestException("the document is null");
        }
        Encoded encoded = new Encoded(encode(codec, document));
        encoded.requireOneObject();
        if (encoded.bytes() >= MOST_BYTES) {
            throw new LimitExceededException(
                    "A document must be less than " + MOST_BYTES + " bytes, but this document has " + encoded.bytes(),
                    MOST_BYTES - 1);
        }
        return encoded;
    }

    /** What a codec of the application's throws may quote the document, so only its class is named. */
    private static <T> byte[] encode(DocumentCodec<T> codec, T document) {
        try {
            return ForeignCode.encode(codec, document);
        } catch (DatastoreException e) {
            throw e;
        } catch (RuntimeException e) {
            throw new InvalidRequestException(
                    "the codec cannot encode the document: " + e.getClass().getName(), null, e);
        }
    }

    /** In place of what cannot be sent. */
    static Encoded nothing() {
        return new Encoded(new byte[0]);
    }

    int bytes() {
        return json.length;
    }

    /**
     * The document as a parameter.
     *
     * @return its text
     */
    public Json parameter() {
        return Json.of(json);
    }

    /**
     * An array of documents as a parameter.
     *
     * @throws InvalidRequestException if it is more than the server takes
     */
    static Json parameter(List<Encoded> documents) {
        long size = documents.stream().mapToLong(Encoded::bytes).sum() + documents.size() + 1;
        if (size >= MOST_BYTES) {
            throw new InvalidRequestException("The documents of one statement must be less than " + MOST_BYTES
                    + " bytes together, but these have " + size + "; insertStream accepts any number");
        }
        ByteArrayOutputStream array = new ByteArrayOutputStream((int) size);
        char separator = '[';
        for (Encoded document : documents) {
            array.write(separator);
            array.writeBytes(document.json);
            separator = ',';
        }
        array.write(']');
        return Json.of(array.toByteArray());
    }

    private void requireOneObject() {
        int depth = 0;
        boolean complete = false;
        for (at = 0; at < json.length; at++) {
            byte read = json[at];
            if (isSpace(read)) {
                continue;
            }
            if (depth == 0 && (complete || read != '{')) {
                throw noObject();
            }
            if (read == '"') {
                skipText();
            } else if (read == '{' || read == '[') {
                requireShallow(++depth);
            } else if (read == '}' || read == ']') {
                depth--;
                complete = depth == 0;
            } else if (read == '-' || isDigit(read)) {
                skipNumber();
            }
        }
        if (!complete) {
            throw noObject();
        }
    }

    private void requireShallow(int depth) {
        if (depth > MOST_LEVELS) {
            throw new LimitExceededException(
                    "A document may be nested at most " + MOST_LEVELS + " levels deep, and this is deeper at its byte "
                            + (at + 1),
                    MOST_LEVELS);
        }
    }

    /** Goes to its last character. What is no number is for the server to judge. */
    private void skipNumber() {
        int from = at;
        int digits = 0;
        boolean exponent = false;
        for (; at < json.length && (isDigit(json[at]) || "+-.eE".indexOf(json[at]) >= 0); at++) {
            exponent |= json[at] == 'e' || json[at] == 'E';
            digits += !exponent && isDigit(json[at]) ? 1 : 0;
        }
        at--;
        if (digits > MOST_DIGITS || (exponent && storedDigits(from) > MOST_DIGITS)) {
            throw new LimitExceededException(
                    "A number of a document may have at most " + MOST_DIGITS
                            + " digits, written without an exponent, and the one at its byte " + (from + 1)
                            + " has more",
                    MOST_DIGITS);
        }
    }

    private long storedDigits(int from) {
        try {
            return JsonNumbers.storedDigits(
                    new BigDecimal(new String(json, from, at + 1 - from, StandardCharsets.US_ASCII)));
        } catch (NumberFormatException e) {
            return 0;
        }
    }

    private static boolean isDigit(byte read) {
        return read >= '0' && read <= '9';
    }

    private static boolean isSpace(byte read) {
        return read == ' ' || read == '\n' || read == '\r' || read == '\t';
    }

    /** Goes to the quotation mark at its end. */
    private void skipText() {
        for (at++; at < json.length && json[at] != '"'; at++) {
            if (json[at] == 0 || (json[at] == '\\' && isEscapedNul())) {
                throw new InvalidRequestException("A document must not contain the character U+0000");
            }
            if (json[at] == '\\') {
                at++;
            }
        }
        if (at >= json.length) {
            throw noObject();
        }
    }

    private boolean isEscapedNul() {
        return Arrays.equals(json, at, Math.min(at + NUL.length, json.length), NUL, 0, NUL.length);
    }

    private static InvalidRequestException noObject() {
        return new InvalidRequestException("A document must be exactly one JSON object");
    }
}

// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.internal.insert;

import io.nvsentinel.datastore.codec.DocumentCodec;
import io.nvsentinel.datastore.error.DatastoreException;
import io.nvsentinel.datastore.error.InvalidRequestException;
import io.nvsentinel.datastore.internal.ForeignCode;
import io.r2dbc.postgresql.codec.Json;
import java.io.ByteArrayOutputStream;
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
final class Encoded {

    /** Of a JSONB array. */
    private static final long MOST_BYTES = 256L << 20;

    private static final byte[] NUL = {'\\', 'u', '0', '0', '0', '0'};

    private final byte[] json;
    private int at;

    private Encoded(byte[] json) {
        this.json = json;
    }

    /**
     * Encodes a document.
     *
     * @throws InvalidRequestException if it cannot be encoded, or not be sent
     */
    static <T> Encoded of(DocumentCodec<T> codec, @Nullable T document) {
        if (document == null) {
            throw new InvalidRequestException("the document is null");
        }
        Encoded encoded = new Encoded(encode(codec, document));
        encoded.requireOneObject();
        if (encoded.bytes() >= MOST_BYTES) {
            throw new InvalidRequestException(
                    "A document must be less than " + MOST_BYTES + " bytes, but this document has " + encoded.bytes());
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

    /** The document as a parameter. */
    Json parameter() {
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
                depth++;
            } else if (read == '}' || read == ']') {
                depth--;
                complete = depth == 0;
            }
        }
        if (!complete) {
            throw noObject();
        }
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

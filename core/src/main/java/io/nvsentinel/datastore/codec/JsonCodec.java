// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.codec;

import io.nvsentinel.datastore.error.InvalidDocumentException;
import io.nvsentinel.datastore.error.InvalidRequestException;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Turns documents into JSON bytes and back: the only place that knows Jackson. Choose one explicitly; nothing is
 * guessed from the class path, and Jackson 2 classes are loaded only by {@link #jackson2}.
 *
 * <p><b>Trees.</b> {@link #writeTree} and {@link #readTree} serve the documents whose stored format this library owns.
 * They ignore the settings of the application's mapper, and both Jacksons read and write exactly the same. A tree is
 * made of
 *
 * <ul>
 *   <li>{@code Map<String, @Nullable Object>} for objects (order kept) and {@code List<@Nullable Object>} for arrays,
 *   <li>{@code String}, {@code Boolean}, {@code null},
 * <li>numbers, never rounded: {@code Integer}, {@code Long} or {@code BigInteger}, the smallest that fits, for a number
 * written without fraction and exponent; {@code BigDecimal} for every other ({@code 0.1} is {@code 0.1}, {@code 1e400}
 * is {@code 1E+400}, {@code 1.50} keeps its scale). Compare decimals with {@code compareTo}; expand an exponent from an
 * unknown source ({@code toBigInteger}, {@code toPlainString}) only after looking at its scale.
 * </ul>
 *
 * <p><b>Classes.</b> {@link #write} and {@link #read} serve the application's own classes and obey its mapper in all.
 *
 * <p><b>Errors</b> contain the reason and the place, never the content of the document. For the same reason the causes
 * they carry have the class and the stack trace of Jackson's exception, but not its message.
 *
 * <p>Implementations are immutable and safe for concurrent use. They never block.
 */
public interface JsonCodec {

    /**
     * Writes a tree.
     *
     * <p>Besides what {@link #readTree} returns, any {@code Number} whose string form is a JSON number and any
     * {@code Collection} are accepted. Refused, because they could not be stored or not be read back: numbers that are
     * not finite or take more than 1,000 digits without an exponent, any other class, keys that are not text or longer
     * than 50,000 characters, text with U+0000 or half a surrogate pair, nesting deeper than 500 levels.
     *
     * @param document the root object
     * @return JSON in UTF-8, on one line
     * @throws InvalidRequestException when the tree holds what is refused above; the message has the path of it
     */
    byte[] writeTree(Map<String, @Nullable Object> document);

    /**
     * Reads a tree, in one pass over the bytes. Of repeated keys in one object the last one wins, as in {@code jsonb}.
     *
     * @param json one JSON object in UTF-8, nested at most 500 levels deep, keys of at most 50,000 characters, numbers
     *     written with at most 1,000 digits
     * @return a new mutable tree that belongs to the caller
     * @throws InvalidDocumentException when the bytes are not one such object; the message has line, column and byte offset
     */
    Map<String, @Nullable Object> readTree(byte[] json);

    /**
     * Writes a value of the application's own class, as its mapper does.
     *
     * @param value the value
     * @return JSON in UTF-8
     * @throws InvalidRequestException when the mapper cannot write it
     */
    byte[] write(Object value);

    /**
     * Reads a value of the application's own class, as its mapper does.
     *
     * @param json JSON in UTF-8
     * @param type the class to read
     * @param <T> the class to read
     * @return the value
     * @throws InvalidDocumentException when the mapper cannot read it, or reads {@code null}
     */
    <T> T read(byte[] json, Class<T> type);

    /**
     * A codec with the default mapper: Jackson 3 with its defaults, except for the settings that determine the stored
     * format: dates, times and durations as ISO-8601 strings, unknown members ignored, fractions read as
     * {@code BigDecimal} if the target is {@code Object} or {@code Number}.
     *
     * @return the same codec at every call
     */
    static JsonCodec jackson3() {
        return Jackson3Codec.DEFAULT;
    }

    /**
     * A codec over the application's own Jackson 3 mapper, for instance the one that Spring Boot 4 configures.
     *
     * @param mapper the mapper, used as it is
     * @return the codec
     */
    static JsonCodec jackson3(tools.jackson.databind.json.JsonMapper mapper) {
        return new Jackson3Codec(mapper);
    }

    /**
     * A codec over the application's own Jackson 2 mapper, for instance the one that Spring Boot 3 or Quarkus configures.
     * Jackson 2 is an optional dependency: the application brings {@code com.fasterxml.jackson.core:jackson-databind}.
     *
     * @param mapper the mapper, used as it is; settings changed later take effect as Jackson allows
     * @return the codec
     * @throws InvalidRequestException when the mapper is one for another format than JSON
     */
    static JsonCodec jackson2(com.fasterxml.jackson.databind.ObjectMapper mapper) {
        return new Jackson2Codec(mapper);
    }
}

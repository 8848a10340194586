// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.codec;

import io.nvsentinel.datastore.error.InvalidDocumentException;
import io.nvsentinel.datastore.error.InvalidRequestException;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Turns values of one class into stored documents and back. A collection has one codec.
 *
 * <p>Implementations are safe for concurrent use and never block.
 *
 * @param <T> the class of the documents
 */
public interface DocumentCodec<T> {

    /**
     * Encodes a value.
     *
     * @param value the value
     * @return one JSON object in UTF-8; anything else is refused, and so is text that holds U+0000
     * @throws InvalidRequestException when the value cannot be stored
     */
    byte[] encode(T value);

    /**
     * Decodes a stored document.
     *
     * @param json the JSON document in UTF-8
     * @return the value
     * @throws InvalidDocumentException when the document cannot be read as this class
     */
    T decode(byte[] json);

    /**
     * A codec for the application's own class, mapped by the mapper behind {@code json}.
     *
     * @param type the class
     * @param json the JSON codec to map with
     * @param <T> the class
     * @return the codec
     */
    static <T> DocumentCodec<T> of(Class<T> type, JsonCodec json) {
        Objects.requireNonNull(type, "type");
        Objects.requireNonNull(json, "json");
        return of(json::write, bytes -> json.read(bytes, type));
    }

    /**
     * A codec for a class that is mapped to a tree by hand; no setting of any mapper changes what is stored.
     *
     * @param json the JSON codec to read and write trees with
     * @param toTree makes the tree of a value
     * @param fromTree makes the value of a tree
     * @param <T> the class
     * @return the codec
     */
    static <T> DocumentCodec<T> ofTree(
            JsonCodec json,
            Function<? super T, ? extends Map<String, @Nullable Object>> toTree,
            Function<? super Map<String, @Nullable Object>, ? extends T> fromTree) {
        Objects.requireNonNull(json, "json");
        Objects.requireNonNull(toTree, "toTree");
        Objects.requireNonNull(fromTree, "fromTree");
        return of(value -> json.writeTree(toTree.apply(value)), bytes -> fromTree.apply(json.readTree(bytes)));
    }

    /**
     * A codec for plain trees, as {@link JsonCodec} describes them, with {@link JsonCodec#jackson3()}.
     *
     * @return a codec that takes trees, which it does not change, and gives new ones, which are the caller's
     */
    static DocumentCodec<Map<String, @Nullable Object>> ofTrees() {
        return ofTrees(JsonCodec.jackson3());
    }

    /**
     * A codec for plain trees, as {@link JsonCodec} describes them.
     *
     * @param json the JSON codec to read and write trees with
     * @return a codec that takes trees, which it does not change, and gives new ones, which are the caller's
     */
    static DocumentCodec<Map<String, @Nullable Object>> ofTrees(JsonCodec json) {
        Objects.requireNonNull(json, "json");
        return of(json::writeTree, json::readTree);
    }

    /**
     * A codec for documents that the application encodes and decodes itself, or passes on as they are.
     *
     * @return a codec that takes and gives the JSON document in UTF-8; what it gives is the caller's
     */
    static DocumentCodec<byte[]> ofBytes() {
        return of(Function.identity(), Function.identity());
    }

    private static <T> DocumentCodec<T> of(Function<T, byte[]> encode, Function<byte[], T> decode) {
        return new DocumentCodec<>() {

            @Override
            public byte[] encode(T value) {
                return encode.apply(value);
            }

            @Override
            public T decode(byte[] json) {
                return decode.apply(json);
            }
        };
    }
}

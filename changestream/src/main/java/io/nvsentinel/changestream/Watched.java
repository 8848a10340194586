// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream;

import io.nvsentinel.datastore.DocumentCodec;
import io.nvsentinel.datastore.DocumentCollection;
import io.nvsentinel.datastore.InvalidRequestException;
import io.nvsentinel.datastore.JsonCodec;
import io.nvsentinel.datastore.internal.store.DefaultCollection;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * What one watch watches. Immutable.
 *
 * @param collections those that are known, by name
 * @param others reads the documents of any other collection; null if no other is watched
 * @param <T> what their documents have in common
 */
record Watched<T>(
        Map<String, DefaultCollection<? extends T>> collections,
        @Nullable DocumentCodec<? extends T> others) {

    static <T> Watched<T> one(DocumentCollection<T> collection) {
        DefaultCollection<T> known = known(collection);
        return new Watched<>(Map.of(known.name(), known), null);
    }

    static Watched<Object> several(Collection<? extends DocumentCollection<?>> collections) {
        if (collections.isEmpty()) {
            throw new InvalidRequestException("At least one collection must be watched");
        }
        Map<String, DefaultCollection<?>> byName = new LinkedHashMap<>();
        collections.forEach(collection -> byName.put(collection.name(), known(collection)));
        return new Watched<>(byName, null);
    }

    static Watched<Map<String, @Nullable Object>> everything(JsonCodec json) {
        return new Watched<>(Map.of(), DocumentCodec.ofTree(json, UnaryOperator.identity(), UnaryOperator.identity()));
    }

    static <T> DefaultCollection<T> known(DocumentCollection<T> collection) {
        if (collection instanceof DefaultCollection<T> known) {
            return known;
        }
        throw new InvalidRequestException("Only a collection of the datastore can be watched, not a "
                + collection.getClass().getName());
    }

    /** Reads the documents of a collection; null if it is not watched. */
    @Nullable
    DocumentCodec<? extends T> codec(String collection) {
        DefaultCollection<? extends T> known = collections.get(collection);
        return known == null ? others : known.codec();
    }
}

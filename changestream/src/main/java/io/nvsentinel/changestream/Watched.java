// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream;

import io.nvsentinel.changestream.internal.changelog.Selection;
import io.nvsentinel.datastore.DocumentCollection;
import io.nvsentinel.datastore.codec.DocumentCodec;
import io.nvsentinel.datastore.codec.JsonCodec;
import io.nvsentinel.datastore.error.InvalidRequestException;
import io.nvsentinel.datastore.internal.filter.FieldMap;
import io.nvsentinel.datastore.internal.store.DefaultCollection;
import io.nvsentinel.datastore.query.Filter;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * The collections of one watch. Immutable.
 *
 * @param collections the collections that are watched by name
 * @param others any other collection; null if no other is watched
 * @param <T> the common type of the documents
 */
record Watched<T>(
        Map<String, Source<T>> collections, @Nullable Source<T> others) {

    /** How documents are read, and what the names in them mean. */
    record Source<T>(DocumentCodec<? extends T> codec, FieldMap fields) {}

    static <T> Watched<T> one(DocumentCollection<T> collection) {
        DefaultCollection<T> known = known(collection);
        return new Watched<>(Map.of(known.name(), new Source<>(known.codec(), known.fields())), null);
    }

    static Watched<Object> several(Collection<? extends DocumentCollection<?>> collections) {
        if (collections.isEmpty()) {
            throw new InvalidRequestException("At least one collection must be watched");
        }
        Map<String, Source<Object>> sources = new LinkedHashMap<>();
        for (DocumentCollection<?> collection : collections) {
            DefaultCollection<?> known = known(collection);
            sources.put(known.name(), new Source<>(known.codec(), known.fields()));
        }
        return new Watched<>(sources, null);
    }

    static Watched<Map<String, @Nullable Object>> everything(JsonCodec json) {
        DocumentCodec<Map<String, @Nullable Object>> trees =
                DocumentCodec.ofTree(json, UnaryOperator.identity(), UnaryOperator.identity());
        return new Watched<>(
                Map.of(
                        "health_events", new Source<>(trees, FieldMap.HEALTH_EVENTS),
                        "maintenance_events", new Source<>(trees, FieldMap.MAINTENANCE_EVENTS)),
                new Source<>(trees, FieldMap.GENERIC));
    }

    static <T> DefaultCollection<T> known(DocumentCollection<T> collection) {
        if (collection instanceof DefaultCollection<T> known) {
            return known;
        }
        throw new InvalidRequestException("Only a collection of the datastore can be watched, not a "
                + collection.getClass().getName());
    }

    /** Which changes are wanted of these. */
    Selection selection(Filter filter) {
        Map<String, FieldMap> fields = new LinkedHashMap<>();
        collections.forEach((name, source) -> fields.put(name, source.fields()));
        return new Selection(filter, fields, others == null ? null : others.fields());
    }

    boolean includes(String collection) {
        return others != null || collections.containsKey(collection);
    }

    /** Reads the documents of a collection that is watched. */
    DocumentCodec<? extends T> codec(String collection) {
        return Objects.requireNonNull(collections.getOrDefault(collection, others))
                .codec();
    }
}

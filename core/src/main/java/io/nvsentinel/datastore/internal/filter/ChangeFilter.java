// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.internal.filter;

import io.nvsentinel.datastore.error.InvalidRequestException;
import io.nvsentinel.datastore.query.Filter;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A filter on the changes of one collection, for both readers: the same verdict in memory and, if the server can give it
 * at all, from the server. Immutable and thread-safe.
 */
public final class ChangeFilter {

    private final Filter filter;
    private final FieldMap inChangelog;
    private final FilterPredicate predicate;
    private final Set<String> parts;

    /**
     * Prepares a filter.
     *
     * @param filter the filter; its paths are the paths of a change event
     * @param documents resolves the field names of the collection's documents
     * @throws InvalidRequestException if the filter uses a field that changes do not have, or can only be evaluated by
     *     the server
     */
    public ChangeFilter(Filter filter, FieldMap documents) {
        this.filter = filter;
        this.inChangelog = ChangeFieldMap.inChangelog(documents);
        this.predicate = FilterPredicate.compile(filter, ChangeFieldMap.inMemory(documents));
        this.parts = new HashSet<>();
        collect(filter);
    }

    /**
     * Judges a change.
     *
     * @param change a tree with the members {@code operationType}, {@code ns}, {@code documentKey}, and the parts that
     *     the filter {@linkplain #reads reads} and the change has
     * @return whether it matches
     */
    public boolean test(Map<String, @Nullable Object> change) {
        return predicate.test(change, RecordContext.NONE);
    }

    /**
     * Whether the filter looks into a part of the change.
     *
     * @param part {@code fullDocument}, {@code fullDocumentBeforeChange} or {@code updateDescription}
     * @return false if its verdict does not depend on that
     */
    public boolean reads(String part) {
        return parts.contains(part);
    }

    /**
     * Whether the server can give the verdict, all of it: the difference between the images is known in memory only.
     *
     * @return true if {@link #sql} may be called
     */
    public boolean isPushable() {
        return !reads(ChangeFieldMap.DIFFERENCE);
    }

    /**
     * The filter as a condition on the changelog's columns, which stand there without an alias.
     *
     * @param firstParameter the number of the first parameter
     * @return the condition; not true, but false or null, for what does not match
     */
    public SqlFragment sql(int firstParameter) {
        if (!isPushable()) {
            throw new IllegalStateException("bug: a filter on the difference can only be evaluated in memory");
        }
        return FilterSql.render(filter, inChangelog, firstParameter);
    }

    /** What is below elemMatch is relative to the element. */
    private void collect(Filter node) {
        if (node instanceof Filter.OnField test) {
            parts.add(ChangeFieldMap.part(test.path()));
        } else {
            node.children().forEach(this::collect);
        }
    }
}

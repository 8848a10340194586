// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream.internal.changelog;

import io.nvsentinel.datastore.codec.JsonCodec;
import io.nvsentinel.datastore.error.InvalidDocumentException;
import io.nvsentinel.datastore.error.InvalidRequestException;
import io.nvsentinel.datastore.internal.filter.Binder;
import io.nvsentinel.datastore.internal.filter.ChangeFilter;
import io.nvsentinel.datastore.internal.filter.FieldMap;
import io.nvsentinel.datastore.internal.filter.SqlFragment;
import io.nvsentinel.datastore.query.Filter;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The changes that one watch needs: the changes of some or all collections that match a filter. The same instance
 * evaluates the filter in memory and renders the SQL condition for the changes that need a document. Immutable; equal
 * only to itself.
 */
public final class Selection {

    private final Filter filter;
    private final Map<String, ChangeFilter> collections;
    private final @Nullable ChangeFilter others;

    /**
     * Prepares a selection.
     *
     * @param filter what a change must match
     * @param collections resolves the field names of each known collection
     * @param others resolves the field names of any other collection; null if no other is wanted
     * @throws InvalidRequestException if the filter cannot be evaluated
     */
    public Selection(Filter filter, Map<String, FieldMap> collections, @Nullable FieldMap others) {
        this.filter = filter;
        this.collections = new LinkedHashMap<>();
        collections.forEach((name, fields) -> this.collections.put(name, new ChangeFilter(filter, fields)));
        this.others = others == null ? null : new ChangeFilter(filter, others);
    }

    /**
     * Judges a change.
     *
     * @param row the change
     * @param json reads documents
     * @return whether it is wanted
     * @throws InvalidDocumentException if there is a filter, and a document that cannot be read or is too large
     */
    public boolean includes(ChangelogRow row, JsonCodec json) {
        ChangeFilter wanted = collections.getOrDefault(row.collection(), others);
        if (wanted == null || !row.read() || isEverything()) {
            return wanted != null && row.read();
        }
        row.requireRead();
        return wanted.test(ChangeTree.of(row, wanted, json));
    }

    /**
     * The collections that are wanted by name.
     *
     * @return their names
     */
    public Set<String> collections() {
        return others == null ? Collections.unmodifiableSet(collections.keySet()) : Set.of();
    }

    private boolean isEverything() {
        return filter instanceof Filter.All;
    }

    /**
     * Identifies this selection in a resume token.
     *
     * @return 16 hexadecimal digits
     */
    public String fingerprint() {
        String facts = new TreeMap<>(collections).keySet() + (others == null ? " " : " and others ") + filter;
        return Digest.of(facts);
    }

    /**
     * A condition on a row of the changelog: whether a watch needs its documents.
     *
     * @param selections the watches
     * @param firstParameter the number of the first parameter
     * @return the condition; true for every change that one of them {@linkplain #includes includes}
     */
    static SqlFragment condition(List<Selection> selections, int firstParameter) {
        if (selections.stream().anyMatch(each -> each.others != null && each.isEverything())) {
            return new SqlFragment("TRUE", List.of());
        }
        Binder binder = new Binder(firstParameter);
        String sql = selections.stream()
                .map(each -> each.condition(binder, firstParameter))
                .collect(Collectors.joining(" OR ", "COALESCE(", ", FALSE)"));
        return binder.finish(selections.isEmpty() ? "FALSE" : sql);
    }

    private String condition(Binder binder, int firstParameter) {
        StringBuilder sql = new StringBuilder("CASE table_name");
        collections.forEach((name, wanted) -> sql.append(" WHEN ")
                .append(binder.bind(name))
                .append(" THEN ")
                .append(verdict(wanted, binder, firstParameter)));
        return sql.append(" ELSE ")
                .append(others == null ? "FALSE" : verdict(others, binder, firstParameter))
                .append(" END")
                .toString();
    }

    /** Pushed as a whole or not at all. */
    private static String verdict(ChangeFilter wanted, Binder binder, int firstParameter) {
        if (!wanted.isPushable()) {
            return "TRUE";
        }
        SqlFragment fragment = wanted.sql(firstParameter + binder.size());
        fragment.bindings().forEach(binder::bind);
        return fragment.sql();
    }
}

// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.internal.aggregate;

import io.nvsentinel.datastore.internal.filter.FieldMap;
import java.util.List;
import java.util.stream.Stream;

/**
 * The documents between two stages.
 *
 * @param from what to select from; it has the columns {@code data} and the carried columns
 * @param map resolves paths
 * @param records whether these are still the collection's records, with their columns
 * @param carried the columns to keep beside the document
 * @param order the order of the rows, by those columns, total; empty if there is one row at most
 */
record Relation(String from, FieldMap map, boolean records, List<String> carried, List<String> order) {

    private static final List<String> COLUMNS = List.of("id", "created_at", "updated_at");

    static Relation table(String quoted, FieldMap map) {
        return new Relation(quoted, map, true, COLUMNS, List.of("created_at", "id"));
    }

    /** The same documents, fewer or in another order. */
    Relation select(String sql, String alias) {
        return new Relation("(" + sql + ") AS " + alias, map, records, carried, order);
    }

    Relation withMap(FieldMap other) {
        return new Relation(from, other, records, carried, order);
    }

    /** With columns that come to the order: before what was there, or after. */
    Relation ordered(List<String> columns, List<String> newOrder) {
        return new Relation(
                from,
                map,
                records,
                Stream.concat(carried.stream(), columns.stream()).toList(),
                newOrder);
    }

    String orderBy() {
        return order.isEmpty() ? "" : " ORDER BY " + String.join(", ", order);
    }

    String columns() {
        return String.join("", carried.stream().map(column -> column + ", ").toList());
    }
}

// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.internal.read;

import io.nvsentinel.datastore.internal.filter.Binder;
import io.nvsentinel.datastore.internal.filter.FieldMap;
import io.nvsentinel.datastore.internal.filter.FieldSql;
import io.nvsentinel.datastore.internal.filter.FieldSql.SortKey;
import io.nvsentinel.datastore.internal.time.ServerTimes;
import io.nvsentinel.datastore.query.FieldPath;
import io.nvsentinel.datastore.query.Sort;
import io.r2dbc.postgresql.codec.Json;
import io.r2dbc.spi.Readable;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * A total order of documents, and how to continue after a document: the sort fields of a query, then the id in the
 * direction of the last sort field. No key is ever null.
 */
final class Keyset {

    private static final FieldPath ID = FieldPath.of("id");
    private static final List<Sort> CREATION = List.of(Sort.ascending("created_at"));

    private final FieldMap fields;
    private final List<Sort> sorts;
    private final List<String> types;

    Keyset(FieldMap fields, List<Sort> sorts) {
        this.fields = fields;
        this.sorts = total(sorts.isEmpty() ? CREATION : sorts);
        this.types = IntStream.range(0, this.sorts.size())
                .mapToObj(i -> key(i, new Binder(1)).type())
                .toList();
    }

    private static List<Sort> total(List<Sort> sorts) {
        List<Sort> total = new ArrayList<>(sorts);
        total.add(new Sort(ID, sorts.get(sorts.size() - 1).descending()));
        return total;
    }

    /** The keys that are no columns of the record, each preceded by a comma, to be selected as {@code k0}, {@code k1} … */
    String columns(Binder binder) {
        return IntStream.range(0, sorts.size())
                .filter(i -> types.get(i).equals("jsonb"))
                .mapToObj(i -> ", " + key(i, binder).sql() + " AS k" + i)
                .collect(Collectors.joining());
    }

    /** The keys that are times of the record, each preceded by a comma, to be selected as {@code t0}, {@code t1} … */
    String times() {
        return IntStream.range(0, sorts.size())
                .filter(this::isTime)
                .mapToObj(i -> ", " + ServerTimes.column(name(i)) + " AS t" + i)
                .collect(Collectors.joining());
    }

    /** All keys except times, in the select list: the planner must recognize the record's columns. */
    String names() {
        return IntStream.range(0, sorts.size())
                .filter(i -> !isTime(i))
                .mapToObj(this::name)
                .collect(Collectors.joining(", "));
    }

    private boolean isTime(int i) {
        return types.get(i).equals("timestamptz");
    }

    private String name(int i) {
        return types.get(i).equals("jsonb") ? "k" + i : key(i, new Binder(1)).sql();
    }

    /** The order by these names, without {@code ORDER BY}. */
    String order() {
        return IntStream.range(0, sorts.size())
                .mapToObj(i -> name(i) + direction(i))
                .collect(Collectors.joining(", "));
    }

    /** The same order, if the columns are not selected. */
    String plainOrder(Binder binder) {
        return IntStream.range(0, sorts.size())
                .mapToObj(i -> key(i, binder).sql() + direction(i))
                .collect(Collectors.joining(", "));
    }

    private String direction(int i) {
        return sorts.get(i).descending() ? " DESC" : "";
    }

    private SortKey key(int i, Binder binder) {
        return FieldSql.sortKey(sorts.get(i).path(), fields, binder);
    }

    /** Reads the keys of a row that selects them under their names. */
    List<Object> read(Readable row) {
        List<Object> keys = new ArrayList<>(sorts.size());
        for (int i = 0; i < sorts.size(); i++) {
            keys.add(
                    switch (types.get(i)) {
                        case "uuid" -> get(row, name(i).replace("\"", ""), UUID.class);
                        case "timestamptz" -> ServerTimes.decode(get(row, "t" + i, byte[].class));
                        // The driver's Json lives in the message it came with.
                        default -> Json.of(get(row, name(i), Json.class).asArray());
                    });
        }
        return keys;
    }

    private static <V> V get(Readable row, String column, Class<V> type) {
        return Objects.requireNonNull(row.get(column, type));
    }

    /**
     * The condition for the documents after the one with these keys. If an index provides them, the keys are hidden
     * from the planner in subqueries: otherwise it would plan each page again, although the limit bounds the number of
     * rows anyway.
     */
    String after(List<Object> keys, Binder binder) {
        List<String> values = new ArrayList<>();
        for (int i = 0; i < keys.size(); i++) {
            values.add("CAST(" + binder.bind(keys.get(i)) + " AS " + types.get(i) + ")");
        }
        boolean sameDirection = sorts.stream().map(Sort::descending).distinct().count() == 1;
        return sameDirection ? rowAfter(values, binder) : mixedAfter(values, binder);
    }

    /** The form in which one index over all keys gives the next page directly. */
    private String rowAfter(List<String> values, Binder binder) {
        String columns = IntStream.range(0, sorts.size())
                .mapToObj(i -> key(i, binder).sql())
                .collect(Collectors.joining(", "));
        return "(" + columns + ")" + beyond(0) + "((SELECT " + String.join("), (SELECT ", values) + "))";
    }

    /** The first comparison says nothing new, but an index over the first key serves it. */
    private String mixedAfter(List<String> values, Binder binder) {
        int last = sorts.size() - 1;
        String condition = key(last, binder).sql() + beyond(last) + values.get(last);
        for (int i = last - 1; i >= 0; i--) {
            String key = key(i, binder).sql();
            condition = "(" + key + beyond(i) + values.get(i) + " OR " + key + " = " + values.get(i) + " AND "
                    + condition + ")";
        }
        return key(0, binder).sql() + beyond(0).stripTrailing() + "= " + values.get(0) + " AND " + condition;
    }

    private String beyond(int i) {
        return sorts.get(i).descending() ? " < " : " > ";
    }
}

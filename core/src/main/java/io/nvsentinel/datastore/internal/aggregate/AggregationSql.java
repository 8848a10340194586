// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.internal.aggregate;

import io.nvsentinel.datastore.aggregation.Aggregation;
import io.nvsentinel.datastore.aggregation.Expression;
import io.nvsentinel.datastore.aggregation.Stage;
import io.nvsentinel.datastore.internal.filter.Binder;
import io.nvsentinel.datastore.internal.filter.FieldMap;
import io.nvsentinel.datastore.internal.filter.FieldSql;
import io.nvsentinel.datastore.internal.filter.FilterSql;
import io.nvsentinel.datastore.internal.filter.SqlFragment;
import io.nvsentinel.datastore.internal.table.Table;
import io.nvsentinel.datastore.query.FieldPath;
import io.nvsentinel.datastore.query.Sort;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Renders an aggregation to one statement: each stage selects from the one before. Everything of the caller's is bound. What
 * order the rows have is carried in columns, as SQL promises none to what stands outside.
 */
public final class AggregationSql {

    private final Scope scope;
    private final Binder binder;
    private Relation relation;

    private AggregationSql(Scope scope, String table, FieldMap map) {
        this.scope = scope;
        this.binder = scope.binder();
        this.relation = Relation.table(table, map);
    }

    /**
     * Renders an aggregation.
     *
     * @param aggregation the aggregation
     * @param table the collection's table, quoted
     * @param map what paths mean in it
     * @return a statement with one column of type {@code jsonb}; it gives one row more than allowed if there are too many
     */
    public static SqlFragment render(Aggregation aggregation, String table, FieldMap map) {
        AggregationSql sql = new AggregationSql(Scope.of(new Binder(1), map), table, map);
        aggregation.stages().forEach(sql::apply);
        return sql.finish(aggregation);
    }

    private SqlFragment finish(Aggregation aggregation) {
        String document = result();
        if (aggregation.stages().stream().anyMatch(AggregationSql::mayDeepen)) {
            document = "{schema}.nvsentinel_limited_levels(" + document + ", 'the aggregation', CAST('{}' AS text[]))";
        }
        return binder.finish("SELECT " + document + " FROM " + relation.from() + relation.orderBy() + " LIMIT "
                + (aggregation.maxResults() + 1L));
    }

    private String result() {
        return relation.records() ? "jsonb_build_object('id', id) || data" : "data";
    }

    /** Whether documents of a stage may have more levels than the stored ones. */
    private static boolean mayDeepen(Stage stage) {
        return stage instanceof Stage.Group
                || stage instanceof Stage.Project
                || stage instanceof Stage.AddFields
                || stage instanceof Stage.Lookup
                || stage instanceof Stage.WindowFields;
    }

    private void apply(Stage stage) {
        if (stage instanceof Stage.Match match) {
            where(FilterSql.render(match.filter(), relation.map(), binder));
        } else if (stage instanceof Stage.Where where) {
            where(expressions().truth(where.condition()));
        } else if (stage instanceof Stage.Sorted sorted) {
            sort(sorted.sorts());
        } else if (stage instanceof Stage.Skip skip) {
            select("SELECT *", relation.orderBy() + " OFFSET " + binder.bind(skip.count()));
        } else if (stage instanceof Stage.Limit limit) {
            select("SELECT *", relation.orderBy() + " LIMIT " + binder.bind(limit.count()));
        } else {
            reshape(stage);
        }
    }

    private void reshape(Stage stage) {
        if (stage instanceof Stage.Count count) {
            count(count.name());
        } else if (stage instanceof Stage.Group group) {
            group(group);
        } else if (stage instanceof Stage.Project project) {
            put("CAST('{}' AS jsonb)", project.fields());
        } else if (stage instanceof Stage.AddFields add) {
            put("data", add.fields());
        } else if (stage instanceof Stage.Unwind unwind) {
            unwind(unwind);
        } else if (stage instanceof Stage.WindowFields fields) {
            relation = new WindowSql(scope, relation, nextAlias()).render(fields.window(), nextAlias());
        } else if (stage instanceof Stage.Lookup lookup) {
            lookup(lookup);
        } else {
            throw new IllegalStateException("unknown stage " + stage.getClass());
        }
    }

    private String nextAlias() {
        return scope.alias();
    }

    private ExpressionSql expressions() {
        return new ExpressionSql(scope, relation.map());
    }

    private void select(String what, String rest) {
        relation = relation.select(what + " FROM " + relation.from() + rest, nextAlias());
    }

    private void where(String condition) {
        select("SELECT *", " WHERE " + condition);
    }

    private void sort(List<Sort> sorts) {
        SortColumns columns = SortColumns.of(sorts, relation.map(), binder, nextAlias());
        List<String> order = new ArrayList<>(columns.order());
        order.addAll(relation.order());
        select("SELECT *" + columns.select(), "");
        relation = relation.ordered(columns.names(), order);
    }

    private void count(String name) {
        String sql = "SELECT jsonb_build_object(" + text(name) + ", count(*)) AS data FROM " + relation.from()
                + " HAVING count(*) > 0";
        relation = new Relation("(" + sql + ") AS " + nextAlias(), FieldMap.MADE, false, List.of(), List.of());
    }

    private void group(Stage.Group group) {
        String key = nextAlias() + "_key";
        String value =
                group.key() == null ? "CAST('null' AS jsonb)" : expressions().jsonOrNull(group.key());
        String rows = "(SELECT *, " + value + " AS " + key + " FROM " + relation.from() + ") AS " + nextAlias();
        AccumulatorSql accumulators = AccumulatorSql.grouped(expressions(), String.join(", ", relation.order()));
        StringBuilder document = new StringBuilder("jsonb_build_object('_id', " + key + ")");
        group.fields()
                .forEach((name, accumulator) -> document.append(" || jsonb_build_object(")
                        .append(text(name))
                        .append(", ")
                        .append(accumulators.render(accumulator))
                        .append(")"));
        String sql = "SELECT " + document + " AS data, " + key + " FROM " + rows + " GROUP BY " + key;
        relation = new Relation("(" + sql + ") AS " + nextAlias(), FieldMap.MADE, false, List.of(key), List.of(key));
    }

    private String text(String name) {
        return "CAST(" + binder.bind(name) + " AS text)";
    }

    private void put(String document, Map<String, Expression> fields) {
        FieldMap after = NewFields.map(relation.map(), fields.keySet());
        ExpressionSql expressions = expressions();
        String made = document;
        for (Map.Entry<String, Expression> field : fields.entrySet()) {
            made = NewFields.put(made, field.getKey(), after, expressions.json(field.getValue()), binder);
        }
        select("SELECT " + relation.columns() + made + " AS data", "");
        relation = relation.withMap(after);
    }

    /** The inner stages refer to columns of the row around, which hold the variables. */
    private void lookup(Stage.Lookup lookup) {
        String row = nextAlias();
        Map<String, String> variables = new HashMap<>();
        StringBuilder columns = new StringBuilder();
        lookup.variables().forEach((name, value) -> {
            String column = row + "_v" + variables.size();
            columns.append(", ")
                    .append(expressions().json(value))
                    .append(" AS ")
                    .append(column);
            variables.put(name, row + "." + column);
        });
        FieldMap names = FieldMap.of(lookup.collection());
        AggregationSql inner = new AggregationSql(
                scope.with(variables).over(names), new Table(lookup.collection(), names).quoted(), names);
        lookup.stages().forEach(inner::apply);
        String found = "(SELECT COALESCE(jsonb_agg(" + inner.result() + inner.relation.orderBy() + "), '[]') FROM "
                + inner.relation.from() + ")";
        FieldMap after = NewFields.map(relation.map(), Set.of(lookup.as().toString()));
        String data = NewFields.put("data", lookup.as().toString(), after, found, binder);
        select("SELECT " + relation.columns() + data + " AS data FROM (SELECT *" + columns, ") AS " + row);
        relation = relation.withMap(after);
    }

    private void unwind(Stage.Unwind unwind) {
        FieldPath path = FieldSql.written(unwind.path(), relation.map());
        String names = "CAST(" + binder.bind(path.names().toArray(String[]::new)) + " AS text[])";
        String element = nextAlias();
        String position = element + "_position";
        String array = "(SELECT CASE WHEN v IS NULL OR v = 'null' THEN '[]' WHEN jsonb_typeof(v) = 'array' THEN v"
                + " ELSE jsonb_build_array(v) END FROM (SELECT " + FieldSql.value(unwind.path(), relation.map(), binder)
                + " AS v) AS unwound)";
        String join = (unwind.keepEmpty() ? " LEFT" : " INNER") + " JOIN LATERAL jsonb_array_elements(" + array
                + ") WITH ORDINALITY AS " + element + "(value, position) ON TRUE";
        String data = "CASE WHEN " + element + ".value IS NULL THEN {schema}.nvsentinel_unset(data, " + names
                + ") ELSE {schema}.nvsentinel_set(data, " + names + ", " + element + ".value) END";
        List<String> order = new ArrayList<>(relation.order());
        order.add(position);
        select("SELECT " + relation.columns() + data + " AS data, " + element + ".position AS " + position, join);
        relation = relation.withMap(relation.map().with(Set.of())).ordered(List.of(position), order);
    }

    /** Columns that hold what to sort by. */
    record SortColumns(List<String> names, List<String> expressions, List<String> order) {

        static SortColumns of(List<Sort> sorts, FieldMap map, Binder binder, String prefix) {
            List<String> names = new ArrayList<>();
            List<String> expressions = new ArrayList<>();
            List<String> order = new ArrayList<>();
            for (Sort sort : sorts) {
                String key = FieldSql.sortKey(sort.path(), map, binder).sql();
                String column = FieldSql.isColumn(sort.path(), map) ? key : prefix + "_k" + names.size();
                if (!column.equals(key)) {
                    names.add(column);
                    expressions.add(key);
                }
                order.add(column + (sort.descending() ? " DESC" : ""));
            }
            return new SortColumns(names, expressions, order);
        }

        String select() {
            StringBuilder select = new StringBuilder();
            for (int i = 0; i < names.size(); i++) {
                select.append(", ").append(expressions.get(i)).append(" AS ").append(names.get(i));
            }
            return select.toString();
        }
    }

    /** Fields that a stage puts into documents. */
    static final class NewFields {

        private NewFields() {}

        static FieldMap map(FieldMap before, Set<String> paths) {
            return before.with(paths.stream()
                    .map(path -> FieldPath.parse(path).names().get(0))
                    .collect(Collectors.toSet()));
        }

        static String put(String document, String path, FieldMap map, String value, Binder binder) {
            String[] names =
                    FieldSql.written(FieldPath.parse(path), map).names().toArray(String[]::new);
            return "{schema}.nvsentinel_put(" + document + ", CAST(" + binder.bind(names) + " AS text[]), " + value
                    + ")";
        }
    }
}

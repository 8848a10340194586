// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.internal.aggregate;

import io.nvsentinel.datastore.aggregation.Window;
import io.nvsentinel.datastore.internal.aggregate.AggregationSql.NewFields;
import io.nvsentinel.datastore.internal.aggregate.AggregationSql.SortColumns;
import io.nvsentinel.datastore.internal.filter.Binder;
import io.nvsentinel.datastore.internal.filter.FieldMap;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Renders the fields that are made of neighbouring documents. */
final class WindowSql {

    private final Scope scope;
    private final Binder binder;
    private final Relation before;
    private final String prefix;

    WindowSql(Scope scope, Relation before, String prefix) {
        this.scope = scope;
        this.binder = scope.binder();
        this.before = before;
        this.prefix = prefix;
    }

    Relation render(Window window, String alias) {
        SortColumns sorts = SortColumns.of(window.sorts(), before.map(), binder, prefix);
        ExpressionSql expressions = new ExpressionSql(scope, before.map());
        String partition = window.partitionBy() == null
                ? ""
                : ", " + expressions.jsonOrNull(window.partitionBy()) + " AS " + prefix + "_p";
        String rows = "(SELECT *" + sorts.select() + partition + " FROM " + before.from() + ") AS " + prefix;
        FieldMap after = NewFields.map(before.map(), window.outputs().keySet());
        String data = "data";
        for (Map.Entry<String, Window.Output> output : window.outputs().entrySet()) {
            String over = over(window, sorts, output.getValue().frame());
            String value = AccumulatorSql.windowed(expressions, over)
                    .render(output.getValue().accumulator());
            data = NewFields.put(data, output.getKey(), after, value, binder);
        }
        String sql = "SELECT " + before.columns() + data + " AS data FROM " + rows;
        return before.select(sql, alias).withMap(after);
    }

    private String over(Window window, SortColumns sorts, Window.Frame frame) {
        List<String> order = new ArrayList<>(sorts.order());
        order.addAll(before.order());
        return "(" + (window.partitionBy() == null ? "" : "PARTITION BY " + prefix + "_p ")
                + (order.isEmpty() ? "" : "ORDER BY " + String.join(", ", order) + " ") + "ROWS BETWEEN "
                + bound(frame.from(), "UNBOUNDED PRECEDING") + " AND " + bound(frame.to(), "UNBOUNDED FOLLOWING") + ")";
    }

    /** Distances are numbers of ours, not text of the caller's. */
    private static String bound(@Nullable Long distance, String unbounded) {
        if (distance == null) {
            return unbounded;
        }
        return distance == 0 ? "CURRENT ROW" : Math.abs(distance) + (distance < 0 ? " PRECEDING" : " FOLLOWING");
    }
}

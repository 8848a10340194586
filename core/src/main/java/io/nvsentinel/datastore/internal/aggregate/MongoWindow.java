// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.internal.aggregate;

import io.nvsentinel.datastore.aggregation.Accumulator;
import io.nvsentinel.datastore.aggregation.Expression;
import io.nvsentinel.datastore.aggregation.Stage;
import io.nvsentinel.datastore.aggregation.Window;
import io.nvsentinel.datastore.aggregation.Window.Frame;
import io.nvsentinel.datastore.error.InvalidRequestException;
import io.nvsentinel.datastore.query.Sort;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Reads {@code $setWindowFields}. */
final class MongoWindow {

    private static final Set<String> PARTS = Set.of("partitionBy", "sortBy", "output");

    private MongoWindow() {}

    static Stage parse(Map<String, ?> stage) {
        for (String part : stage.keySet()) {
            if (!PARTS.contains(part)) {
                throw new InvalidRequestException("$setWindowFields does not support " + part);
            }
        }
        Object partition = stage.get("partitionBy");
        Expression partitionBy = partition == null ? null : MongoExpression.parse(partition, "partitionBy");
        List<Sort> sorts = stage.get("sortBy") == null ? List.of() : MongoPipeline.sorts("sortBy", stage.get("sortBy"));
        Map<String, Window.Output> outputs = new LinkedHashMap<>();
        MongoPipeline.map("output", stage.get("output")).forEach((path, output) -> {
            MongoPipeline.newField(path);
            outputs.put(path, output(path, MongoPipeline.map(path, output)));
        });
        return Stage.window(new Window(partitionBy, sorts, outputs));
    }

    private static Window.Output output(String path, Map<String, ?> output) {
        Map<String, Object> accumulator = new LinkedHashMap<>(output);
        Object window = accumulator.remove("window");
        if (accumulator.containsKey("$shift") && accumulator.size() == 1) {
            return shift(path, window, MongoPipeline.map("$shift", accumulator.get("$shift")));
        }
        Accumulator read = MongoPipeline.accumulator(path, accumulator);
        return new Window.Output(read, window == null ? Frame.WHOLE : frame(MongoPipeline.map("window", window)));
    }

    /** The value of the document that many places away: the first one of a window of that document alone. */
    private static Window.Output shift(String path, @Nullable Object window, Map<String, ?> shift) {
        if (window != null) {
            throw new InvalidRequestException(path + ": $shift has no window");
        }
        for (String part : shift.keySet()) {
            if (!part.equals("output") && !part.equals("by") && !(part.equals("default") && shift.get(part) == null)) {
                throw new InvalidRequestException(path + ": $shift does not support " + part
                        + (part.equals("default") ? " other than null; use $ifNull" : ""));
            }
        }
        long by = MongoPipeline.whole("by", shift.get("by"));
        return new Window.Output(
                Accumulator.first(MongoExpression.parse(shift.get("output"), path + ".$shift.output")),
                new Frame(by, by));
    }

    private static Frame frame(Map<String, ?> window) {
        if (window.isEmpty()) {
            return Frame.WHOLE;
        }
        if (window.size() == 1 && window.get("documents") instanceof List<?> bounds && bounds.size() == 2) {
            return new Frame(bound(bounds.get(0)), bound(bounds.get(1)));
        }
        throw new InvalidRequestException("$setWindowFields: window must be {\"documents\": [from, to]}");
    }

    private static @Nullable Long bound(@Nullable Object bound) {
        if ("unbounded".equals(bound)) {
            return null;
        }
        return "current".equals(bound) ? Long.valueOf(0) : Long.valueOf(MongoPipeline.whole("documents", bound));
    }
}

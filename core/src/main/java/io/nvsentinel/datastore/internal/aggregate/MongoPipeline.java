// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.internal.aggregate;

import io.nvsentinel.datastore.aggregation.Accumulator;
import io.nvsentinel.datastore.aggregation.Aggregation;
import io.nvsentinel.datastore.aggregation.Expression;
import io.nvsentinel.datastore.aggregation.Stage;
import io.nvsentinel.datastore.error.InvalidRequestException;
import io.nvsentinel.datastore.query.FieldPath;
import io.nvsentinel.datastore.query.Filter;
import io.nvsentinel.datastore.query.Sort;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Parses pipelines in MongoDB's syntax. An unsupported element is rejected with its name and place. */
public final class MongoPipeline {

    private static final String STAGES =
            "$match, $sort, $skip, $limit, $count, $group, $project, $addFields, $set, $unwind, $lookup and "
                    + "$setWindowFields";

    private static final Map<String, Accumulator.Kind> ACCUMULATORS = Map.of(
            "$sum", Accumulator.Kind.SUM,
            "$avg", Accumulator.Kind.AVG,
            "$min", Accumulator.Kind.MIN,
            "$max", Accumulator.Kind.MAX,
            "$first", Accumulator.Kind.FIRST,
            "$last", Accumulator.Kind.LAST,
            "$push", Accumulator.Kind.PUSH,
            "$addToSet", Accumulator.Kind.ADD_TO_SET,
            "$count", Accumulator.Kind.COUNT);

    private static final Set<String> LOOKUP = Set.of("from", "let", "pipeline", "as");

    private MongoPipeline() {}

    /**
     * Reads a pipeline.
     *
     * @param pipeline the stages
     * @return the aggregation
     */
    public static Aggregation parse(List<? extends Map<String, ?>> pipeline) {
        return new Aggregation(all(pipeline, 0, Set.of()), Aggregation.DEFAULT_MAX_RESULTS);
    }

    private static List<Stage> all(List<?> pipeline, int depth, Set<String> visible) {
        if (depth > Stage.MAX_LOOKUPS) {
            throw new InvalidRequestException("$lookup is nested deeper than " + Stage.MAX_LOOKUPS + " levels");
        }
        List<Stage> stages = new ArrayList<>();
        for (int i = 0; i < pipeline.size(); i++) {
            try {
                List<Stage> read = stages(map("a stage", pipeline.get(i)), depth, visible);
                read.forEach(stage -> stage.expressions().forEach(each -> AggregationChecks.visible(each, visible)));
                stages.addAll(read);
            } catch (InvalidRequestException e) {
                throw new InvalidRequestException("stage " + (i + 1) + ": " + e.getMessage(), null, e);
            }
        }
        return stages;
    }

    private static List<Stage> stages(Map<?, ?> stage, int depth, Set<String> visible) {
        if (stage.size() != 1) {
            throw new InvalidRequestException("a stage must have exactly one name, not " + stage.keySet());
        }
        Map.Entry<?, ?> only = stage.entrySet().iterator().next();
        String name = String.valueOf(only.getKey());
        Object operand = only.getValue();
        return name.equals("$match") ? match(map(name, operand)) : List.of(stage(name, operand, depth, visible));
    }

    private static List<Stage> match(Map<String, ?> filter) {
        Map<String, Object> plain = new LinkedHashMap<>(filter);
        if (!plain.containsKey("$expr")) {
            return List.of(Stage.match(Filter.parse(plain)));
        }
        Expression condition = MongoExpression.parse(plain.remove("$expr"), "$match.$expr");
        return List.of(Stage.match(Filter.parse(plain)), Stage.where(condition));
    }

    private static Stage stage(String name, @Nullable Object operand, int depth, Set<String> visible) {
        return switch (name) {
            case "$sort" -> new Stage.Sorted(sorts(name, operand));
            case "$skip" -> Stage.skip(whole(name, operand));
            case "$limit" -> Stage.limit(whole(name, operand));
            case "$count" -> Stage.count(text(name, operand));
            case "$group" -> group(map(name, operand));
            case "$project" -> project(map(name, operand));
            case "$addFields", "$set" -> Stage.addFields(expressions(map(name, operand)));
            case "$unwind" -> unwind(operand);
            case "$lookup" -> lookup(map(name, operand), depth, visible);
            case "$setWindowFields" -> MongoWindow.parse(map(name, operand));
            default -> throw new InvalidRequestException("unknown stage " + name + "; " + STAGES + " are supported");
        };
    }

    static List<Sort> sorts(String name, @Nullable Object operand) {
        List<Sort> sorts = new ArrayList<>();
        map(name, operand).forEach((path, direction) -> {
            long sign = whole(path, direction);
            if (sign != 1 && sign != -1) {
                throw new InvalidRequestException(name + ": " + path + " requires 1 or -1, not " + sign);
            }
            sorts.add(new Sort(FieldPath.parse(path), sign < 0));
        });
        return sorts;
    }

    private static Stage group(Map<String, ?> group) {
        if (!group.containsKey("_id")) {
            throw new InvalidRequestException("$group requires an _id, which can be null");
        }
        Map<String, Accumulator> fields = new LinkedHashMap<>();
        group.forEach((name, operand) -> {
            if (!name.equals("_id")) {
                fields.put(name, accumulator(name, map(name, operand)));
            }
        });
        Object key = group.get("_id");
        return Stage.group(key == null ? null : MongoExpression.parse(key, "_id"), fields);
    }

    /** One accumulator, alone in its map. */
    static Accumulator accumulator(String name, Map<String, ?> accumulator) {
        if (accumulator.size() != 1) {
            throw new InvalidRequestException(name + " requires one accumulator, not " + accumulator.keySet());
        }
        Map.Entry<String, ?> only = accumulator.entrySet().iterator().next();
        Accumulator.Kind kind = ACCUMULATORS.get(only.getKey());
        if (kind == null) {
            throw new InvalidRequestException(name + ": unknown accumulator " + only.getKey() + "; supported are "
                    + ACCUMULATORS.keySet().stream().sorted().toList());
        }
        if (kind == Accumulator.Kind.COUNT) {
            if (!Map.of().equals(only.getValue())) {
                throw new InvalidRequestException(name + ": $count requires an empty map");
            }
            return Accumulator.count();
        }
        return new Accumulator(kind, MongoExpression.parse(only.getValue(), name + "." + only.getKey()));
    }

    private static Stage project(Map<String, ?> fields) {
        Map<String, Expression> kept = new LinkedHashMap<>();
        fields.forEach((path, operand) -> {
            newField(path);
            if (isOne(operand)) {
                kept.put(path, Expression.field(path));
            } else if (operand instanceof Number || operand instanceof Boolean) {
                throw new InvalidRequestException(
                        "$project: " + path + " cannot be excluded; list the fields to include");
            } else {
                kept.put(path, MongoExpression.parse(operand, path));
            }
        });
        return Stage.project(kept);
    }

    private static boolean isOne(@Nullable Object operand) {
        return Boolean.TRUE.equals(operand)
                || operand instanceof Number number && new BigDecimal(number.toString()).compareTo(BigDecimal.ONE) == 0;
    }

    static Map<String, Expression> expressions(Map<String, ?> fields) {
        Map<String, Expression> expressions = new LinkedHashMap<>();
        fields.forEach((path, operand) -> {
            newField(path);
            expressions.put(path, MongoExpression.parse(operand, path));
        });
        return expressions;
    }

    /** A name with a $ in the place of a field is a misplaced operator. */
    static void newField(String path) {
        if (path.startsWith("$")) {
            throw new InvalidRequestException("the name of a field must not start with $: " + path);
        }
    }

    private static Stage lookup(Map<String, ?> parts, int depth, Set<String> visible) {
        for (String part : parts.keySet()) {
            if (!LOOKUP.contains(part)) {
                throw new InvalidRequestException("$lookup does not support " + part + "; use let and pipeline");
            }
        }
        if (!(parts.get("pipeline") instanceof List<?> pipeline)) {
            throw new InvalidRequestException("$lookup requires a pipeline, a list of stages");
        }
        Map<String, Expression> variables = new LinkedHashMap<>();
        if (parts.get("let") != null) {
            map("let", parts.get("let"))
                    .forEach((name, value) -> variables.put(name, MongoExpression.parse(value, "$lookup.let." + name)));
        }
        Set<String> inside = new HashSet<>(visible);
        inside.addAll(variables.keySet());
        try {
            return Stage.lookup(
                    collection(text("from", parts.get("from"))),
                    variables,
                    all(pipeline, depth + 1, inside),
                    text("as", parts.get("as")));
        } catch (InvalidRequestException e) {
            throw new InvalidRequestException("$lookup: " + e.getMessage(), null, e);
        }
    }

    /** MongoDB's collection HealthEvents is the table health_events. */
    private static String collection(String name) {
        return name.replaceAll("(?<=[a-z0-9])(?=[A-Z])", "_").toLowerCase(Locale.ROOT);
    }

    private static Stage unwind(@Nullable Object operand) {
        if (!(operand instanceof Map<?, ?>)) {
            return new Stage.Unwind(reference(operand), false);
        }
        Map<String, ?> parts = map("$unwind", operand);
        for (String part : parts.keySet()) {
            if (!part.equals("path") && !part.equals("preserveNullAndEmptyArrays")) {
                throw new InvalidRequestException("$unwind does not support " + part);
            }
        }
        Object keep = parts.containsKey("preserveNullAndEmptyArrays") ? parts.get("preserveNullAndEmptyArrays") : false;
        if (keep instanceof Boolean keepEmpty) {
            return new Stage.Unwind(reference(parts.get("path")), keepEmpty);
        }
        throw new InvalidRequestException("$unwind: preserveNullAndEmptyArrays must be true or false");
    }

    private static FieldPath reference(@Nullable Object operand) {
        if (operand instanceof String text && text.startsWith("$") && !text.startsWith("$$")) {
            return FieldPath.parse(text.substring(1));
        }
        throw new InvalidRequestException("$unwind requires a field, written with $ before its path");
    }

    static Map<String, ?> map(String name, @Nullable Object operand) {
        if (!(operand instanceof Map<?, ?> map)) {
            throw new InvalidRequestException(name + " requires a map");
        }
        Map<String, Object> copy = new LinkedHashMap<>();
        map.forEach((key, value) -> copy.put(String.valueOf(key), value));
        return copy;
    }

    static long whole(String name, @Nullable Object operand) {
        try {
            if (operand instanceof Number number) {
                return new BigDecimal(number.toString()).longValueExact();
            }
        } catch (ArithmeticException | NumberFormatException e) {
            throw new InvalidRequestException(name + " requires an integer, not " + operand);
        }
        throw new InvalidRequestException(name + " requires an integer");
    }

    private static String text(String name, @Nullable Object operand) {
        if (operand instanceof String text) {
            return text;
        }
        throw new InvalidRequestException(name + " requires a string");
    }
}

// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore;

import io.nvsentinel.datastore.aggregation.Accumulator;
import io.nvsentinel.datastore.aggregation.Expression;
import io.nvsentinel.datastore.aggregation.Operator;
import io.nvsentinel.datastore.aggregation.Stage;
import io.nvsentinel.datastore.aggregation.Window;
import io.nvsentinel.datastore.internal.filter.FieldMap;
import io.nvsentinel.datastore.internal.filter.FilterPredicate;
import io.nvsentinel.datastore.internal.filter.RecordContext;
import io.nvsentinel.datastore.query.FieldPath;
import io.nvsentinel.datastore.query.Filter;
import io.nvsentinel.datastore.query.Sort;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * Aggregations carried out the simple way, on lists of maps. Knows plain paths of names only. Numbers are BigDecimal.
 */
final class AggregationEvaluator {

    private static final Object MISSING = new Object();

    private final List<Map<String, Object>> collection;
    private final Map<String, Object> variables;

    private AggregationEvaluator(List<Map<String, Object>> collection, Map<String, Object> variables) {
        this.collection = collection;
        this.variables = variables;
    }

    /** Runs over a collection; each lookup runs over the same one. */
    static List<Map<String, Object>> run(List<Stage> stages, List<Map<String, Object>> documents) {
        return new AggregationEvaluator(documents, Map.of()).rows(stages);
    }

    private List<Map<String, Object>> rows(List<Stage> stages) {
        List<Map<String, Object>> rows = collection;
        for (Stage stage : stages) {
            rows = apply(stage, rows);
        }
        return rows;
    }

    private List<Map<String, Object>> apply(Stage stage, List<Map<String, Object>> rows) {
        if (stage instanceof Stage.Match match) {
            return rows.stream().filter(row -> matches(match.filter(), row)).toList();
        }
        if (stage instanceof Stage.Where where) {
            return rows.stream()
                    .filter(row -> truth(value(where.condition(), row)))
                    .toList();
        }
        if (stage instanceof Stage.Sorted sorted) {
            return rows.stream().sorted(order(sorted.sorts())).toList();
        }
        if (stage instanceof Stage.Skip skip) {
            return rows.stream().skip(skip.count()).toList();
        }
        if (stage instanceof Stage.Limit limit) {
            return rows.stream().limit(limit.count()).toList();
        }
        if (stage instanceof Stage.Count count) {
            return rows.isEmpty() ? List.of() : List.of(Map.of(count.name(), BigDecimal.valueOf(rows.size())));
        }
        if (stage instanceof Stage.Group group) {
            return group(group, rows);
        }
        if (stage instanceof Stage.Project project) {
            return rows.stream()
                    .map(row -> put(Map.of(), project.fields(), row))
                    .toList();
        }
        if (stage instanceof Stage.AddFields add) {
            return rows.stream().map(row -> put(row, add.fields(), row)).toList();
        }
        if (stage instanceof Stage.Unwind unwind) {
            return rows.stream().flatMap(row -> unwind(unwind, row).stream()).toList();
        }
        if (stage instanceof Stage.Lookup lookup) {
            return rows.stream().map(row -> lookup(lookup, row)).toList();
        }
        return window(((Stage.WindowFields) stage).window(), rows);
    }

    private Map<String, Object> lookup(Stage.Lookup lookup, Map<String, Object> row) {
        Map<String, Object> visible = new HashMap<>(variables);
        lookup.variables().forEach((name, value) -> visible.put(name, value(value, row)));
        return set(row, lookup.as().names(), new AggregationEvaluator(collection, visible).rows(lookup.stages()));
    }

    private AggregationEvaluator with(Map<String, Object> more) {
        Map<String, Object> visible = new HashMap<>(variables);
        visible.putAll(more);
        return new AggregationEvaluator(collection, visible);
    }

    /** By the evaluation of change streams, which another corpus compares with the server. */
    private static boolean matches(Filter filter, Map<String, Object> row) {
        return FilterPredicate.compile(filter, FieldMap.GENERIC).test(row, RecordContext.NONE);
    }

    private static Comparator<Map<String, Object>> order(List<Sort> sorts) {
        return (a, b) -> {
            for (Sort sort : sorts) {
                int order = compare(orNull(at(a, sort.path())), orNull(at(b, sort.path())));
                if (order != 0) {
                    return sort.descending() ? -order : order;
                }
            }
            return 0;
        };
    }

    private List<Map<String, Object>> group(Stage.Group group, List<Map<String, Object>> rows) {
        Map<Object, List<Map<String, Object>>> groups = new TreeMap<>(AggregationEvaluator::compare);
        for (Map<String, Object> row : rows) {
            Object key = group.key() == null ? null : orNull(value(group.key(), row));
            groups.computeIfAbsent(key, k -> new ArrayList<>()).add(row);
        }
        List<Map<String, Object>> result = new ArrayList<>();
        groups.forEach((key, members) -> {
            Map<String, Object> document = new LinkedHashMap<>();
            document.put("_id", key);
            group.fields().forEach((name, accumulator) -> document.put(name, accumulate(accumulator, members)));
            result.add(document);
        });
        return result;
    }

    private Map<String, Object> put(Map<String, Object> into, Map<String, Expression> fields, Map<String, Object> row) {
        Map<String, Object> made = into;
        for (Map.Entry<String, Expression> field : fields.entrySet()) {
            Object value = value(field.getValue(), row);
            if (value != MISSING) {
                made = set(made, FieldPath.parse(field.getKey()).names(), value);
            }
        }
        return made;
    }

    private static Map<String, Object> set(Map<?, ?> into, List<String> names, Object value) {
        Map<String, Object> copy = new LinkedHashMap<>();
        into.forEach((name, each) -> copy.put((String) name, each));
        if (names.size() == 1) {
            copy.put(names.get(0), value);
        } else {
            Object parent = copy.get(names.get(0));
            copy.put(
                    names.get(0),
                    set(parent instanceof Map<?, ?> map ? map : Map.of(), names.subList(1, names.size()), value));
        }
        return copy;
    }

    private static List<Map<String, Object>> unwind(Stage.Unwind unwind, Map<String, Object> row) {
        Object value = orNull(at(row, unwind.path()));
        List<?> elements = value == null ? List.of() : value instanceof List<?> list ? list : List.of(value);
        if (elements.isEmpty()) {
            Map<String, Object> without = new LinkedHashMap<>(row);
            without.remove(unwind.path().names().get(0));
            return unwind.keepEmpty() ? List.of(without) : List.of();
        }
        List<Map<String, Object>> made = new ArrayList<>();
        elements.forEach(element -> made.add(set(row, unwind.path().names(), element)));
        return made;
    }

    private List<Map<String, Object>> window(Window window, List<Map<String, Object>> given) {
        // Empty rows may be the same object, and each has a separate position.
        List<Map<String, Object>> rows =
                given.stream().<Map<String, Object>>map(LinkedHashMap::new).toList();
        List<Map<String, Object>> made = new ArrayList<>();
        for (Map<String, Object> row : rows) {
            List<Map<String, Object>> partition = rows.stream()
                    .filter(other -> window.partitionBy() == null
                            || compare(
                                            orNull(value(window.partitionBy(), row)),
                                            orNull(value(window.partitionBy(), other)))
                                    == 0)
                    .sorted(order(window.sorts()))
                    .toList();
            int position = 0;
            while (partition.get(position) != row) {
                position++;
            }
            Map<String, Object> document = row;
            for (Map.Entry<String, Window.Output> output : window.outputs().entrySet()) {
                Window.Frame frame = output.getValue().frame();
                long from = frame.from() == null ? 0 : Math.max(0, position + frame.from());
                long to = frame.to() == null
                        ? partition.size() - 1
                        : Math.min(partition.size() - 1, position + frame.to());
                List<Map<String, Object>> neighbours =
                        from > to ? List.of() : partition.subList((int) from, (int) to + 1);
                document = set(
                        document,
                        FieldPath.parse(output.getKey()).names(),
                        accumulate(output.getValue().accumulator(), neighbours));
            }
            made.add(document);
        }
        return made;
    }

    private Object accumulate(Accumulator accumulator, List<Map<String, Object>> rows) {
        List<Object> all =
                rows.stream().map(row -> value(accumulator.expression(), row)).toList();
        List<Object> present = new ArrayList<>(all);
        present.removeIf(value -> value == MISSING);
        List<BigDecimal> numbers = all.stream()
                .filter(BigDecimal.class::isInstance)
                .map(BigDecimal.class::cast)
                .toList();
        List<Object> notNull = present.stream().filter(Objects::nonNull).toList();
        BigDecimal sum = numbers.stream().reduce(BigDecimal.ZERO, BigDecimal::add);
        return switch (accumulator.kind()) {
            case COUNT -> BigDecimal.valueOf(rows.size());
            case SUM -> sum;
            case AVG ->
                numbers.isEmpty() ? null : sum.divide(BigDecimal.valueOf(numbers.size()), 30, RoundingMode.HALF_UP);
            case MIN -> notNull.stream().min(AggregationEvaluator::compare).orElse(null);
            case MAX -> notNull.stream().max(AggregationEvaluator::compare).orElse(null);
            case FIRST -> all.isEmpty() ? null : orNull(all.get(0));
            case LAST -> all.isEmpty() ? null : orNull(all.get(all.size() - 1));
            case PUSH -> present;
            case ADD_TO_SET -> set(present);
        };
    }

    private static List<Object> set(List<Object> values) {
        List<Object> set = new ArrayList<>();
        values.stream().sorted(AggregationEvaluator::compare).forEach(value -> {
            if (set.isEmpty() || compare(set.get(set.size() - 1), value) != 0) {
                set.add(value);
            }
        });
        return set;
    }

    private Object value(Expression expression, Map<String, Object> row) {
        if (expression instanceof Expression.Field field) {
            return at(row, field.path());
        }
        if (expression instanceof Expression.Literal literal) {
            return literal.value();
        }
        if (expression instanceof Expression.Document) {
            return row;
        }
        if (expression instanceof Expression.Now) {
            return BigDecimal.valueOf(System.currentTimeMillis());
        }
        if (expression instanceof Expression.Variable variable) {
            return at(variables.get(variable.name()), variable.path());
        }
        if (expression instanceof Expression.Let let) {
            Map<String, Object> more = new HashMap<>();
            let.variables().forEach((name, value) -> more.put(name, value(value, row)));
            return with(more).value(let.value(), row);
        }
        if (expression instanceof Expression.Composed composed) {
            return put(Map.of(), composed.members(), row);
        }
        if (expression instanceof Expression.Elements elements) {
            return elements(elements, row);
        }
        Expression.Call call = (Expression.Call) expression;
        return call(
                call.operator(),
                call.operands().stream().map(each -> value(each, row)).toList());
    }

    private List<Object> elements(Expression.Elements elements, Map<String, Object> row) {
        List<Object> made = new ArrayList<>();
        for (Object each : elements(value(elements.array(), row))) {
            Map<String, Object> element = new HashMap<>();
            element.put(elements.name(), each);
            AggregationEvaluator inside = with(element);
            if (elements.condition() == null || truth(inside.value(elements.condition(), row))) {
                made.add(elements.value() == null ? each : orNull(inside.value(elements.value(), row)));
            }
        }
        return made;
    }

    private static Object call(Operator operator, List<Object> values) {
        Object first = values.isEmpty() ? null : values.get(0);
        Object second = values.size() < 2 ? null : values.get(1);
        return switch (operator) {
            case AND -> values.stream().allMatch(AggregationEvaluator::truth);
            case OR -> values.stream().anyMatch(AggregationEvaluator::truth);
            case NOT -> !truth(first);
            case EQ -> compare(orNull(first), orNull(second)) == 0;
            case NE -> compare(orNull(first), orNull(second)) != 0;
            case GT -> comparable(first, second) && compare(first, second) > 0;
            case GTE -> comparable(first, second) && compare(first, second) >= 0;
            case LT -> comparable(first, second) && compare(first, second) < 0;
            case LTE -> comparable(first, second) && compare(first, second) <= 0;
            case ADD, SUBTRACT, MULTIPLY, DIVIDE -> arithmetic(operator, values);
            case IN -> elements(second).stream().anyMatch(each -> compare(each, orNull(first)) == 0);
            case ANY_ELEMENT_TRUE -> elements(first).stream().anyMatch(AggregationEvaluator::truth);
            case COND -> truth(first) ? second : values.get(2);
            case IF_NULL ->
                values.stream()
                        .filter(value -> orNull(value) != null)
                        .findFirst()
                        .orElse(values.get(values.size() - 1));
            case ARRAY ->
                values.stream().map(AggregationEvaluator::orNull).collect(ArrayList::new, List::add, List::addAll);
            case SIZE -> first instanceof List<?> list ? BigDecimal.valueOf(list.size()) : null;
            case ELEMENT_AT -> elementAt(first, second);
            case CONCAT ->
                values.stream().allMatch(String.class::isInstance)
                        ? values.stream().map(String.class::cast).collect(Collectors.joining())
                        : null;
            case ARRAY_TO_OBJECT -> first instanceof List<?> list ? object(list) : null;
            case SET_INTERSECTION -> {
                List<Object> both = new ArrayList<>(elements(first));
                both.removeIf(each -> elements(second).stream().noneMatch(other -> compare(each, other) == 0));
                yield set(both);
            }
        };
    }

    private static Map<String, Object> object(List<?> members) {
        Map<String, Object> object = new LinkedHashMap<>();
        for (Object member : members) {
            if (member instanceof Map<?, ?> map && map.get("k") instanceof String name && map.containsKey("v")) {
                object.put(name, map.get("v"));
            }
        }
        return object;
    }

    private static Object elementAt(Object array, Object index) {
        if (!(array instanceof List<?> list) || !(index instanceof BigDecimal number)) {
            return MISSING;
        }
        int position = number.intValue() < 0 ? list.size() + number.intValue() : number.intValue();
        return position < 0 || position >= list.size() ? MISSING : list.get(position);
    }

    private static Object arithmetic(Operator operator, List<Object> values) {
        if (!values.stream().allMatch(BigDecimal.class::isInstance)) {
            return null;
        }
        BigDecimal result = (BigDecimal) values.get(0);
        for (Object value : values.subList(1, values.size())) {
            BigDecimal number = (BigDecimal) value;
            if (operator == Operator.DIVIDE && number.signum() == 0) {
                return null;
            }
            result = switch (operator) {
                case ADD -> result.add(number);
                case SUBTRACT -> result.subtract(number);
                case MULTIPLY -> result.multiply(number);
                default -> result.divide(number, 30, RoundingMode.HALF_UP);
            };
        }
        return result;
    }

    private static boolean truth(Object value) {
        return !(value == null
                || value == MISSING
                || Boolean.FALSE.equals(value)
                || value instanceof BigDecimal number && number.signum() == 0);
    }

    private static boolean comparable(Object a, Object b) {
        return a instanceof BigDecimal && b instanceof BigDecimal
                || a instanceof String && b instanceof String
                || a instanceof Boolean && b instanceof Boolean;
    }

    @SuppressWarnings("unchecked")
    private static List<Object> elements(Object value) {
        return value instanceof List<?> list ? (List<Object>) list : List.of();
    }

    private static Object orNull(Object value) {
        return value == MISSING ? null : value;
    }

    private static Object at(Object value, FieldPath path) {
        Object at = value;
        for (String name : path.names()) {
            at = at instanceof Map<?, ?> map && map.containsKey(name) ? map.get(name) : MISSING;
        }
        return at;
    }

    /** The order of jsonb, as far as it is needed here. */
    private static int compare(Object a, Object b) {
        return compare(a, b, true);
    }

    /** An empty array sorts first, but only at the top level. */
    private static int compare(Object a, Object b, boolean top) {
        int rank = Integer.compare(rank(a, top), rank(b, top));
        if (rank != 0 || a == null) {
            return rank;
        }
        if (a instanceof String text) {
            return text.compareTo((String) b);
        }
        if (a instanceof BigDecimal number) {
            return number.compareTo((BigDecimal) b);
        }
        if (a instanceof Boolean bool) {
            return bool.compareTo((Boolean) b);
        }
        List<Object> left = flat(a);
        List<Object> right = flat(b);
        int order = Integer.compare(left.size(), right.size());
        for (int i = 0; order == 0 && i < left.size(); i++) {
            order = compare(left.get(i), right.get(i), false);
        }
        return order;
    }

    private static int rank(Object value, boolean top) {
        if (value instanceof List<?> list) {
            return top && list.isEmpty() ? -1 : 4;
        }
        List<Class<?>> ranks = List.of(String.class, BigDecimal.class, Boolean.class);
        return value == null ? 0 : value instanceof Map ? 5 : 1 + ranks.indexOf(value.getClass());
    }

    private static List<Object> flat(Object value) {
        List<Object> flat = new ArrayList<>();
        if (value instanceof Map<?, ?> map) {
            Comparator<String> order = Comparator.comparing(String::length);
            map.keySet().stream()
                    .map(String.class::cast)
                    .sorted(order.thenComparing(name -> name))
                    .forEach(name -> {
                        flat.add(name);
                        flat.add(map.get(name));
                    });
        } else {
            flat.addAll((List<?>) value);
        }
        return flat;
    }
}

// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.internal.filter;

import io.nvsentinel.datastore.query.FieldPath;
import io.nvsentinel.datastore.query.Filter;
import io.nvsentinel.datastore.query.Filter.Comparison;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.function.Supplier;

/**
 * Makes documents and filters that are likely to meet: from small sets of names and values, chosen to be hostile or
 * easily confused, and filters mostly from what the documents hold.
 */
final class CorpusGenerator {

    private static final List<String> HOSTILE_NAMES = List.of(
            "a",
            "b",
            "c",
            "0",
            "1",
            "-1",
            " 1",
            "00",
            "+0",
            "",
            "a.b",
            "it's",
            "\"q\"",
            "\\",
            "$1",
            "ü",
            "😀",
            "\u0001",
            "{a,b}",
            "NULL",
            "A",
            "value",
            "seconds",
            "--",
            "%",
            "n".repeat(300));

    private static final Map<String, List<String>> EVENT_NAMES = Map.of(
            "",
            List.of("healthevent", "healtheventstatus", "healthEventStatus", "nodeName", "createdAt", "RawEvent"),
            "healthevent",
            List.of(
                    "nodeName",
                    "nodename",
                    "checkName",
                    "checkname",
                    "componentClass",
                    "isFatal",
                    "isfatal",
                    "isHealthy",
                    "ishealthy",
                    "errorCode",
                    "errorcode",
                    "entitiesImpacted",
                    "metadata",
                    "generatedTimestamp",
                    "quarantineOverrides",
                    "quarantineoverrides",
                    "recommendedAction",
                    "message",
                    "a"),
            "healtheventstatus",
            List.of(
                    "nodequarantined",
                    "nodeQuarantined",
                    "userpodsevictionstatus",
                    "userPodsEvictionStatus",
                    "faultremediated",
                    "faultRemediated",
                    "drainfinishtimestamp",
                    "drainFinishTimestamp",
                    "spanids",
                    "lastremediationtimestamp"),
            "userpodsevictionstatus",
            List.of("status", "Status", "message", "Message"),
            "entitiesimpacted",
            List.of("entityType", "entitytype", "entityValue", "entityvalue"),
            "quarantineoverrides",
            List.of("force", "skip"),
            "faultremediated",
            List.of("value", "value", "a"),
            "times",
            List.of("seconds", "nanos"));

    private static final List<String> MAINTENANCE_NAMES = List.of(
            "eventId",
            "csp",
            "clusterName",
            "status",
            "cspStatus",
            "scheduledStartTime",
            "actualEndTime",
            "eventReceivedTimestamp",
            "lastUpdatedTimestamp",
            "nodeName",
            "metadata",
            "maintenanceType");

    private static final List<String> TEXTS = List.of(
            "",
            "a",
            "A",
            "ab",
            "b",
            "B",
            "z",
            "ä",
            "10",
            "9",
            "1",
            "1.0",
            "-1",
            "true",
            "false",
            "null",
            "tr",
            "{}",
            "[1]",
            "{\"value\": true}",
            "it's",
            "\"",
            "\\",
            "$1",
            "%",
            "_",
            "a%",
            "; DROP TABLE things",
            "\u0001",
            "\n",
            "😀",
            "\uFFFD",
            "\uE000",
            "ﬁ",
            "Succeeded",
            "Quarantined",
            "gpu-node-7",
            "10.0.0.1",
            "x".repeat(3000));

    /** Strings whose order depends on the collation. */
    private static final List<String> ORDERED =
            List.of("😀", "\uFFFD", "\uE000", "a", "B", "ä", "aB", "a b", "ab", "10", "9", "");

    private static final List<String> BOOLEANS =
            List.of("isfatal", "ishealthy", "force", "skip", "value", "faultremediated");

    private static final List<String> TIMES = List.of(
            "2026-11-01T00:00:00Z",
            "2026-11-01T00:00:00.000000Z",
            "2026-11-01T00:00:00.0000009Z",
            "2026-11-01T00:00:00.000001Z",
            "2026-11-01T01:00:00+01:00",
            "2026-10-31T23:59:60Z",
            "2026-02-30T00:00:00Z",
            "2026-02-28T23:30:00-23:59",
            "0001-01-01T00:00:00+23:59",
            "9999-12-31T23:59:59.999999999-23:59",
            "2024-02-29t12:00:00z",
            "2026-11-01T00:00:00",
            "2026-11-01 00:00:00Z",
            "2026-11-01T24:00:00Z",
            "2026-11-01T00:00:00Z\n",
            "1969-12-31T23:59:59.9999999Z");

    private static final List<Object> NUMBERS = List.of(
            0,
            1,
            -1,
            9,
            10,
            5,
            2.5,
            0.1,
            3_000_000_000L,
            new BigDecimal("1.0"),
            new BigDecimal("1E+3"),
            new BigDecimal("1E-10"),
            new BigDecimal("0.10000000000000000001"),
            new BigInteger("123456789012345678901234567890"),
            253402300799L,
            -62135596800L,
            1793491200,
            new BigDecimal("1793491200.5"),
            999_999_999,
            1_000_000_000);

    private final Random random;
    private final FieldMap map;
    private final boolean times;
    private List<TestTables.Stored> stored = List.of();

    CorpusGenerator(Random random, FieldMap map, boolean times) {
        this.random = random;
        this.map = map;
        this.times = times;
    }

    void over(List<TestTables.Stored> documents) {
        stored = documents;
    }

    // Documents

    Map<String, Object> document() {
        return object("", 0);
    }

    private Map<String, Object> object(String parent, int depth) {
        Map<String, Object> object = new LinkedHashMap<>();
        int size = depth == 0 && map != FieldMap.GENERIC ? 2 + random.nextInt(6) : random.nextInt(4);
        for (int i = 0; i < size; i++) {
            String name = name(parent, depth);
            object.put(name, value(name, depth + 1));
        }
        return object;
    }

    private String name(String parent, int depth) {
        String known = parent.toLowerCase(Locale.ROOT);
        if (map == FieldMap.HEALTH_EVENTS && EVENT_NAMES.containsKey(known) && random.nextInt(10) > 0) {
            return any(EVENT_NAMES.get(known));
        }
        if (map == FieldMap.MAINTENANCE_EVENTS && depth == 0 && random.nextInt(10) > 0) {
            return any(MAINTENANCE_NAMES);
        }
        return any(HOSTILE_NAMES.subList(0, random.nextBoolean() ? 4 : HOSTILE_NAMES.size()));
    }

    private Object value(String name, int depth) {
        String lower = name.toLowerCase(Locale.ROOT);
        boolean parent = map == FieldMap.HEALTH_EVENTS && EVENT_NAMES.containsKey(lower);
        if (parent && random.nextInt(8) > 0) {
            return lower.equals("entitiesimpacted")
                    ? List.of(object(name, depth), object(name, depth))
                    : object(name, depth);
        }
        if (BOOLEANS.contains(lower) && map == FieldMap.HEALTH_EVENTS && random.nextInt(3) > 0) {
            return lower.equals("faultremediated") && random.nextBoolean()
                    ? Collections.singletonMap("value", random.nextInt(3) == 0 ? null : random.nextBoolean())
                    : (Object) random.nextBoolean();
        }
        if (lower.contains("time") && random.nextInt(8) > 0) {
            return random.nextBoolean() ? any(TIMES) : time();
        }
        int kind = random.nextInt(depth > 4 ? 8 : 12);
        return switch (kind) {
            case 0, 1 -> null;
            case 2 -> random.nextBoolean();
            case 3, 4 -> any(NUMBERS);
            case 5, 6 -> any(random.nextInt(3) == 0 ? ORDERED : TEXTS);
            case 7 -> any(TIMES);
            case 8, 9 -> list(name, depth);
            case 10 -> random.nextInt(3) == 0 ? time() : object(name, depth);
            default -> object(name, depth);
        };
    }

    private Map<String, Object> time() {
        if (random.nextInt(3) == 0) {
            Map<String, Object> number = new LinkedHashMap<>();
            number.put(
                    "$numberLong", random.nextInt(6) == 0 ? value("", 9) : "" + (1793491200_000L + random.nextInt(3)));
            return Map.of("$date", random.nextBoolean() ? any(TIMES) : number);
        }
        Map<String, Object> time = new LinkedHashMap<>();
        time.put("seconds", random.nextInt(6) == 0 ? value("", 9) : any(NUMBERS));
        if (random.nextBoolean()) {
            time.put("nanos", random.nextInt(6) == 0 ? value("", 9) : any(NUMBERS));
        }
        return time;
    }

    private List<Object> list(String name, int depth) {
        List<Object> list = new ArrayList<>();
        for (int i = random.nextInt(4); i > 0; i--) {
            list.add(value(name.equals("list") ? "list" : "", depth + 1));
        }
        return list;
    }

    // Filters

    Filter filter(int depth) {
        List<Supplier<Filter>> kinds = new ArrayList<>(List.of(
                this::comparison,
                this::comparison,
                this::comparison,
                this::comparison,
                this::in,
                this::exists,
                this::startsWith,
                this::matches,
                this::contains,
                this::contains,
                () -> elemMatch(depth),
                () -> elemMatch(depth)));
        if (depth < 4) {
            kinds.addAll(List.of(
                    () -> Filter.not(filter(depth + 1)),
                    () -> Filter.and(filters(depth)),
                    () -> Filter.or(filters(depth)),
                    () -> Filter.nor(filters(depth).toArray(Filter[]::new))));
        }
        return any(kinds).get();
    }

    private List<Filter> filters(int depth) {
        List<Filter> filters = new ArrayList<>();
        for (int i = random.nextInt(4); i > 0; i--) {
            filters.add(filter(depth + 1));
        }
        return filters;
    }

    private Filter comparison() {
        if (random.nextInt(12) == 0) {
            return column();
        }
        FieldPath path = path();
        Comparison comparison = any(Arrays.asList(Comparison.values()));
        Object value = operand(path);
        boolean ordered = value != null && !(value instanceof Map) && !(value instanceof List);
        return compared(path, ordered ? comparison : Comparison.EQ, value);
    }

    private Filter compared(FieldPath path, Comparison comparison, Object value) {
        Filter filter = new Filter.Compare(path, comparison, value);
        return random.nextInt(3) == 0 ? Filter.not(filter) : filter;
    }

    private Filter column() {
        RecordContext record = any(stored).context();
        Comparison comparison = any(Arrays.asList(Comparison.values()));
        return switch (random.nextInt(times ? 4 : 2)) {
            case 0 -> compared(FieldPath.of("id"), comparison, record.id());
            case 1 -> Filter.in("id", List.of(record.id(), any(stored).context().id()));
            case 2 -> Filter.in("created_at", List.of(record.createdAt()));
            default -> compared(FieldPath.of("created_at"), comparison, record.createdAt());
        };
    }

    private Filter in() {
        FieldPath path = path();
        List<Object> values = new ArrayList<>();
        for (int i = random.nextInt(5); i > 0; i--) {
            values.add(operand(path));
        }
        return random.nextInt(3) == 0 ? Filter.nin(path.toString(), values) : Filter.in(path.toString(), values);
    }

    private Filter exists() {
        return Filter.exists(path().toString(), random.nextBoolean());
    }

    private Filter startsWith() {
        FieldPath path = path();
        Object value = operand(path);
        String text = value instanceof String some ? some : any(TEXTS);
        int end = text.isEmpty()
                ? 0
                : text.offsetByCodePoints(0, random.nextInt(1 + text.codePointCount(0, text.length())));
        return Filter.startsWith(path.toString(), text.substring(0, end));
    }

    private Filter matches() {
        FieldPath path = path();
        Object value = operand(path);
        String text = value instanceof String some && some.length() < 100 ? some : any(TEXTS.subList(0, 20));
        String pattern = text.replaceAll("[^\\w]", ".");
        return Filter.matches(
                path.toString(),
                any(List.of("^" + pattern + "$", pattern + ".*", "^[^a-c]+$", "\\d+|a" + pattern + "+")));
    }

    private Filter contains() {
        FieldPath path = random.nextInt(3) == 0 ? arrayPath() : path();
        Object value = part(valueAt(path));
        int last = path.names().size() - 1;
        FieldPath parent = new FieldPath(path.names().subList(0, Math.max(last, 0)));
        if (last > 0 && random.nextBoolean() && map.resolve(parent) instanceof Field.Document) {
            value = Collections.singletonMap(path.names().get(last), value);
            path = parent;
        }
        return Filter.contains(path.toString(), value == null ? any(TEXTS) : value);
    }

    /** Something the value contains, or nearly. */
    private Object part(Object value) {
        if (value instanceof Map<?, ?> whole) {
            Map<Object, Object> part = new LinkedHashMap<>();
            whole.forEach((name, member) -> {
                if (random.nextBoolean()) {
                    part.put(name, random.nextInt(6) == 0 ? value("", 5) : part(member));
                }
            });
            return part;
        }
        if (value instanceof List<?> whole) {
            List<Object> part = new ArrayList<>();
            whole.forEach(element -> part.add(random.nextInt(6) == 0 ? value("", 5) : part(element)));
            return part.size() == 1 && random.nextBoolean() ? part.get(0) : part;
        }
        return random.nextInt(8) == 0 ? value("", 5) : value;
    }

    private Filter elemMatch(int depth) {
        FieldPath path = arrayPath();
        Object array = valueAt(path);
        Filter itself = compared(
                FieldPath.of(),
                Comparison.EQ,
                array instanceof List<?> list && !list.isEmpty() ? any(list) : value("", 3));
        boolean deeper = depth < 4 && random.nextInt(3) > 0;
        return Filter.elemMatch(path.toString(), deeper ? noColumns(depth + 1) : itself);
    }

    private Filter noColumns(int depth) {
        Filter filter = filter(depth);
        return filter.toString().contains("[id]") || filter.toString().contains("[created_at]") ? exists() : filter;
    }

    private FieldPath arrayPath() {
        for (int i = 0; i < 20; i++) {
            FieldPath path = path();
            if (valueAt(path) instanceof List) {
                return path;
            }
        }
        return path();
    }

    private FieldPath path() {
        if (random.nextInt(8) == 0) {
            return new FieldPath(List.of(any(HOSTILE_NAMES), any(HOSTILE_NAMES)).subList(0, random.nextInt(3)));
        }
        List<String> names = new ArrayList<>();
        Object at = any(stored).document();
        while (names.isEmpty() || random.nextInt(3) > 0) {
            if (at instanceof Map<?, ?> object && !object.isEmpty()) {
                String name = (String) any(new ArrayList<>(object.keySet()));
                names.add(name);
                at = object.get(name);
            } else if (at instanceof List<?> list && !list.isEmpty() && random.nextBoolean()) {
                if (random.nextBoolean()) {
                    // Through the array, to a member of an element.
                    at = any(list);
                    if (at instanceof Map<?, ?> object && !object.isEmpty()) {
                        names.add((String) any(new ArrayList<>(object.keySet())));
                        at = object.get(names.get(names.size() - 1));
                    }
                    continue;
                }
                int index = random.nextInt(list.size());
                names.add(any(List.of("", "", "+", "0", " ", "\t\n", "x")) + index);
                if (random.nextBoolean()) {
                    names.set(names.size() - 1, "" + (index - list.size()));
                }
                at = list.get(index);
            } else {
                break;
            }
        }
        if (names.size() == 1
                && List.of("id", "_id", "created_at", "updated_at", "createdAt").contains(names.get(0))) {
            names.set(0, "a");
        }
        return new FieldPath(map == FieldMap.GENERIC ? names : spelled(names));
    }

    private List<String> spelled(List<String> names) {
        return switch (random.nextInt(4)) {
            case 0 -> names.stream().map(name -> name.toLowerCase(Locale.ROOT)).toList();
            case 1 -> names.stream().map(name -> name.toUpperCase(Locale.ROOT)).toList();
            default -> names;
        };
    }

    private Object valueAt(FieldPath path) {
        List<Object> found = new ArrayList<>();
        for (TestTables.Stored each : stored) {
            if (map.resolve(path) instanceof Field.Document field) {
                field.paths().stream()
                        .flatMap(place -> JsonTree.allAt(each.document(), place).stream())
                        .filter(value -> value != null)
                        .forEach(found::add);
            }
        }
        return found.isEmpty() ? value("", 5) : any(found);
    }

    private Object operand(FieldPath path) {
        Object found = valueAt(path);
        boolean element = found instanceof List<?> list && !list.isEmpty() && random.nextBoolean();
        Object value = element ? any((List<?>) found) : found;
        return switch (random.nextInt(10)) {
            case 0 -> null;
            case 1, 2 -> value("", 5);
            case 3, 4 -> {
                Instant instant = Instants.read(value);
                yield isAllowed(instant) ? instant.plusNanos(random.nextInt(3) * 500L) : value;
            }
            case 5 -> value instanceof Number number ? number.toString() : value;
            case 6 -> value instanceof String ? any(ORDERED) : value instanceof Boolean ? random.nextBoolean() : value;
            default -> value;
        };
    }

    /** Documents can hold times that a filter cannot name, a few hours outside the years 1 to 9999. */
    private static boolean isAllowed(Instant instant) {
        return instant != null
                && instant.isAfter(Instant.parse("0001-01-01T00:00:00Z"))
                && instant.isBefore(Instant.parse("9999-12-31T00:00:00Z"));
    }

    private <T> T any(List<T> choices) {
        return choices.get(random.nextInt(choices.size()));
    }
}

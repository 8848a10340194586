// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream.internal.changelog;

import io.nvsentinel.datastore.query.FieldPath;
import io.nvsentinel.datastore.query.Filter;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Supplier;

/** Documents and filters on changes of them that are likely to meet, from small sets of names and values. */
final class ChangeCorpus {

    private static final List<String> PATHS = List.of(
            "healthevent.nodeName",
            "healthevent.nodename",
            "healthevent.isFatal",
            "healthevent.isHealthy",
            "healthevent.isfatal",
            "healthevent.agent",
            "healthevent.errorCode",
            "healthevent.entitiesImpacted",
            "healthevent.generatedTimestamp",
            "healthevent.metadata.a",
            "healthevent.metadata.a\\.b",
            "healtheventstatus.nodequarantined",
            "healtheventstatus.nodeQuarantined",
            "healtheventstatus.faultremediated",
            "healtheventstatus.userpodsevictionstatus.status",
            "healtheventstatus.userpodsevictionstatus.Status",
            "healthevent",
            "notes",
            "0",
            "a");

    private static final List<String> IN_ARRAYS = List.of(
            "healthevent.entitiesimpacted.a",
            "healthevent.entitiesImpacted.0.a",
            "healthevent.errorcode.1",
            "healthevent.metadata.a.value",
            "notes.a");

    private final Random random;

    ChangeCorpus(long seed) {
        this.random = new Random(seed);
    }

    private <T> T pick(List<T> of) {
        return of.get(random.nextInt(of.size()));
    }

    Map<String, Object> document() {
        Map<String, Object> document = new LinkedHashMap<>();
        int fields = random.nextInt(8);
        for (int i = 0; i < fields; i++) {
            put(document, FieldPath.parse(pick(PATHS)).names(), value(0));
        }
        return document;
    }

    @SuppressWarnings("unchecked")
    private static void put(Map<String, Object> document, List<String> names, Object value) {
        Map<String, Object> at = document;
        for (String name : names.subList(0, names.size() - 1)) {
            if (!(at.get(name) instanceof Map)) {
                at.put(name, new LinkedHashMap<>());
            }
            at = (Map<String, Object>) at.get(name);
        }
        at.put(names.get(names.size() - 1), value);
    }

    private Object value(int depth) {
        List<Supplier<Object>> kinds = new ArrayList<>(List.of(
                () -> null,
                () -> random.nextBoolean(),
                () -> random.nextInt(3),
                () -> 1.5,
                () -> pick(List.of("", "1", "x", "xy", "Quarantined", "true", "2026-01-01T00:00:00Z")),
                () -> new LinkedHashMap<>(Map.of("seconds", 1767225600, "nanos", random.nextInt(2)))));
        if (depth < 2) {
            kinds.add(() -> new ArrayList<>(Arrays.asList(value(depth + 1), value(depth + 1))));
            kinds.add(() -> new ArrayList<>());
            kinds.add(() -> object(depth));
        }
        return pick(kinds).get();
    }

    private Map<String, Object> object(int depth) {
        Map<String, Object> object = new LinkedHashMap<>();
        object.put(pick(List.of("a", "value", "0")), value(depth + 1));
        return object;
    }

    Filter filter(int depth) {
        if (depth < 3 && random.nextInt(3) == 0) {
            return switch (random.nextInt(3)) {
                case 0 -> Filter.and(filter(depth + 1), filter(depth + 1));
                case 1 -> Filter.or(filter(depth + 1), filter(depth + 1));
                default -> Filter.not(filter(depth + 1));
            };
        }
        return random.nextInt(4) == 0 ? fact() : onDocument();
    }

    private Filter fact() {
        return switch (random.nextInt(4)) {
            case 0 -> Filter.eq("operationType", pick(List.of("insert", "update", "delete", "truncate")));
            case 1 -> Filter.in("operationType", List.of("insert", "truncate", "replace"));
            case 2 -> Filter.eq("ns.coll", pick(List.of("health_events", "maintenance_events")));
            default -> Filter.gt("documentKey._id", pick(List.of("4", "8", "c")));
        };
    }

    private Filter onDocument() {
        String path = pick(List.of("fullDocument.", "fullDocumentBeforeChange.", "FULLDOCUMENT."))
                + pick(random.nextInt(4) == 0 ? IN_ARRAYS : PATHS);
        return switch (random.nextInt(10)) {
            case 0 -> Filter.eq(path, value(0));
            case 1 -> Filter.ne(path, value(1));
            case 2 -> Filter.gte(path, ordered());
            case 3 -> Filter.lt(path, ordered());
            case 4 -> Filter.in(path, Arrays.asList(value(1), value(1), value(1)));
            case 5 -> Filter.exists(path, random.nextBoolean());
            case 6 -> Filter.startsWith(path, pick(List.of("", "x", "Q")));
            case 7 -> Filter.matches(path, pick(List.of("^x", "a", "[0-9]$")));
            case 8 -> Filter.contains(path, pick(List.of("x", 1, true, Map.of("a", 1), List.of(1))));
            default -> Filter.elemMatch(path, Filter.eq("a", value(2)));
        };
    }

    private Object ordered() {
        return pick(List.of("x", "Quarantined", 1, 1.5, true, Instant.parse("2026-01-01T00:00:00Z")));
    }
}

// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.internal.filter;

import io.nvsentinel.datastore.internal.filter.KnownName.Shape;
import io.nvsentinel.datastore.query.FieldPath;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/** SQL that reads a field of a document in any of its spellings. Paths and values are bound. */
final class DocumentSql {

    /** With more spellings than this the guards cost more than an index over the document could save. */
    private static final int MAX_GUARDED = 4;

    private final Binder binder;

    DocumentSql(Binder binder) {
        this.binder = binder;
    }

    /** The first spelling that is not null, as a comparison sees it. */
    String value(Field.Document field) {
        Shape shape = field.known().shape();
        if (field.paths().size() == 1 && shape != Shape.FALSE_IF_ABSENT && shape != Shape.WRAPPED) {
            return at(field, field.canonical());
        }
        return firstNotNull(field, shape == Shape.FALSE_IF_ABSENT ? ", 'false')" : ")");
    }

    private String firstNotNull(Field.Document field, String end) {
        List<String> places = field.paths().stream()
                .map(path -> "NULLIF(" + unwrapped(field, at(field, path)) + ", 'null')")
                .toList();
        return "COALESCE(" + String.join(", ", places) + end;
    }

    private static String unwrapped(Field.Document field, String stored) {
        return field.known().shape() == Shape.WRAPPED
                ? "CASE jsonb_typeof(" + stored + ") WHEN 'object' THEN " + stored + " -> 'value' ELSE " + stored
                        + " END"
                : stored;
    }

    private String at(Field.Document field, FieldPath path) {
        return "(" + field.document() + " #> " + bound(path) + ")";
    }

    private String bound(FieldPath path) {
        return "CAST(" + binder.bind(path.names().toArray(String[]::new)) + " AS text[])";
    }

    String isNull(Field.Document field) {
        if (field.isTime()) {
            String stored = firstNotNull(field, ")");
            return "(SELECT v IS NULL OR {schema}.nvsentinel_unset_time(v) FROM (SELECT " + stored
                    + " AS v) AS stored)";
        }
        if (field.known().shape() == Shape.WRAPPED) {
            return "(" + firstNotNull(field, ")") + " IS NULL)";
        }
        return joined(field, " AND ", path -> "(" + field.document() + " #>> " + bound(path) + ") IS NULL");
    }

    String exists(Field.Document field) {
        return joined(field, " OR ", path -> at(field, path) + " IS NOT NULL");
    }

    private static String joined(Field.Document field, String operator, Function<FieldPath, String> condition) {
        return "(" + String.join(operator, field.paths().stream().map(condition).toList()) + ")";
    }

    /** The field's text; null if it holds anything else. */
    String text(Field.Document field) {
        String stored = value(field);
        return "(CASE jsonb_typeof(" + stored + ") WHEN 'string' THEN " + stored + " #>> '{}' END)";
    }

    /** The field equals one of some values; scalars by containment, which an index over the document serves. */
    String equal(Field.Document field, List<Object> values) {
        if (isGuardable(field) && values.stream().allMatch(value -> isScalar(field, value))) {
            return firstOf(
                    field,
                    path -> contains(
                            field,
                            values.stream()
                                    .<Object>map(value -> nested(path.names(), value))
                                    .toList()));
        }
        return "(" + value(field) + oneOf(" = ", values) + ")";
    }

    private static boolean isScalar(Field.Document field, Object value) {
        boolean absent = field.known().shape() == Shape.FALSE_IF_ABSENT && value.equals(false);
        return !absent && (value instanceof String || value instanceof Boolean || value instanceof BigDecimal);
    }

    /** The field contains a value; for maps and lists by containment in the document, for scalars in the field. */
    String contains(Field.Document field, Object value) {
        if (isGuardable(field) && (value instanceof Map || value instanceof List)) {
            return firstOf(field, path -> contains(field, List.of(nested(path.names(), value))));
        }
        return "(" + value(field) + oneOf(" @> ", List.of(value)) + ")";
    }

    private String contains(Field.Document field, List<Object> trees) {
        return field.document() + oneOf(" @> ", trees);
    }

    private String oneOf(String operator, List<Object> values) {
        if (values.size() == 1) {
            return operator + binder.bind(JsonText.bind(values.get(0)));
        }
        String[] texts = values.stream().map(JsonText::write).toArray(String[]::new);
        return operator + "ANY(CAST(CAST(" + binder.bind(texts) + " AS text[]) AS jsonb[]))";
    }

    /** Whether containment in the document says the same as containment in the field. */
    private static boolean isGuardable(Field.Document field) {
        return field.paths().size() <= MAX_GUARDED
                && field.known().shape() != Shape.WRAPPED
                && field.paths().stream()
                        .allMatch(path ->
                                !path.names().isEmpty() && path.names().stream().noneMatch(JsonTree::isIndex));
    }

    /** A spelling satisfies the condition, and all that go before it are null. */
    private String firstOf(Field.Document field, Function<FieldPath, String> condition) {
        List<String> ways = new ArrayList<>();
        StringBuilder before = new StringBuilder();
        for (FieldPath path : field.paths()) {
            ways.add("(" + condition.apply(path) + before + ")");
            if (ways.size() < field.paths().size()) {
                before.append(" AND (")
                        .append(field.document())
                        .append(" #>> ")
                        .append(bound(path))
                        .append(") IS NULL");
            }
        }
        return ways.size() == 1 ? ways.get(0) : "(" + String.join(" OR ", ways) + ")";
    }

    private static Object nested(List<String> names, Object value) {
        Object tree = value;
        for (int i = names.size() - 1; i >= 0; i--) {
            tree = Map.of(names.get(i), tree);
        }
        return tree;
    }
}

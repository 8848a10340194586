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
    private int aliases;

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
                ? "CASE WHEN " + stored + " = '{}' THEN 'false' WHEN jsonb_typeof(" + stored + ") = 'object' THEN "
                        + stored + " -> 'value' ELSE " + stored + " END"
                : stored;
    }

    private String at(Field.Document field, FieldPath path) {
        return "(" + field.document() + " #> " + bound(path) + ")";
    }

    private String bound(FieldPath path) {
        return "CAST(" + binder.bind(path.names().toArray(String[]::new)) + " AS text[])";
    }

    String isNull(Field.Document field) {
        if (field.hasElements()) {
            return joined(field, " AND ", path -> {
                Place place = place(field, path);
                return "(jsonb_path_exists(" + place.document() + ", "
                        + jsonPath(place.root() + ".type() ? (@ != \"null\")") + ") IS NOT TRUE)";
            });
        }
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
        if (field.hasElements()) {
            return joined(field, " OR ", path -> {
                Place place = place(field, path);
                return "jsonb_path_exists(" + place.document() + ", " + jsonPath(place.root()) + ")";
            });
        }
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
        if (field.hasElements()) {
            return anyEqual(field, values);
        }
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

    private String anyEqual(Field.Document field, List<Object> values) {
        List<Object> scalars =
                values.stream().filter(value -> isScalar(field, value)).toList();
        List<Object> others =
                values.stream().filter(value -> !isScalar(field, value)).toList();
        List<String> ways = new ArrayList<>();
        if (!scalars.isEmpty()) {
            ways.add(firstOf(field, path -> {
                Place place = place(field, path);
                return place.document() + " @@ " + anyOf(place.root(), scalars);
            }));
        }
        if (!others.isEmpty()) {
            ways.add(anyValue(field, "", value -> value + oneOf(" = ", others)));
            ways.add(anyValue(field, "[*]", value -> value + oneOf(" = ", others)));
        }
        return ways.size() == 1 ? ways.get(0) : "(" + String.join(" OR ", ways) + ")";
    }

    /** Paths that find nothing but these values, as one operand, or as ANY of an array. */
    private String anyOf(String root, List<Object> scalars) {
        List<String> paths = scalars.stream()
                .map(value -> root + " == " + JsonText.write(value))
                .toList();
        return paths.size() == 1 ? jsonPath(paths.get(0)) : jsonPaths(paths);
    }

    private String jsonPath(String path) {
        return "CAST(" + binder.bind(path) + " AS jsonpath)";
    }

    private String jsonPaths(List<String> paths) {
        return "ANY(CAST(CAST(" + binder.bind(paths.toArray(String[]::new)) + " AS text[]) AS jsonpath[]))";
    }

    /** One of the field's values satisfies a predicate of SQL/JSON, such as {@code > 5}; what has another type does not. */
    String matches(Field.Document field, String predicate) {
        return firstOf(field, path -> {
            Place place = place(field, path);
            return "jsonb_path_match(" + place.document() + ", " + jsonPath(place.root() + predicate) + ", '{}', true)";
        });
    }

    /** One of the field's values satisfies a condition in SQL. */
    String anyElement(Field.Document field, Function<String, String> condition) {
        return anyValue(field, "[*]", condition);
    }

    /** An element of the field, or its value if it is no array, satisfies a condition in SQL. */
    String below(Field.Document field, String element, String condition) {
        return firstOf(
                field,
                path -> "EXISTS (SELECT FROM " + values(field, path, "[*]", element) + " WHERE " + condition + ")");
    }

    /** One of the field's values, as it is, satisfies a condition in SQL. */
    String anyArray(Field.Document field, Function<String, String> condition) {
        return field.hasElements() ? anyValue(field, "", condition) : "(" + condition.apply(value(field)) + ")";
    }

    private String anyValue(Field.Document field, String elements, Function<String, String> condition) {
        return firstOf(field, path -> {
            String alias = "c" + ++aliases;
            return "EXISTS (SELECT FROM " + values(field, path, elements, alias) + " WHERE "
                    + condition.apply(alias + ".value") + ")";
        });
    }

    private String values(Field.Document field, FieldPath path, String elements, String alias) {
        Place place = place(field, path);
        return "jsonb_path_query(" + place.document() + ", " + jsonPath(place.root() + elements) + ") AS " + alias
                + "(value)";
    }

    /** An array of the field has an element that satisfies a condition in SQL. */
    String anyElementOfArray(Field.Document field, String element, String condition) {
        String elements = " AS " + element + "(value) WHERE " + condition + ")";
        if (!field.hasElements()) {
            return "(EXISTS (SELECT FROM " + elementsOf(value(field)) + elements + ")";
        }
        return firstOf(field, path -> {
            String alias = "c" + ++aliases;
            return "EXISTS (SELECT FROM " + values(field, path, "", alias) + ", " + elementsOf(alias + ".value")
                    + elements;
        });
    }

    private static String elementsOf(String array) {
        return "jsonb_array_elements(CASE jsonb_typeof(" + array + ") WHEN 'array' THEN " + array + " END)";
    }

    /**
     * What each document with an element of an array that equals one of some values satisfies, and few others: an index
     * over the document serves it. Empty if there is no such condition.
     *
     * @param arrays the array's field
     * @param field the field in the element
     */
    String hint(Field.Document arrays, Field.Document field, List<Object> values) {
        Shape shape = field.known().shape();
        boolean plain = (shape == Shape.PLAIN || shape == Shape.TEXT && !values.contains(""))
                && values.stream().allMatch(value -> isScalar(field, value));
        if (!plain
                || arrays.paths().stream().anyMatch(JsonTree::hasIndex)
                || field.paths().stream().anyMatch(JsonTree::hasIndex)) {
            return "";
        }
        List<String> paths = new ArrayList<>();
        for (FieldPath array : arrays.paths()) {
            for (FieldPath path : field.paths()) {
                String root = root(array.then(path.names()));
                values.forEach(value -> paths.add(root + " == " + JsonText.write(value)));
            }
        }
        return arrays.document() + " @@ " + jsonPaths(paths) + " AND ";
    }

    /**
     * Where the values at a path are, for SQL/JSON, which goes through arrays on its own: below a root of a document. Indexes
     * of elements come first, because in SQL/JSON they mean something else.
     */
    private record Place(String document, String root) {}

    private Place place(Field.Document field, FieldPath path) {
        return JsonTree.hasIndex(path) ? new Place(at(field, path), "$") : new Place(field.document(), root(path));
    }

    private static String root(FieldPath path) {
        StringBuilder root = new StringBuilder("$");
        path.names().forEach(name -> root.append('.').append(JsonText.write(name)));
        return root.toString();
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

// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.internal.filter;

import io.nvsentinel.datastore.error.InvalidRequestException;
import io.nvsentinel.datastore.internal.time.ServerTimes;
import io.nvsentinel.datastore.query.Filter;
import io.nvsentinel.datastore.query.Filter.Comparison;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.UUID;

/**
 * Renders a filter to SQL. Everything that comes from the filter is bound, names in paths included.
 *
 * <p>A comparison may come out as SQL's null instead of false. Conjunction and disjunction keep that apart from true,
 * and negation asks for {@code IS NOT TRUE}; so comparisons can stay in the plain form that an index serves.
 */
public final class FilterSql extends FilterReader<String> {

    private final Binder binder;
    private final DocumentSql documents;
    private int aliases;

    private FilterSql(Binder binder) {
        this.binder = binder;
        this.documents = new DocumentSql(binder);
    }

    /**
     * Renders a filter.
     *
     * @param filter the filter
     * @param map what its paths mean
     * @param firstParameter the number of the first parameter, from 1
     * @return a parenthesised condition, or TRUE or FALSE; true for exactly the documents that match, else false or null
     * @throws InvalidRequestException if the filter names a column the map does not have, or needs too many parameters
     */
    public static SqlFragment render(Filter filter, FieldMap map, int firstParameter) {
        Binder binder = new Binder(firstParameter);
        return binder.finish(render(filter, map, binder));
    }

    /**
     * Renders a filter as a part of a longer statement.
     *
     * @param filter the filter
     * @param map what its paths mean
     * @param binder numbers the parameters of the statement
     * @return a condition, as {@link #render(Filter, FieldMap, int)}
     */
    public static String render(Filter filter, FieldMap map, Binder binder) {
        return new FilterSql(binder).read(filter, map);
    }

    @Override
    String constant(boolean verdict) {
        return verdict ? "TRUE" : "FALSE";
    }

    @Override
    String all(List<String> conditions) {
        return joined(conditions, " AND ", true);
    }

    @Override
    String any(List<String> conditions) {
        return joined(conditions, " OR ", false);
    }

    private String joined(List<String> conditions, String operator, boolean ofNone) {
        if (conditions.isEmpty()) {
            return constant(ofNone);
        }
        return conditions.size() == 1 ? conditions.get(0) : "(" + String.join(operator, conditions) + ")";
    }

    @Override
    String not(String condition) {
        return "(" + condition + " IS NOT TRUE)";
    }

    @Override
    String record(Field.Record column, Comparison comparison, Object value) {
        return "(" + column.sql() + operator(comparison) + typed(value) + ")";
    }

    @Override
    String recordIn(Field.Record column, List<Object> values) {
        if (values.isEmpty()) {
            return constant(false);
        }
        String type = values.get(0) instanceof UUID ? "uuid" : "timestamptz";
        return "(" + column.sql() + " = ANY(CAST(" + binder.bind(strings(values)) + " AS text[])::" + type + "[]))";
    }

    private String typed(Object value) {
        return "CAST(" + binder.bind(value) + (value instanceof UUID ? " AS uuid)" : " AS timestamptz)");
    }

    private static String[] strings(List<Object> values) {
        return values.stream()
                .map(value -> value instanceof Instant time ? ServerTimes.text(time) : value.toString())
                .toArray(String[]::new);
    }

    /**
     * A column is also null if the document contains a value of another type; it is only used to find candidate rows.
     */
    @Override
    String isNull(Field.Document field) {
        KnownName.Mirror mirror = field.mirror();
        String stored = documents.isNull(field);
        return mirror == null ? stored : "(" + quoted(mirror) + " IS NULL AND " + stored + ")";
    }

    @Override
    String exists(Field.Document field) {
        return documents.exists(field);
    }

    @Override
    String ordered(Field.Document field, Comparison comparison, Object value) {
        if (field.hasElements()) {
            return documents.matches(field, operator(comparison) + JsonText.write(value));
        }
        if (value instanceof String text) {
            return "(" + text(field) + " COLLATE \"C\"" + operator(comparison) + "CAST(" + binder.bind(text)
                    + " AS text))";
        }
        String stored = documents.value(field);
        String type = value instanceof Boolean ? "'boolean'" : "'number'";
        return "(jsonb_typeof(" + stored + ") = " + type + " AND " + stored + operator(comparison)
                + binder.bind(JsonText.bind(value)) + ")";
    }

    /** The field's text; null if it holds anything else. */
    private String text(Field.Document field) {
        KnownName.Mirror mirror = field.mirror();
        return mirror != null && !mirror.instant() ? quoted(mirror) : documents.text(field);
    }

    @Override
    String valueIn(Field.Document field, List<Object> values) {
        KnownName.Mirror mirror = field.mirror();
        if (mirror == null || mirror.instant()) {
            return documents.equal(field, values);
        }
        List<Object> texts = values.stream().filter(String.class::isInstance).toList();
        List<Object> others =
                values.stream().filter(value -> !(value instanceof String)).toList();
        List<String> ways = new ArrayList<>();
        if (!texts.isEmpty()) {
            ways.add("(" + columnIn(mirror, texts) + ")");
        }
        if (!others.isEmpty()) {
            ways.add(documents.equal(field, others));
        }
        return any(ways);
    }

    private String columnIn(KnownName.Mirror mirror, List<Object> texts) {
        return texts.size() == 1
                ? quoted(mirror) + " = " + binder.bind(texts.get(0))
                : quoted(mirror) + " = ANY(" + binder.bind(strings(texts)) + ")";
    }

    @Override
    String instant(Field.Document field, Comparison comparison, Instant value) {
        if (field.hasElements()) {
            String compared = operator(comparison) + typed(value);
            return documents.anyElement(field, each -> "{schema}.nvsentinel_instant(" + each + ")" + compared);
        }
        KnownName.Mirror mirror = field.mirror();
        String stored = mirror != null && mirror.instant()
                ? quoted(mirror)
                : "{schema}.nvsentinel_instant(" + documents.value(field) + ")";
        return "(" + stored + operator(comparison) + typed(value) + ")";
    }

    @Override
    String size(Field.Document field, int size) {
        return documents.anyArray(
                field,
                each -> "CASE jsonb_typeof(" + each + ") WHEN 'array' THEN jsonb_array_length(" + each + ") END = "
                        + size);
    }

    @Override
    String startsWith(Field.Document field, String prefix) {
        if (field.hasElements()) {
            return documents.matches(field, " starts with " + JsonText.write(prefix));
        }
        return "(starts_with(" + text(field) + ", " + binder.bind(prefix) + "))";
    }

    @Override
    String matches(Field.Document field, String pattern) {
        String matched = " COLLATE \"C\" ~ CAST(" + binder.bind(pattern) + " AS text)";
        if (field.hasElements()) {
            return documents.anyElement(
                    field,
                    each -> "CASE jsonb_typeof(" + each + ") WHEN 'string' THEN " + each + " #>> '{}' END" + matched);
        }
        return "(" + text(field) + matched + ")";
    }

    @Override
    String contains(Field.Document field, Object value) {
        return documents.contains(field, value);
    }

    @Override
    String elemMatch(Field.Document field, FieldMap map, Filter filter) {
        String element = "e" + ++aliases;
        FieldMap elements = map.elements(field, element + ".value");
        return hinted(
                field, map, elements, filter, documents.anyElementOfArray(field, element, read(filter, elements)));
    }

    @Override
    String below(Field.Document field, FieldMap map, Filter filter) {
        String element = "e" + ++aliases;
        FieldMap elements = map.elements(field, element + ".value");
        return hinted(field, map, elements, filter, documents.below(field, element, read(filter, elements)));
    }

    private String hinted(Field.Document field, FieldMap map, FieldMap elements, Filter filter, String matches) {
        String hint = map.isTable() ? hint(field, elements, filter) : "";
        return hint.isEmpty() ? matches : "(" + hint + matches + ")";
    }

    /** For the equalities that a filter on elements demands. */
    private String hint(Field.Document array, FieldMap elements, Filter filter) {
        if (filter instanceof Filter.And and) {
            return String.join(
                    "",
                    and.filters().stream()
                            .map(each -> hint(array, elements, each))
                            .toList());
        }
        List<Object> values = equalities(filter);
        return !values.isEmpty() && elements.resolve(((Filter.OnField) filter).path()) instanceof Field.Document field
                ? documents.hint(array, field, values)
                : "";
    }

    private static List<Object> equalities(Filter filter) {
        if (filter instanceof Filter.In in && !in.values().contains(null)) {
            return in.values().stream().<Object>map(Objects::requireNonNull).toList();
        }
        return filter instanceof Filter.Compare compare
                        && compare.comparison() == Comparison.EQ
                        && compare.value() != null
                ? List.of(compare.value())
                : List.of();
    }

    @Override
    String jsonPath(FieldMap map, String expression) {
        return "(" + map.document() + " @? CAST(" + binder.bind(expression) + " AS jsonpath))";
    }

    @Override
    String text(FieldMap map, String query) {
        return "({schema}.nvsentinel_words(" + map.document() + ") @@ websearch_to_tsquery('simple', "
                + binder.bind(query) + "))";
    }

    private static String quoted(KnownName.Mirror mirror) {
        return '"' + mirror.column() + '"';
    }

    private static String operator(Comparison comparison) {
        return switch (comparison) {
            case EQ -> " = ";
            case GT -> " > ";
            case GTE -> " >= ";
            case LT -> " < ";
            case LTE -> " <= ";
        };
    }
}

// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.internal.filter;

import io.nvsentinel.datastore.error.InvalidRequestException;
import io.nvsentinel.datastore.query.FieldPath;
import io.nvsentinel.datastore.query.Filter;
import io.nvsentinel.datastore.query.Filter.Comparison;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Walks a filter and decides, once for both readers, what each node means: which field, which kind of value, where null
 * belongs. A reader only says how each of the remaining primitives is written.
 *
 * @param <R> what a filter is turned into
 */
abstract class FilterReader<R> {

    final R read(Filter filter, FieldMap map) {
        if (filter instanceof Filter.All) {
            return constant(true);
        }
        if (filter instanceof Filter.And and) {
            return all(and.filters().stream().map(each -> read(each, map)).toList());
        }
        if (filter instanceof Filter.Or or) {
            return any(or.filters().stream().map(each -> read(each, map)).toList());
        }
        if (filter instanceof Filter.Not not) {
            return not(read(not.filter(), map));
        }
        if (filter instanceof Filter.JsonPath path) {
            return jsonPath(map, path.expression());
        }
        if (filter instanceof Filter.Text text) {
            return text(map, text.query());
        }
        return readField(filter, map);
    }

    private R readField(Filter filter, FieldMap map) {
        if (filter instanceof Filter.Compare compare) {
            return compare(map.resolve(compare.path()), compare.comparison(), compare.value());
        }
        if (filter instanceof Filter.In in) {
            return in(map.resolve(in.path()), in.values());
        }
        if (filter instanceof Filter.Exists exists) {
            return map.resolve(exists.path()) instanceof Field.Document field ? exists(field) : constant(true);
        }
        if (filter instanceof Filter.ElemMatch match) {
            return elemMatch(document(map, match.path(), "elemMatch"), map, match.filter());
        }
        if (filter instanceof Filter.StartsWith start) {
            return startsWith(document(map, start.path(), "startsWith"), start.prefix());
        }
        if (filter instanceof Filter.Matches matches) {
            return matches(document(map, matches.path(), "matches"), matches.pattern());
        }
        if (filter instanceof Filter.Contains contains) {
            return contains(document(map, contains.path(), "contains"), contains.value());
        }
        throw new IllegalStateException("unknown filter " + filter.getClass());
    }

    private R compare(Field field, Comparison comparison, @Nullable Object value) {
        if (field instanceof Field.Record column) {
            return value == null ? constant(false) : record(column, comparison, column.typed(value));
        }
        return compare((Field.Document) field, comparison, value);
    }

    private R compare(Field.Document field, Comparison comparison, @Nullable Object value) {
        if (value == null) {
            return isNull(field);
        }
        if (value instanceof Instant instant) {
            boolean unset = comparison == Comparison.EQ && instant.equals(Instants.UNSET);
            return unset ? isNull(field) : instant(field, comparison, instant);
        }
        return value(field, comparison, value);
    }

    private R in(Field field, List<?> values) {
        if (field instanceof Field.Record column) {
            return recordIn(
                    column,
                    values.stream().filter(v -> v != null).map(column::typed).toList());
        }
        List<R> ways = new ArrayList<>();
        List<Object> plain = new ArrayList<>();
        for (Object value : values) {
            if (value == null || value instanceof Instant) {
                ways.add(compare((Field.Document) field, Comparison.EQ, value));
            } else {
                plain.add(value);
            }
        }
        if (!plain.isEmpty()) {
            ways.add(valueIn((Field.Document) field, plain));
        }
        return any(ways);
    }

    private static Field.Document document(FieldMap map, FieldPath path, String operator) {
        if (map.resolve(path) instanceof Field.Document field) {
            return field;
        }
        throw new InvalidRequestException(path + " is a column of the record; " + operator + " applies to documents");
    }

    abstract R constant(boolean verdict);

    abstract R all(List<R> verdicts);

    abstract R any(List<R> verdicts);

    abstract R not(R verdict);

    /** A record's column, never null, against a value of its type. */
    abstract R record(Field.Record column, Comparison comparison, Object value);

    abstract R recordIn(Field.Record column, List<Object> values);

    /** No spelling of the field holds anything but null, or the field is a time that was never set. */
    abstract R isNull(Field.Document field);

    /** Some spelling of the field is there. */
    abstract R exists(Field.Document field);

    /** The first spelling that is not null, against a value that is neither null nor an Instant. */
    abstract R value(Field.Document field, Comparison comparison, Object value);

    abstract R valueIn(Field.Document field, List<Object> values);

    abstract R instant(Field.Document field, Comparison comparison, Instant value);

    abstract R startsWith(Field.Document field, String prefix);

    /** A regular expression that {@link io.nvsentinel.datastore.internal.filter.regex.RegexParser} has accepted. */
    abstract R matches(Field.Document field, String pattern);

    abstract R contains(Field.Document field, Object value);

    abstract R elemMatch(Field.Document field, FieldMap map, Filter filter);

    abstract R jsonPath(FieldMap map, String expression);

    abstract R text(FieldMap map, String query);
}

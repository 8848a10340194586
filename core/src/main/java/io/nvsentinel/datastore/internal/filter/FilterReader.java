// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.internal.filter;

import io.nvsentinel.datastore.error.InvalidRequestException;
import io.nvsentinel.datastore.query.FieldPath;
import io.nvsentinel.datastore.query.Filter;
import io.nvsentinel.datastore.query.Filter.Comparison;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
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
        return readField((Filter.OnField) filter, map);
    }

    private R readField(Filter.OnField test, FieldMap map) {
        Field field = map.resolve(test.path());
        if (field instanceof Field.Document document && document.rest() > 0) {
            return inElements(test, document.rest(), map);
        }
        if (test instanceof Filter.Compare compare) {
            return compare(field, compare.comparison(), compare.value());
        }
        if (test instanceof Filter.In in) {
            return in(field, in.values());
        }
        if (test instanceof Filter.Exists) {
            return field instanceof Field.Document document ? exists(document) : constant(true);
        }
        return readDocument(test, document(field, test), map);
    }

    private R readDocument(Filter.OnField test, Field.Document field, FieldMap map) {
        if (test instanceof Filter.ElemMatch match) {
            return elemMatch(field, map, match.filter());
        }
        if (test instanceof Filter.Size size) {
            return size(field, size.size());
        }
        if (test instanceof Filter.StartsWith start) {
            return startsWith(field, start.prefix());
        }
        if (test instanceof Filter.Matches matches) {
            return matches(field, matches.pattern());
        }
        if (test instanceof Filter.Contains contains) {
            return contains(field, contains.value());
        }
        throw new IllegalStateException("unknown filter " + test.getClass());
    }

    /** A path that continues below an array, or below what is stored in its place: an element matches, or for null, there is none. */
    private R inElements(Filter.OnField test, int rest, FieldMap map) {
        List<String> names = test.path().names();
        int end = names.size() - rest;
        Field.Document array = (Field.Document) map.resolve(new FieldPath(names.subList(0, end)));
        R matches = below(array, map, test.at(new FieldPath(names.subList(end, names.size()))));
        return isMetByNull(test) ? any(List.of(isNull(array), matches)) : matches;
    }

    private static boolean isMetByNull(Filter.OnField test) {
        return test instanceof Filter.Compare compare && compare.value() == null
                || test instanceof Filter.In in && in.values().contains(null);
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
        return comparison == Comparison.EQ ? equal(field, List.of(value)) : ordered(field, comparison, value);
    }

    /** What is missing equals the default that writers leave out; the number of an enum equals its name. */
    private R equal(Field.Document field, List<Object> values) {
        List<Object> equivalents = field.known().shape().equivalents(values);
        R stored = valueIn(field, equivalents);
        return field.known().shape().isDefault(equivalents) ? any(List.of(stored, isNull(field))) : stored;
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
            ways.add(equal((Field.Document) field, plain));
        }
        return any(ways);
    }

    private static Field.Document document(Field field, Filter.OnField test) {
        if (field instanceof Field.Document document) {
            return document;
        }
        String name = test.getClass().getSimpleName();
        throw new InvalidRequestException(test.path() + " is a column of the record; "
                + name.substring(0, 1).toLowerCase(Locale.ROOT) + name.substring(1) + " applies to documents");
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

    /**
     * The first spelling that is not null, greater or smaller than a value that is neither null nor an Instant. If the field
     * {@linkplain Field.Document#hasElements can have elements}, any of its values, in this and in the tests below.
     */
    abstract R ordered(Field.Document field, Comparison comparison, Object value);

    abstract R valueIn(Field.Document field, List<Object> values);

    abstract R instant(Field.Document field, Comparison comparison, Instant value);

    /** An array with this number of elements. */
    abstract R size(Field.Document field, int size);

    abstract R startsWith(Field.Document field, String prefix);

    /** A regular expression that {@link io.nvsentinel.datastore.internal.filter.regex.RegexParser} has accepted. */
    abstract R matches(Field.Document field, String pattern);

    abstract R contains(Field.Document field, Object value);

    abstract R elemMatch(Field.Document field, FieldMap map, Filter filter);

    /** As {@link #elemMatch}; a value that is no array is its own element. */
    abstract R below(Field.Document field, FieldMap map, Filter filter);

    abstract R jsonPath(FieldMap map, String expression);

    abstract R text(FieldMap map, String query);
}

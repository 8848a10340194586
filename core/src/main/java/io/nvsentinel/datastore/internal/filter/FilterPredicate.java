// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.internal.filter;

import io.nvsentinel.datastore.error.InvalidRequestException;
import io.nvsentinel.datastore.internal.filter.regex.Regex;
import io.nvsentinel.datastore.internal.filter.regex.RegexParser;
import io.nvsentinel.datastore.query.FieldPath;
import io.nvsentinel.datastore.query.Filter;
import io.nvsentinel.datastore.query.Filter.Comparison;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** A filter ready to judge decoded documents. Immutable and thread-safe. */
public final class FilterPredicate {

    private final Test test;

    private FilterPredicate(Test test) {
        this.test = test;
    }

    /**
     * Prepares a filter.
     *
     * @param filter the filter
     * @param map what its paths mean
     * @return the predicate
     * @throws InvalidRequestException if the filter can only be evaluated by the server, or names a column the map does
     *     not have
     */
    public static FilterPredicate compile(Filter filter, FieldMap map) {
        return new FilterPredicate(new Compiler().read(filter, map));
    }

    /**
     * Judges a document.
     *
     * @param document the decoded document
     * @param context what is known of the record beside it
     * @return whether it matches
     * @throws InvalidRequestException if the filter asks for something the context does not know
     */
    public boolean test(@Nullable Object document, RecordContext context) {
        return test.test(document, context);
    }

    /** A compiled node. */
    private interface Test {
        boolean test(@Nullable Object document, RecordContext context);
    }

    private static final class Compiler extends FilterReader<Test> {

        @Override
        Test constant(boolean verdict) {
            return (document, context) -> verdict;
        }

        @Override
        Test all(List<Test> tests) {
            return (document, context) -> tests.stream().allMatch(test -> test.test(document, context));
        }

        @Override
        Test any(List<Test> tests) {
            return (document, context) -> tests.stream().anyMatch(test -> test.test(document, context));
        }

        @Override
        Test not(Test test) {
            return (document, context) -> !test.test(document, context);
        }

        @Override
        Test record(Field.Record column, Comparison comparison, Object value) {
            Comparable<?> wanted = comparable(value);
            return (document, context) ->
                    holds(comparison, order(column.column().read(context), wanted));
        }

        @Override
        Test recordIn(Field.Record column, List<Object> values) {
            List<Comparable<?>> wanted =
                    values.stream().<Comparable<?>>map(Compiler::comparable).toList();
            return (document, context) -> wanted.contains(column.column().read(context));
        }

        private static Comparable<?> comparable(Object value) {
            return value instanceof UUID uuid ? uuid.toString() : (Instant) value;
        }

        private static int order(Comparable<?> left, Comparable<?> right) {
            return left instanceof Instant instant
                    ? instant.compareTo((Instant) right)
                    : ((String) left).compareTo((String) right);
        }

        @Override
        Test isNull(Field.Document field) {
            if (field.hasElements()) {
                return (document, context) -> field.paths().stream()
                        .flatMap(path -> JsonTree.allAt(document, path).stream())
                        .allMatch(Objects::isNull);
            }
            boolean time = field.isTime();
            return (document, context) -> {
                Object stored = stored(field, document);
                return stored == null || time && Instants.isUnset(stored);
            };
        }

        @Override
        Test exists(Field.Document field) {
            if (field.hasElements()) {
                return (document, context) -> field.paths().stream()
                        .anyMatch(path -> !JsonTree.allAt(document, path).isEmpty());
            }
            return (document, context) ->
                    field.paths().stream().anyMatch(path -> JsonTree.at(document, path) != JsonTree.MISSING);
        }

        @Override
        Test ordered(Field.Document field, Comparison comparison, Object value) {
            return reads(field, stored -> {
                Integer order = JsonTree.compare(stored, value);
                return order != null && holds(comparison, order);
            });
        }

        @Override
        Test valueIn(Field.Document field, List<Object> values) {
            return reads(field, stored -> values.stream().anyMatch(value -> JsonTree.equal(stored, value)));
        }

        @Override
        Test instant(Field.Document field, Comparison comparison, Instant value) {
            return reads(field, stored -> {
                Instant instant = Instants.read(stored);
                return instant != null && holds(comparison, instant.compareTo(value));
            });
        }

        @Override
        Test size(Field.Document field, int size) {
            Predicate<@Nullable Object> test = value -> value instanceof List<?> list && list.size() == size;
            return field.hasElements() ? values(field, test) : (document, context) -> test.test(read(field, document));
        }

        @Override
        Test startsWith(Field.Document field, String prefix) {
            return reads(field, stored -> stored instanceof String text && text.startsWith(prefix));
        }

        @Override
        Test matches(Field.Document field, String pattern) {
            Regex regex = RegexParser.parse(field.canonical(), pattern);
            return reads(field, stored -> stored instanceof String text && regex.find(text));
        }

        /** Tests the value of a field; if it can have elements, all its values and the elements of those that are arrays. */
        private static Test reads(Field.Document field, Predicate<@Nullable Object> test) {
            if (!field.hasElements()) {
                return (document, context) -> test.test(read(field, document));
            }
            return values(
                    field,
                    value -> test.test(value)
                            || value instanceof List<?> list && list.stream().anyMatch(test));
        }

        /** Tests all values of a field, in the first spelling that is not null. */
        private static Test values(Field.Document field, Predicate<@Nullable Object> test) {
            return (document, context) -> {
                for (FieldPath path : field.paths()) {
                    if (JsonTree.allAt(document, path).stream().anyMatch(test)) {
                        return true;
                    }
                    Object stored = JsonTree.at(document, path);
                    if (stored != null && stored != JsonTree.MISSING) {
                        return false;
                    }
                }
                return false;
            };
        }

        @Override
        Test contains(Field.Document field, Object value) {
            return (document, context) -> JsonTree.contains(read(field, document), value);
        }

        @Override
        Test elemMatch(Field.Document field, FieldMap map, Filter filter) {
            Test test = read(filter, map.elements(field, ""));
            if (field.hasElements()) {
                return (document, context) -> values(
                                field,
                                value -> value instanceof List<?> list
                                        && list.stream().anyMatch(element -> test.test(element, context)))
                        .test(document, context);
            }
            return (document, context) -> read(field, document) instanceof List<?> list
                    && list.stream().anyMatch(element -> test.test(element, context));
        }

        @Override
        Test below(Field.Document field, FieldMap map, Filter filter) {
            Test test = read(filter, map.elements(field, ""));
            return (document, context) -> values(
                            field,
                            value -> value instanceof List<?> list
                                    ? list.stream().anyMatch(element -> test.test(element, context))
                                    : test.test(value, context))
                    .test(document, context);
        }

        @Override
        Test jsonPath(FieldMap map, String expression) {
            throw storeOnly("jsonPath");
        }

        @Override
        Test text(FieldMap map, String query) {
            throw storeOnly("text");
        }

        private static InvalidRequestException storeOnly(String operator) {
            return new InvalidRequestException(
                    operator + " can only be evaluated by the server; it is not allowed in a change stream's filter");
        }

        private static boolean holds(Comparison comparison, int order) {
            return switch (comparison) {
                case EQ -> order == 0;
                case GT -> order > 0;
                case GTE -> order >= 0;
                case LT -> order < 0;
                case LTE -> order <= 0;
            };
        }

        /** The first spelling that is not null, as a comparison sees it. */
        private static @Nullable Object read(Field.Document field, @Nullable Object document) {
            Object stored = stored(field, document);
            return stored == null && field.known().shape() == KnownName.Shape.FALSE_IF_ABSENT ? Boolean.FALSE : stored;
        }

        private static @Nullable Object stored(Field.Document field, @Nullable Object document) {
            boolean wrapped = field.known().shape() == KnownName.Shape.WRAPPED;
            for (FieldPath path : field.paths()) {
                Object value = JsonTree.at(document, path);
                if (wrapped && value instanceof Map<?, ?> map) {
                    value = map.isEmpty() ? Boolean.FALSE : map.get("value");
                }
                if (value != null && value != JsonTree.MISSING) {
                    return value;
                }
            }
            return null;
        }
    }
}

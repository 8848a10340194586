// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.query;

import io.nvsentinel.datastore.Datastore;
import io.nvsentinel.datastore.error.InvalidRequestException;
import io.nvsentinel.datastore.internal.filter.FilterValues;
import io.nvsentinel.datastore.internal.filter.MongoFilter;
import io.nvsentinel.datastore.internal.filter.regex.JsonPathExpressions;
import java.time.Instant;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Which documents are meant: an immutable tree that the datastore renders to SQL and a change stream evaluates in
 * memory, with the same verdict.
 *
 * <pre>{@code
 * Filter filter = Filter.and(
 *         Filter.eq("healthevent.nodeName", "gpu-node-7"),
 *         Filter.in("healthevent.recommendedAction", List.of(15, 24)),
 *         Filter.ne("healtheventstatus.nodequarantined", "Quarantined"));
 * }</pre>
 *
 * <h2>Paths</h2>
 *
 * Paths are written as {@link FieldPath} describes. Names that health and maintenance events define are recognised in
 * any letter case, by the name of the column that mirrors them ({@code node_name}), and find every spelling they are
 * stored in; if a document contains a field in two spellings, the first one that is not null counts; the spelling that
 * the library writes comes first. All other names are taken as they are. {@code id}, {@code created_at} and
 * {@code updated_at} (for events also {@code _id}, {@code createdAt} and {@code updatedAt}) are the columns with these
 * names, not parts of the document; if there is no such column, as for {@code created_at} in a change stream, they are
 * rejected.
 *
 * <h2>Values</h2>
 *
 * <ul>
 * <li>Allowed are String, Boolean, any {@link Number} that is finite ({@code 0.1f} is 0.1; of classes that the JDK does
 * not have, the text counts), {@link Instant}, {@link UUID} (compared as its text), null, and for equality any
 * {@link Collection}, in its order, and Map of these except Instant. Anything else is refused at once.
 *   <li>A comparison holds only between values of the same JSON type: numbers by value (9 &lt; 10, 1 = 1.0), strings by
 *       Unicode code point, false &lt; true. A string never equals a number.
 * <li>An Instant compares with RFC 3339 strings that name an offset and with {@code {"seconds": …, "nanos": …}}, both
 * cut to microseconds, which is what PostgreSQL keeps. Other values are no instants and do not match. Every time that
 * PostgreSQL holds is allowed, from 4714 BC to the year 294276; {@link Instant#MIN} and {@link Instant#MAX} are its
 * {@code -infinity} and {@code infinity}.
 * <li>Go's zero time, {@code 0001-01-01T00:00:00Z}, in a document is a time that was never set: it matches no
 * comparison with an Instant, and a field that events define as a time equals null if it contains such a value, because
 * the record's component is null and the mirrored column is empty. Equality with that Instant is therefore equality
 * with null.
 *   <li>Lists and maps are equal if all elements are, maps in any order.
 *   <li>In health events an absent {@code isFatal}, {@code isHealthy}, {@code force} or {@code skip} compares as false,
 *       because writers leave false out; {@code faultremediated} compares as its {@code value} if it is stored as
 *       {@code {"value": true}}, and as false if it is {@code {}}. For the same reason a missing string of an event equals the
 *       empty string, and a missing {@code recommendedAction} or {@code processingStrategy} equals 0. The number and the name of
 *       these two are equal: {@code "RESTART_VM"} and 15.
 * </ul>
 *
 * <h2>Arrays</h2>
 *
 * As in MongoDB, a comparison, {@code in}, {@code startsWith} and {@code matches} hold for an array if they hold for one of its
 * elements, and a path goes through the elements of arrays: {@code eq("healthevent.errorCode", "31")},
 * {@code eq("healthevent.entitiesImpacted.entityValue", "GPU-1")}. An array in an array is not entered. A path with the index of
 * an element, {@code healthevent.entitiesImpacted.0.entityType}, goes through arrays by indexes only. {@code exists} and the
 * comparison with null ask for any value, null if all are null; {@code contains} has PostgreSQL's meaning. Several conditions may
 * hold for different elements; {@link #elemMatch(String, Filter)} asks for one. What events define as one value, such as a node's
 * name, is never an array.
 *
 * <h2>Null and missing</h2>
 *
 * {@code eq(path, null)} holds if the field is missing or null. {@link #exists(String, boolean)} asks for the name
 * alone: a null exists. {@code gt}, {@code in}, … hold only if there is such a value. {@code ne}, {@code nin},
 * {@code nor} and {@code not} are the exact complements of {@code eq}, {@code in}, {@code or} and what they negate, so
 * {@code ne("a", 1)} also holds where {@code a} is missing.
 *
 * <h2>Limits</h2>
 *
 * {@value #MAX_DEPTH} levels, {@value #MAX_NODES} nodes, 10,000 values in a list, 1,000,000 characters in a string. All
 * factories fail with {@link InvalidRequestException} beyond a limit and for a value or path that is not allowed.
 */
public sealed interface Filter {

    /** The deepest nesting of filters. */
    int MAX_DEPTH = 32;

    /** The most filters in one tree. */
    int MAX_NODES = 1000;

    /** How a value is compared. */
    enum Comparison {
        /** The same value. */
        EQ,
        /** A greater value. */
        GT,
        /** The same or a greater value. */
        GTE,
        /** A smaller value. */
        LT,
        /** The same or a smaller value. */
        LTE
    }

    /**
     * The filters that this one consists of; below {@link ElemMatch} their paths start at the element.
     *
     * @return the filters; empty if there is none
     */
    List<Filter> children();

    /** A test of one field. */
    sealed interface OnField extends Filter {

        /**
         * The field.
         *
         * @return its path
         */
        FieldPath path();

        /**
         * The same test of another field.
         *
         * @param other the path of the other field
         * @return the test
         */
        OnField at(FieldPath other);

        @Override
        default List<Filter> children() {
            return List.of();
        }
    }

    /** Every document. */
    record All() implements Filter {
        @Override
        public List<Filter> children() {
            return List.of();
        }
    }

    /**
     * A comparison with one value.
     *
     * @param path the field
     * @param comparison how to compare
     * @param value what to compare with; null only with {@link Comparison#EQ}
     */
    record Compare(
            FieldPath path, Comparison comparison, @Nullable Object value) implements OnField {
        @Override
        public OnField at(FieldPath other) {
            return new Compare(other, comparison, value);
        }

        /**
         * Checks the parts, and copies what could change.
         *
         * @param path the field
         * @param comparison how to compare
         * @param value what to compare with; null only with {@link Comparison#EQ}
         */
        public Compare {
            value = comparison == Comparison.EQ
                    ? FilterValues.value(path, value)
                    : FilterValues.ordered(path, comparison, value);
        }
    }

    /**
     * Equality with one of several values.
     *
     * @param path the field
     * @param values the values; none matches nothing
     */
    record In(FieldPath path, List<@Nullable Object> values) implements OnField {
        @Override
        public OnField at(FieldPath other) {
            return new In(other, values);
        }

        /**
         * Checks the parts, and copies what could change.
         *
         * @param path the field
         * @param values the values; none matches nothing
         */
        public In {
            values = FilterValues.values(path, values);
        }
    }

    /**
     * Presence of a field, null or not.
     *
     * @param path the field
     */
    record Exists(FieldPath path) implements OnField {
        @Override
        public OnField at(FieldPath other) {
            return new Exists(other);
        }
    }

    /**
     * All of several filters.
     *
     * @param filters the filters; none matches everything
     */
    record And(List<Filter> filters) implements Filter {
        @Override
        public List<Filter> children() {
            return filters;
        }

        /**
         * Checks the parts, and copies what could change.
         *
         * @param filters the filters; none matches everything
         */
        public And {
            filters = FilterValues.children(filters);
        }
    }

    /**
     * At least one of several filters.
     *
     * @param filters the filters; none matches nothing
     */
    record Or(List<Filter> filters) implements Filter {
        @Override
        public List<Filter> children() {
            return filters;
        }

        /**
         * Checks the parts, and copies what could change.
         *
         * @param filters the filters; none matches nothing
         */
        public Or {
            filters = FilterValues.children(filters);
        }
    }

    /**
     * The complement of a filter.
     *
     * @param filter what must not hold
     */
    record Not(Filter filter) implements Filter {
        @Override
        public List<Filter> children() {
            return List.of(filter);
        }

        /**
         * Checks the parts, and copies what could change.
         *
         * @param filter what must not hold
         */
        public Not {
            FilterValues.children(List.of(filter));
        }
    }

    /**
     * An array with an element that matches.
     *
     * @param path the array
     * @param filter what one element has to match; its paths start at the element
     */
    record ElemMatch(FieldPath path, Filter filter) implements OnField {
        @Override
        public OnField at(FieldPath other) {
            return new ElemMatch(other, filter);
        }

        @Override
        public List<Filter> children() {
            return List.of(filter);
        }

        /**
         * Checks the parts, and copies what could change.
         *
         * @param path the array
         * @param filter what one element has to match; its paths start at the element
         */
        public ElemMatch {
            FilterValues.children(List.of(filter));
        }
    }

    /**
     * An array of a size.
     *
     * @param path the array
     * @param size how many elements it has, 0 or more
     */
    record Size(FieldPath path, int size) implements OnField {
        /**
         * Checks the size.
         *
         * @param path the array
         * @param size how many elements it has, 0 or more
         */
        public Size {
            FilterValues.size(path, size);
        }

        @Override
        public OnField at(FieldPath other) {
            return new Size(other, size);
        }
    }

    /**
     * A string with a beginning.
     *
     * @param path the field
     * @param prefix how it begins
     */
    record StartsWith(FieldPath path, String prefix) implements OnField {
        @Override
        public OnField at(FieldPath other) {
            return new StartsWith(other, prefix);
        }

        /**
         * Checks the parts, and copies what could change.
         *
         * @param path the field
         * @param prefix how it begins
         */
        public StartsWith {
            FilterValues.value(path, prefix);
        }
    }

    /**
     * A string that matches a regular expression.
     *
     * @param path the field
     * @param pattern the expression
     */
    record Matches(FieldPath path, String pattern) implements OnField {
        @Override
        public OnField at(FieldPath other) {
            return new Matches(other, pattern);
        }

        /**
         * Checks the parts, and copies what could change.
         *
         * @param path the field
         * @param pattern the expression
         */
        public Matches {
            FilterValues.pattern(path, pattern);
        }
    }

    /**
     * A value that contains another.
     *
     * @param path the field
     * @param value what it contains
     */
    record Contains(FieldPath path, Object value) implements OnField {
        @Override
        public OnField at(FieldPath other) {
            return new Contains(other, value);
        }

        /**
         * Checks the parts, and copies what could change.
         *
         * @param path the field
         * @param value what it contains
         */
        public Contains {
            value = FilterValues.contained(path, value);
        }
    }

    /**
     * An SQL/JSON path that finds something. Only the server can evaluate it.
     *
     * @param expression the path
     */
    record JsonPath(String expression) implements Filter {
        @Override
        public List<Filter> children() {
            return List.of();
        }

        /**
         * Checks the parts, and copies what could change.
         *
         * @param expression the path
         */
        public JsonPath {
            FilterValues.value(FieldPath.of(), expression);
            JsonPathExpressions.check(expression);
        }
    }

    /**
     * Words in any string of the document. Only the server can evaluate it.
     *
     * @param query the words
     */
    record Text(String query) implements Filter {
        @Override
        public List<Filter> children() {
            return List.of();
        }

        /**
         * Checks the parts, and copies what could change.
         *
         * @param query the words
         */
        public Text {
            FilterValues.value(FieldPath.of(), query);
        }
    }

    /**
     * Every document.
     *
     * @return the filter
     */
    static Filter all() {
        return new All();
    }

    /**
     * The field equals a value; for null, the field is missing or null.
     *
     * @param path the field
     * @param value the value
     * @return the filter
     */
    static Filter eq(String path, @Nullable Object value) {
        return new Compare(FieldPath.parse(path), Comparison.EQ, value);
    }

    /**
     * The complement of {@link #eq(String, Object)}: another value, or missing; for null, a value that is not null.
     *
     * @param path the field
     * @param value the value
     * @return the filter
     */
    static Filter ne(String path, @Nullable Object value) {
        return new Not(eq(path, value));
    }

    /**
     * The field is greater than a value of its type.
     *
     * @param path the field
     * @param value a String, Boolean, number, Instant or UUID
     * @return the filter
     */
    static Filter gt(String path, Object value) {
        return new Compare(FieldPath.parse(path), Comparison.GT, value);
    }

    /**
     * The field is a value of the same type, and not smaller.
     *
     * @param path the field
     * @param value a String, Boolean, number, Instant or UUID
     * @return the filter
     */
    static Filter gte(String path, Object value) {
        return new Compare(FieldPath.parse(path), Comparison.GTE, value);
    }

    /**
     * The field is smaller than a value of its type.
     *
     * @param path the field
     * @param value a String, Boolean, number, Instant or UUID
     * @return the filter
     */
    static Filter lt(String path, Object value) {
        return new Compare(FieldPath.parse(path), Comparison.LT, value);
    }

    /**
     * The field is a value of the same type, and not greater.
     *
     * @param path the field
     * @param value a String, Boolean, number, Instant or UUID
     * @return the filter
     */
    static Filter lte(String path, Object value) {
        return new Compare(FieldPath.parse(path), Comparison.LTE, value);
    }

    /**
     * The field equals one of the values, each as in {@link #eq(String, Object)}.
     *
     * @param path the field
     * @param values the values, at most 10,000; none matches nothing
     * @return the filter
     */
    static Filter in(String path, Collection<?> values) {
        return new In(FieldPath.parse(path), Arrays.asList(values.toArray()));
    }

    /**
     * The complement of {@link #in(String, Collection)}.
     *
     * @param path the field
     * @param values the values, at most 10,000; none matches everything
     * @return the filter
     */
    static Filter nin(String path, Collection<?> values) {
        return new Not(in(path, values));
    }

    /**
     * The field is there, be it null, or is not there.
     *
     * @param path the field
     * @param exists whether it has to be there
     * @return the filter
     */
    static Filter exists(String path, boolean exists) {
        Filter there = new Exists(FieldPath.parse(path));
        return exists ? there : new Not(there);
    }

    /**
     * All of the filters.
     *
     * @param filters the filters; none matches everything
     * @return the filter
     */
    static Filter and(Filter... filters) {
        return new And(List.of(filters));
    }

    /**
     * All of the filters.
     *
     * @param filters the filters; none matches everything
     * @return the filter
     */
    static Filter and(Collection<? extends Filter> filters) {
        return new And(List.copyOf(filters));
    }

    /**
     * At least one of the filters.
     *
     * @param filters the filters; none matches nothing
     * @return the filter
     */
    static Filter or(Filter... filters) {
        return new Or(List.of(filters));
    }

    /**
     * At least one of the filters.
     *
     * @param filters the filters; none matches nothing
     * @return the filter
     */
    static Filter or(Collection<? extends Filter> filters) {
        return new Or(List.copyOf(filters));
    }

    /**
     * None of the filters: the complement of {@link #or(Filter...)}.
     *
     * @param filters the filters; none matches everything
     * @return the filter
     */
    static Filter nor(Filter... filters) {
        return new Not(or(filters));
    }

    /**
     * The complement of a filter: exactly the documents it does not match.
     *
     * @param filter the filter
     * @return the filter
     */
    static Filter not(Filter filter) {
        return new Not(filter);
    }

    /**
     * The field is an array, and at least one element matches the filter. Paths in it start at the element; the empty
     * path is the element itself: {@code elemMatch("healthevent.errorCode", eq("", "79"))}.
     *
     * @param path the array
     * @param filter what one element has to match
     * @return the filter
     */
    static Filter elemMatch(String path, Filter filter) {
        return new ElemMatch(FieldPath.parse(path), filter);
    }

    /**
     * The field is an array with this number of elements.
     *
     * @param path the array
     * @param size how many elements it has, 0 or more
     * @return the filter
     */
    static Filter size(String path, int size) {
        return new Size(FieldPath.parse(path), size);
    }

    /**
     * The field is a string that begins with another.
     *
     * @param path the field
     * @param prefix how it begins; empty for any string
     * @return the filter
     */
    static Filter startsWith(String path, String prefix) {
        return new StartsWith(FieldPath.parse(path), prefix);
    }

    /**
     * The field is a string in which a regular expression matches somewhere.
     *
     * <p>Allowed is what has one meaning everywhere: characters, {@code .} for any character, line breaks included, sets
     * such as {@code [^a-f_]}, groups, {@code |}, {@code * + ?}, <code>{2}</code>, <code>{2,}</code> and
     * <code>{2,5}</code>, {@code ^} and {@code $} for the two ends of the string, {@code \d \w \s \D \W \S} for ASCII
     * digits, word characters and spaces, {@code \n \t \r}, and a backslash before punctuation. Look-ahead, back
     * references, word boundaries, flags, lazy and possessive repetition are refused, as are ranges other than of ASCII
     * digits or letters. An expression has at most 1,000 characters and repeats at most 255 times.
     *
     * @param path the field
     * @param pattern the expression
     * @return the filter
     * @throws InvalidRequestException if the expression holds something that is not allowed; the message names it
     */
    static Filter matches(String path, String pattern) {
        return new Matches(FieldPath.parse(path), pattern);
    }

    /**
     * The field contains a value, as PostgreSQL's {@code @>} defines it: a map contains the members of a map, a list
     * contains the elements of a list in any order and number or, at the top, a single value, and scalars contain what
     * they equal.
     *
     * @param path the field; empty for the whole document
     * @param value a Map, List, String, Boolean, number or UUID
     * @return the filter
     */
    static Filter contains(String path, Object value) {
        return new Contains(FieldPath.parse(path), value);
    }

    /**
     * An SQL/JSON path finds at least one item in the document. Errors inside the path find nothing; a string that is
     * not such a path fails when the filter is used. Regular expressions behind {@code like_regex} are those that
     * {@link #matches} accepts.
     *
     * <p>Only the server can evaluate it: a change stream refuses it.
     *
     * @param expression a path such as {@code $.healthevent.entitiesImpacted[*] ? (@.entityType == "GPU")}; it is text
     *     that the server interprets, do not assemble it from foreign input
     * @return the filter
     */
    static Filter jsonPath(String expression) {
        return new JsonPath(expression);
    }

    /**
     * Strings anywhere in the document hold the words, in the way of a web search: words are all required, {@code "a
     * phrase"}, {@code or}, {@code -without}. Letter case does not matter; words are not reduced to a stem.
     * Documents whose JSON text is longer than 400,000 bytes have no words.
     *
     * <p>The server reads every document that the rest of a query leaves, unless there is the index for it, which
     * {@link Datastore#createTextIndex} creates.
     *
     * <p>Only the server can evaluate it: a change stream refuses it.
     *
     * @param query the words
     * @return the filter
     */
    static Filter text(String query) {
        return new Text(query);
    }

    /**
     * Reads a filter in the form MongoDB writes it: {@code {"healthevent.isFatal": true, "$or": [{"a": {"$gt": 5}},
     * {"b": {"$in": [1, 2]}}]}}.
     *
     * <p>Known operators are {@code $and $or $nor $text $jsonPath} at the top, {@code $eq $ne $gt $gte $lt $lte $in
     * $nin $all $size $exists $not $elemMatch $regex $options $startsWith $contains} for a field, and {@code {"$date": "…"}} as a value,
     * which gives an Instant. A map without operators is a value. Several fields, and several operators of a field, are
     * all required.
     *
     * @param filter the filter; null or empty for every document
     * @return the filter
     * @throws InvalidRequestException if an operator is not known or has an operand it cannot take; the message names
     *     both and their places
     */
    static Filter parse(@Nullable Map<String, ?> filter) {
        return MongoFilter.parse(filter);
    }
}

// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.aggregation;

import io.nvsentinel.datastore.error.InvalidRequestException;
import io.nvsentinel.datastore.internal.aggregate.AggregationChecks;
import io.nvsentinel.datastore.query.FieldPath;
import io.nvsentinel.datastore.query.Filter;
import io.nvsentinel.datastore.query.Sort;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** One step of an {@link Aggregation}: takes documents, gives documents. Immutable. */
public sealed interface Stage {

    /** The deepest nesting of lookups. */
    int MAX_LOOKUPS = 5;

    /**
     * The expressions that it evaluates for the documents that come; not those of stages inside it.
     *
     * @return the expressions; empty if there is none
     */
    default List<Expression> expressions() {
        return List.of();
    }

    /**
     * Keeps the documents that match.
     *
     * @param filter which
     */
    record Match(Filter filter) implements Stage {}

    /**
     * Keeps the documents for which an expression is true.
     *
     * @param condition the expression
     */
    record Where(Expression condition) implements Stage {
        @Override
        public List<Expression> expressions() {
            return List.of(condition);
        }
    }

    /**
     * Sorts; documents that are equal in all of it keep their order.
     *
     * @param sorts what to sort by, the most significant first
     */
    record Sorted(List<Sort> sorts) implements Stage {
        /**
         * Checks and copies.
         *
         * @param sorts what to sort by
         * @throws InvalidRequestException if there is none
         */
        public Sorted {
            sorts = List.copyOf(sorts);
            if (sorts.isEmpty()) {
                throw new InvalidRequestException("sort needs at least one field");
            }
        }
    }

    /**
     * Leaves out the first documents.
     *
     * @param count how many
     */
    record Skip(long count) implements Stage {
        /**
         * Checks the number.
         *
         * @param count how many, 0 or more
         */
        public Skip {
            AggregationChecks.atLeast("skip", count, 0);
        }
    }

    /**
     * Keeps the first documents.
     *
     * @param count how many
     */
    record Limit(long count) implements Stage {
        /**
         * Checks the number.
         *
         * @param count how many, 1 or more
         */
        public Limit {
            AggregationChecks.atLeast("limit", count, 1);
        }
    }

    /**
     * Makes one document of all: how many there were. None if there was none.
     *
     * @param name the name of the number
     */
    record Count(String name) implements Stage {
        /**
         * Checks the name.
         *
         * @param name the name of the number
         */
        public Count {
            AggregationChecks.name(name);
        }
    }

    /**
     * Makes one document of all that have the same key, {@code _id} in the result.
     *
     * @param key the key; null for one group of all; missing is null
     * @param fields the other fields of the result
     */
    record Group(@Nullable Expression key, Map<String, Accumulator> fields) implements Stage {
        @Override
        public List<Expression> expressions() {
            return AggregationChecks.of(key, fields.values());
        }

        /**
         * Checks and copies the parts.
         *
         * @param key the key
         * @param fields the other fields of the result
         */
        public Group {
            fields = Collections.unmodifiableMap(new LinkedHashMap<>(fields));
            fields.keySet().forEach(AggregationChecks::name);
        }
    }

    /**
     * Makes new documents of these fields and, as MongoDB does with its {@code _id}, the record's {@code id} if the
     * documents are still the collection's; a field {@code id} that is defined here replaces it. A field with a missing
     * value is omitted.
     *
     * @param fields by path
     */
    record Project(Map<String, Expression> fields) implements Stage {
        @Override
        public List<Expression> expressions() {
            return List.copyOf(fields.values());
        }

        /**
         * Checks and copies the parts.
         *
         * @param fields by path
         */
        public Project {
            fields = Collections.unmodifiableMap(new LinkedHashMap<>(fields));
            AggregationChecks.paths(fields.keySet());
        }
    }

    /**
     * Adds fields, or replaces them. All are computed from the document as it comes. A missing value leaves its field as it
     * is.
     *
     * @param fields by path
     */
    record AddFields(Map<String, Expression> fields) implements Stage {
        @Override
        public List<Expression> expressions() {
            return List.copyOf(fields.values());
        }

        /**
         * Checks and copies the parts.
         *
         * @param fields by path
         */
        public AddFields {
            fields = Collections.unmodifiableMap(new LinkedHashMap<>(fields));
            AggregationChecks.paths(fields.keySet());
        }
    }

    /**
     * Makes a document for each element of an array, with the element in the place of the array. A value that is no array
     * counts as an array of one.
     *
     * @param path the array
     * @param keepEmpty whether a document without an element is kept, without the field
     */
    record Unwind(FieldPath path, boolean keepEmpty) implements Stage {}

    /**
     * Adds fields made of neighbouring documents.
     *
     * @param window what to add
     */
    record WindowFields(Window window) implements Stage {
        @Override
        public List<Expression> expressions() {
            return window.expressions();
        }
    }

    /**
     * Adds an array of the results of other stages, which run over a collection of this datastore for each document.
     *
     * @param collection the name of the collection
     * @param variables what the stages see of the document, as {@link Expression.Variable}
     * @param stages the stages
     * @param as the path of the array
     */
    record Lookup(String collection, Map<String, Expression> variables, List<Stage> stages, FieldPath as)
            implements Stage {
        @Override
        public List<Expression> expressions() {
            return List.copyOf(variables.values());
        }

        /**
         * Checks and copies the parts.
         *
         * @param collection the name of the collection
         * @param variables what the stages see of the document
         * @param stages the stages
         * @param as the path of the array
         * @throws InvalidRequestException if a name is not allowed, or there are too many stages
         */
        public Lookup {
            variables = Collections.unmodifiableMap(new LinkedHashMap<>(variables));
            variables.keySet().forEach(AggregationChecks::variable);
            stages = List.copyOf(stages);
            AggregationChecks.inner(stages);
            AggregationChecks.paths(List.of(as.toString()));
        }
    }

    /**
     * Keeps the documents that match.
     *
     * @param filter which
     * @return the stage
     */
    static Stage match(Filter filter) {
        return new Match(filter);
    }

    /**
     * Keeps the documents for which an expression is true.
     *
     * @param condition the expression
     * @return the stage
     */
    static Stage where(Expression condition) {
        return new Where(condition);
    }

    /**
     * Sorts.
     *
     * @param sorts what to sort by, the most significant first
     * @return the stage
     * @throws InvalidRequestException if there is none
     */
    static Stage sort(Sort... sorts) {
        return new Sorted(List.of(sorts));
    }

    /**
     * Leaves out the first documents.
     *
     * @param count how many, 0 or more
     * @return the stage
     * @throws InvalidRequestException if it is negative
     */
    static Stage skip(long count) {
        return new Skip(count);
    }

    /**
     * Keeps the first documents.
     *
     * @param count how many, 1 or more
     * @return the stage
     * @throws InvalidRequestException if it is less than 1
     */
    static Stage limit(long count) {
        return new Limit(count);
    }

    /**
     * Counts.
     *
     * @param name the name of the number in the one document that results
     * @return the stage
     * @throws InvalidRequestException if the name is not allowed
     */
    static Stage count(String name) {
        return new Count(name);
    }

    /**
     * Groups.
     *
     * @param key the key, {@code _id} in the result; null for one group of all
     * @param fields the other fields of the result
     * @return the stage
     * @throws InvalidRequestException if a name is not allowed
     */
    static Stage group(@Nullable Expression key, Map<String, Accumulator> fields) {
        return new Group(key, fields);
    }

    /**
     * Makes new documents of some fields; the record's {@code id} comes with them, as {@link Project} says.
     *
     * @param fields by path
     * @return the stage
     * @throws InvalidRequestException if there is none, or a path is not allowed
     */
    static Stage project(Map<String, Expression> fields) {
        return new Project(fields);
    }

    /**
     * Adds fields.
     *
     * @param fields by path
     * @return the stage
     * @throws InvalidRequestException if there is none, or a path is not allowed
     */
    static Stage addFields(Map<String, Expression> fields) {
        return new AddFields(fields);
    }

    /**
     * Makes a document for each element of an array.
     *
     * @param path the array
     * @return the stage
     */
    static Stage unwind(String path) {
        return new Unwind(FieldPath.parse(path), false);
    }

    /**
     * Adds an array of the results of other stages.
     *
     * @param collection the name of the collection over which they run
     * @param variables what they see of the document, as {@link Expression#variable}
     * @param stages the stages
     * @param as the path of the array
     * @return the stage
     * @throws InvalidRequestException if a name is not allowed, or there are too many stages
     */
    static Stage lookup(String collection, Map<String, Expression> variables, List<Stage> stages, String as) {
        return new Lookup(collection, variables, stages, FieldPath.parse(as));
    }

    /**
     * Adds fields made of neighbouring documents.
     *
     * @param window what to add
     * @return the stage
     */
    static Stage window(Window window) {
        return new WindowFields(window);
    }
}

// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.aggregation;

import io.nvsentinel.datastore.error.InvalidRequestException;
import io.nvsentinel.datastore.internal.aggregate.AggregationChecks;
import io.nvsentinel.datastore.query.Sort;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Values made of a document's neighbours: for each document, accumulators over a frame of documents around it. Immutable.
 *
 * @param partitionBy documents are neighbours only if this gives the same; null for all documents
 * @param sorts the order of neighbours, the most significant first; then the order in which the documents come
 * @param outputs by the path of the field that is added
 */
public record Window(@Nullable Expression partitionBy, List<Sort> sorts, Map<String, Output> outputs) {

    /**
     * Checks and copies the parts.
     *
     * @param partitionBy documents are neighbours only if this gives the same
     * @param sorts the order of neighbours
     * @param outputs by the path of the field that is added
     * @throws InvalidRequestException if there is no output, a path is not allowed, or an accumulator is not for windows
     */
    public Window {
        sorts = List.copyOf(sorts);
        outputs = Collections.unmodifiableMap(new LinkedHashMap<>(outputs));
        AggregationChecks.paths(outputs.keySet());
        outputs.values().forEach(output -> {
            if (output.accumulator().kind() == Accumulator.Kind.ADD_TO_SET) {
                throw new InvalidRequestException("addToSet is not supported in windows; use push");
            }
        });
    }

    /**
     * The expressions that it evaluates.
     *
     * @return the expressions
     */
    public List<Expression> expressions() {
        return AggregationChecks.of(
                partitionBy, outputs.values().stream().map(Output::accumulator).toList());
    }

    /**
     * One added field.
     *
     * @param accumulator how its value is made
     * @param frame of which documents
     */
    public record Output(Accumulator accumulator, Frame frame) {}

    /**
     * Which neighbours count, by their distance from the document: 0 is the document itself, -1 the one before.
     *
     * @param from the first, null for the first of the partition
     * @param to the last, null for the last of the partition
     */
    public record Frame(@Nullable Long from, @Nullable Long to) {

        /** All documents of the partition. */
        public static final Frame WHOLE = new Frame(null, null);

        /** The documents up to and with this one. */
        public static final Frame UP_TO_CURRENT = new Frame(null, 0L);

        /** The documents before this one. */
        public static final Frame BEFORE_CURRENT = new Frame(null, -1L);

        /** The greatest distance. */
        public static final long MAX_DISTANCE = 1_000_000;

        /**
         * Checks the bounds.
         *
         * @param from the first
         * @param to the last
         * @throws InvalidRequestException if the last comes before the first, or one is too far
         */
        public Frame {
            if (from != null && to != null && from > to) {
                throw new InvalidRequestException("a window cannot end at " + to + ", before its start at " + from);
            }
            if (isTooFar(from) || isTooFar(to)) {
                throw new InvalidRequestException("a window extends at most " + MAX_DISTANCE + " documents");
            }
        }

        private static boolean isTooFar(@Nullable Long distance) {
            return distance != null && (distance > MAX_DISTANCE || distance < -MAX_DISTANCE);
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.aggregation;

import io.nvsentinel.datastore.error.InvalidRequestException;
import io.nvsentinel.datastore.internal.aggregate.MongoPipeline;
import java.util.List;
import java.util.Map;

/**
 * A computation over the documents of a collection: stages, carried out in the order written, in one statement. Immutable.
 *
 * <pre>{@code
 * Aggregation fatalByNode = Aggregation.of(
 *         Stage.match(Filter.eq("healthevent.isFatal", true)),
 *         Stage.group(Expression.field("healthevent.nodeName"), Map.of("count", Accumulator.count())),
 *         Stage.match(Filter.gte("count", 5)));
 * }</pre>
 *
 * <p>The result is read whole, before its first document is emitted, and so has to be of limited size: at most
 * {@link #maxResults()} documents and 64 MiB. A larger one fails, it is never cut.
 *
 * @param stages the stages, at most {@value #MAX_STAGES}
 * @param maxResults how many documents the result may have, 1 to {@value #MAX_RESULTS}
 */
public record Aggregation(List<Stage> stages, int maxResults) {

    /** The most stages. */
    public static final int MAX_STAGES = 100;

    /** How many documents a result may have unless {@link #maxResults(int)} says otherwise. */
    public static final int DEFAULT_MAX_RESULTS = 10_000;

    /** The most documents a result can be allowed to have. */
    public static final int MAX_RESULTS = 1_000_000;

    /**
     * Checks and copies the parts.
     *
     * @param stages the stages
     * @param maxResults how many documents the result may have
     * @throws InvalidRequestException if there are too many stages, or the number is out of range
     */
    public Aggregation {
        stages = List.copyOf(stages);
        if (stages.size() > MAX_STAGES) {
            throw new InvalidRequestException(
                    "an aggregation has at most " + MAX_STAGES + " stages, not " + stages.size());
        }
        if (maxResults < 1 || maxResults > MAX_RESULTS) {
            throw new InvalidRequestException("maxResults must be 1 to " + MAX_RESULTS + ", not " + maxResults);
        }
    }

    /**
     * An aggregation of these stages.
     *
     * @param stages the stages; none gives the documents as they are
     * @return the aggregation
     * @throws InvalidRequestException if there are too many
     */
    public static Aggregation of(Stage... stages) {
        return new Aggregation(List.of(stages), DEFAULT_MAX_RESULTS);
    }

    /**
     * The same stages with another limit of the result.
     *
     * @param documents how many documents the result may have
     * @return the aggregation
     * @throws InvalidRequestException if it is out of range
     */
    public Aggregation maxResults(int documents) {
        return new Aggregation(stages, documents);
    }

    /**
     * Reads a pipeline in the form MongoDB writes it: a list of maps, each with one stage.
     *
     * <p>Known stages are {@code $match} (with {@code $expr}), {@code $sort $skip $limit $count $group $project $addFields $set
     * $unwind $lookup $setWindowFields}; known accumulators {@code $sum $avg $min $max $first $last $push $addToSet $count},
     * in windows also {@code $shift}; known
     * operators {@code $and $or $not $eq $ne $gt $gte $lt $lte $add $subtract $multiply $divide $in $anyElementTrue $cond
     * $ifNull $size $arrayElemAt $arrayToObject $concat $setIntersection $filter $map $let $literal}, and {@code {"$toLong": "$$NOW"}}. {@code $project}
     * includes and computes, it does not exclude.
     *
     * @param pipeline the stages
     * @return the aggregation
     * @throws InvalidRequestException if something is not known or has an operand it cannot take; the message names both
     */
    public static Aggregation parse(List<? extends Map<String, ?>> pipeline) {
        return MongoPipeline.parse(pipeline);
    }
}

// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.benchmarks.measure;

import java.util.List;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;

/**
 * What one contender reached, round by round.
 *
 * @param name the contender
 * @param rounds a value for each round
 */
public record Series(String name, List<Double> rounds) {

    /** Copies. */
    public Series {
        if (rounds.isEmpty()) {
            throw new IllegalArgumentException("Without rounds " + name + " has no value");
        }
        rounds = List.copyOf(rounds);
    }

    /**
     * Takes one number out of each round's result.
     *
     * @param name the contender
     * @param results the rounds' results
     * @param value takes the number
     * @param <T> what a round gave
     * @return the series
     */
    public static <T> Series of(String name, List<T> results, ToDoubleFunction<T> value) {
        return new Series(name, results.stream().mapToDouble(value).boxed().toList());
    }

    /**
     * The middle of the rounds.
     *
     * @return of an even number the mean of the two in the middle
     */
    public double median() {
        double[] sorted = sorted();
        int middle = sorted.length / 2;
        return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }

    /**
     * The lowest round.
     *
     * @return the minimum
     */
    public double min() {
        return sorted()[0];
    }

    /**
     * The highest round.
     *
     * @return the maximum
     */
    public double max() {
        return sorted()[rounds.size() - 1];
    }

    /**
     * This beside a peer, round by round: what slowed the machine down in a round slowed down both.
     *
     * @param peer measured in the same rounds
     * @return the ratios
     */
    public Series over(Series peer) {
        return new Series(
                name + " / " + peer.name,
                IntStream.range(0, Math.min(rounds.size(), peer.rounds.size()))
                        .mapToObj(round -> rounds.get(round) / peer.rounds.get(round))
                        .toList());
    }

    private double[] sorted() {
        return rounds.stream().mapToDouble(Double::doubleValue).sorted().toArray();
    }
}

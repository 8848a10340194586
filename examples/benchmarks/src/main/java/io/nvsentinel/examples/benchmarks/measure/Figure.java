// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.benchmarks.measure;

import java.util.List;

/**
 * One comparison: what each contender reached, and what was to be reached.
 *
 * @param scenario the scenario
 * @param name what was measured
 * @param unit of the values, as in "documents/s"
 * @param series the contenders, this library first
 * @param goals what was to be reached
 */
public record Figure(String scenario, String name, String unit, List<Series> series, List<Goal> goals) {

    /** Copies. */
    public Figure {
        series = List.copyOf(series);
        goals = List.copyOf(goals);
    }

    /**
     * The contender of a name.
     *
     * @param contender the name
     * @return its series
     */
    public Series series(String contender) {
        return series.stream()
                .filter(candidate -> candidate.name().equals(contender))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException(name + " has no contender " + contender));
    }

    /**
     * What a goal is judged by.
     *
     * @param goal one of the goals
     * @return the values themselves, or the ratios to the peer
     */
    public Series judged(Goal goal) {
        Series subject = series(goal.subject());
        return goal.peer() == null ? subject : subject.over(series(goal.peer()));
    }

    /**
     * Whether a goal is reached.
     *
     * @param goal one of the goals
     * @return by the median
     */
    public boolean isReached(Goal goal) {
        return goal.isReachedBy(judged(goal).median());
    }
}

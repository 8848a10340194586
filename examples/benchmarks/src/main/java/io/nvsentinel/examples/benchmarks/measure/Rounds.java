// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.benchmarks.measure;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/** Lets contenders take turns: in each round every one once, each time beginning with another one. */
public final class Rounds {

    private final int rounds;
    private final Duration warmUp;
    private final Consumer<String> progress;

    /**
     * Creates rounds.
     *
     * @param rounds the number of measured rounds
     * @param warmUp the warm-up time of each contender; zero for no warm-up
     * @param progress receives the progress
     */
    public Rounds(int rounds, Duration warmUp, Consumer<String> progress) {
        this.rounds = rounds;
        this.warmUp = warmUp;
        this.progress = progress;
    }

    /**
     * The same with a longer warm-up, for short turns for which the compilers need more time.
     *
     * @param times the factor of the warm-up time
     * @return rounds
     */
    public Rounds warmingUp(int times) {
        return new Rounds(rounds, warmUp.multipliedBy(times), progress);
    }

    /**
     * Runs the warm-up, equally long for each contender, and then the measured rounds.
     *
     * @param contenders the contenders
     * @param <T> the result of a turn
     * @return for each contender, in their order, the result of each round
     */
    public <T> Map<String, List<T>> warmedUp(List<Contender<T>> contenders) {
        for (Contender<T> contender : warmUp.isZero() ? List.<Contender<T>>of() : contenders) {
            progress.accept("warm-up, " + contender.name());
            long end = System.nanoTime() + warmUp.toNanos();
            do {
                turn(contender);
            } while (System.nanoTime() < end);
        }
        return cold(contenders);
    }

    /**
     * Runs only the measured rounds.
     *
     * @param contenders the contenders
     * @param <T> the result of a turn
     * @return for each contender, in their order, the result of each round
     */
    public <T> Map<String, List<T>> cold(List<Contender<T>> contenders) {
        Map<String, List<T>> results = new LinkedHashMap<>();
        contenders.forEach(contender -> results.put(contender.name(), new ArrayList<>()));
        for (int round = 0; round < rounds; round++) {
            List<Contender<T>> order = new ArrayList<>(contenders);
            Collections.rotate(order, -round);
            for (Contender<T> contender : order) {
                progress.accept("round " + (round + 1) + " of " + rounds + ", " + contender.name());
                results.computeIfAbsent(contender.name(), name -> new ArrayList<>())
                        .add(turn(contender));
            }
        }
        return results;
    }

    private static <T> T turn(Contender<T> contender) {
        try {
            return contender.turn().call();
        } catch (RuntimeException e) {
            throw e;
        } catch (Exception e) {
            throw new IllegalStateException(contender.name() + " failed: " + e.getMessage(), e);
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream.internal.tail;

import static org.assertj.core.api.Assertions.assertThat;

import io.nvsentinel.changestream.internal.tail.TailExploration.Limits;
import io.nvsentinel.changestream.internal.tail.TailExploration.Outcome;
import io.nvsentinel.changestream.internal.tail.TailSimulation.Rule;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.EnumSource.Mode;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Larger limits with {@code -Dtail.ids} and {@code -Dtail.transactions}, which apply to two writers and one reader. */
class TailExplorationTest {

    private static final Logger LOG = LoggerFactory.getLogger(TailExplorationTest.class);
    private static final int IDS = Integer.getInteger("tail.ids", 4);
    private static final int TRANSACTIONS = Integer.getInteger("tail.transactions", 4);

    @Test
    void deliversThePrefixInEveryInterleavingOfTwoWriters() {
        Outcome outcome = explore(new Limits(2, 1, IDS, TRANSACTIONS), Rule.REAL);

        assertThat(outcome.violation()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({"3, 1, 3, 3", "2, 2, 2, 3"})
    void deliversThePrefixInEveryInterleavingOf(int writers, int readers, int ids, int transactions) {
        Outcome outcome = explore(new Limits(writers, readers, ids, transactions), Rule.REAL);

        assertThat(outcome.violation()).isEmpty();
    }

    @ParameterizedTest
    @EnumSource(mode = Mode.EXCLUDE, names = "REAL")
    void findsAWrongRuleWithinTheSameLimits(Rule rule) {
        Outcome outcome = explore(new Limits(rule == Rule.ANY_HOLDER_GONE ? 3 : 2, 1, 3, 4), rule);

        assertThat(outcome.violation()).isNotEmpty();
    }

    private static Outcome explore(Limits limits, Rule rule) {
        Outcome outcome = new TailExploration(limits, rule).explore();
        LOG.info("{} with {}: {} situations, {} steps deep", rule, limits, outcome.situations(), outcome.depth());
        outcome.violation().forEach(step -> LOG.debug("  {}", step));
        return outcome;
    }
}

// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream.internal.tail;

import static org.assertj.core.api.Assertions.assertThat;

import io.nvsentinel.changestream.internal.changelog.ChangelogRow;
import io.nvsentinel.changestream.internal.changelog.ChangelogRows;
import io.nvsentinel.changestream.internal.changelog.Chunk;
import io.nvsentinel.changestream.internal.tail.TailSimulation.Rule;
import io.nvsentinel.changestream.internal.tail.TailState.Standing;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.EnumSource.Mode;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

@Tag("essential")
class TailStateTest {

    private static final Logger LOG = LoggerFactory.getLogger(TailStateTest.class);
    private static final long SEED = Long.getLong("tail.seed", System.nanoTime());
    private static final int RUNS = Integer.getInteger("tail.runs", 600);

    @Test
    void deliversWhatIsContiguous() {
        TailStep step = at(4).withPage(rows(5, 6, 7), true);

        assertThat(ids(step)).containsExactly(5L, 6L, 7L);
        assertThat(step.next().position()).isEqualTo(7);
        assertThat(step.next().settled()).isEqualTo(7);
        assertThat(step.next().hasGap()).isFalse();
    }

    @Test
    void stopsAtAHoleAndRemembersTheHighestIdBehindIt() {
        TailStep step = at(4).withPage(rows(5, 7, 9), true);

        assertThat(ids(step)).containsExactly(5L);
        assertThat(step.next().position()).isEqualTo(5);
        assertThat(step.next().hasGap()).isTrue();
        assertThat(step.next().gapSeen()).isEqualTo(9);
    }

    @Test
    void anEmptyPageChangesNothing() {
        TailStep step = at(4).withPage(List.of(), true);

        assertThat(step.next()).isEqualTo(at(4));
        assertThat(step.chunk()).isEqualTo(new Chunk(ChangelogRows.point(4), ChangelogRows.point(4), List.of(), false));
    }

    @Test
    void noHoldersSettleTheGapAtOnce() {
        TailState gap = at(4).withPage(rows(6, 9), true).next();

        TailStep step = gap.withHolders(Set.of()).withPage(rows(6, 9), true);

        assertThat(ids(step)).containsExactly(6L, 9L);
        assertThat(step.next().hasGap()).isFalse();
        assertThat(step.next().fences()).isEmpty();
    }

    @Test
    void aFenceIsRetiredOnlyWhenAllItsHoldersAreGone() {
        TailState gap = at(4).withPage(rows(6), true).next();

        TailState first = gap.withHolders(Set.of(70L, 71L));
        TailState oneGone = first.withHolders(Set.of(71L, 72L));
        TailState allGone = oneGone.withHolders(Set.of(72L, 73L));

        assertThat(first.fences()).containsExactly(new Fence(6, Set.of(70L, 71L)));
        assertThat(ids(first.withPage(rows(6), true))).isEmpty();
        assertThat(ids(oneGone.withPage(rows(6), true))).isEmpty();
        assertThat(ids(allGone.withPage(rows(6), true))).containsExactly(6L);
        assertThat(allGone.fences()).isEmpty();
    }

    @Test
    void aRowThatAppearsInTheGapIsDeliveredBeforeThoseBehindIt() {
        TailState proven =
                at(4).withPage(rows(6), true).next().withHolders(Set.of(70L)).withHolders(Set.of());

        assertThat(ids(proven.withPage(rows(5, 6), true))).containsExactly(5L, 6L);
    }

    @Test
    void aLaterFenceSettlesEarlierGapsToo() {
        TailState first = at(4).withPage(rows(6), true).next().withHolders(Set.of(70L, 71L));
        TailState second = first.withPage(rows(6, 8), true).next().withHolders(Set.of(70L, 72L));
        assertThat(second.fences()).extracting(Fence::highestSeen).containsExactly(6L, 8L);

        // No holder of the second fence is left, although 71 of the first one is visible again.
        TailState settled = second.withHolders(Set.of(71L));

        assertThat(settled.settled()).isEqualTo(8);
        assertThat(settled.fences()).isEmpty();
        assertThat(ids(settled.withPage(rows(6, 8), true))).containsExactly(6L, 8L);
    }

    @Test
    void anEarlierFenceSettlesItsPartWhileALaterOneWaits() {
        TailState waiting = at(4).withPage(rows(6), true)
                .next()
                .withHolders(Set.of(70L))
                .withPage(rows(6, 8), true)
                .next()
                .withHolders(Set.of(70L, 71L));

        TailStep step = waiting.withHolders(Set.of(71L)).withPage(rows(6, 8), true);

        assertThat(ids(step)).containsExactly(6L);
        assertThat(step.next().fences()).extracting(Fence::highestSeen).containsExactly(8L);
        assertThat(step.next().hasGap()).isTrue();
    }

    @Test
    void aFullPageOfUnsettledRowsIsDeliveredOnceItsFenceIsRetired() {
        TailState gap = at(0).withPage(rows(2, 3, 4), false).next();
        assertThat(gap.position()).isZero();

        TailStep step = gap.withHolders(Set.of(70L)).withHolders(Set.of(71L)).withPage(rows(2, 3, 4), false);

        assertThat(ids(step)).containsExactly(2L, 3L, 4L);
        assertThat(step.next().position()).isEqualTo(4);
    }

    @Test
    void thePositionIsAlwaysThatOfARow() {
        TailState settled = at(4).withSettled(9);

        assertThat(settled.withPage(rows(5, 7), true).next().position()).isEqualTo(7);
        assertThat(settled.withPage(List.of(), true).next().position()).isEqualTo(4);
        assertThat(settled.withPage(rows(5, 7), true).next().settled()).isEqualTo(9);
    }

    @Test
    void afterAFailedReadOnlyThePositionIsKnown() {
        TailState proving = at(4).withPage(rows(5, 8), true).next().withHolders(Set.of(70L));

        TailState forgotten = proving.forgotten();

        assertThat(forgotten).isEqualTo(at(5));
        assertThat(forgotten.hasGap()).isFalse();
        assertThat(ids(forgotten.withPage(rows(8), true)))
                .as("nothing is proven")
                .isEmpty();
    }

    @Test
    void whatAWatchProvedIsProvenForAll() {
        TailState gap = at(4).withPage(rows(6, 9), true).next().withHolders(Set.of(70L));

        TailStep step = gap.withSettled(7).withPage(rows(6, 9), true);

        assertThat(ids(step)).containsExactly(6L);
        assertThat(step.next().fences()).extracting(Fence::highestSeen).containsExactly(9L);
        assertThat(step.next().hasGap()).isTrue();
    }

    @Test
    void aWatchTakesPartOnlyAtTheSameChange() {
        TailState state = at(4).withPage(rows(5, 6), true).next();

        assertThat(state.standing(ChangelogRows.point(6))).isEqualTo(Standing.AT_HEAD);
        assertThat(state.standing(ChangelogRows.point(5))).isEqualTo(Standing.BEHIND);
        assertThat(state.standing(ChangelogRows.point(7))).isEqualTo(Standing.AHEAD);
        assertThat(state.standing(ChangelogRows.otherPoint(6)))
                .as("another change under the same id")
                .isEqualTo(Standing.BEHIND);
    }

    @Test
    void aProofIsNotStartedTwiceForTheSameSighting() {
        TailState once = at(4).withPage(rows(6), true).next().withHolders(Set.of(70L));
        TailState twice = once.withPage(rows(6), true).next().withHolders(Set.of(70L, 71L));

        assertThat(twice.fences()).containsExactly(new Fence(6, Set.of(70L)));
    }

    @Test
    void theNumberOfProofsUnderWayIsBounded() {
        TailState state = at(0);
        for (long top = 2; top < 500; top++) {
            state = state.withPage(rows(top), true).next().withHolders(Set.of(70L, 1000 + top));
        }
        assertThat(state.fences()).hasSizeLessThanOrEqualTo(64);
        assertThat(state.withHolders(Set.of()).settled()).isEqualTo(499);
    }

    @Test
    void losesNothingAndKeepsTheOrderInRandomInterleavings() {
        LOG.info("tail.seed={}", SEED);
        for (int run = 0; run < RUNS; run++) {
            long seed = SEED + run;
            assertThat(new TailSimulation(seed, Rule.REAL).run())
                    .as("-Dtail.seed=%d", seed)
                    .isEmpty();
        }
    }

    @ParameterizedTest
    @EnumSource(mode = Mode.EXCLUDE, names = "REAL")
    void theSimulationCatchesAWrongRule(Rule rule) {
        Set<Long> caught = new LinkedHashSet<>();
        for (int run = 0; run < RUNS; run++) {
            if (!new TailSimulation(SEED + run, rule).run().isEmpty()) {
                caught.add(SEED + run);
            }
        }
        LOG.info("tail.seed={}: {} is caught in {} of {} runs", SEED, rule, caught.size(), RUNS);
        assertThat(caught).as("-Dtail.seed=%d, runs that catch %s", SEED, rule).isNotEmpty();
    }

    private static TailState at(long id) {
        return TailState.at(ChangelogRows.point(id));
    }

    private static List<ChangelogRow> rows(long... ids) {
        return LongStream.of(ids).mapToObj(ChangelogRows::row).toList();
    }

    private static List<Long> ids(TailStep step) {
        return List.copyOf(step.chunk().rows().stream().map(ChangelogRow::id).toList());
    }
}

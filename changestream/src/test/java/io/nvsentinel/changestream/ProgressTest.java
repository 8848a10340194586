// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream;

import static org.assertj.core.api.Assertions.assertThat;

import io.nvsentinel.changestream.Progress.Stalled;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("essential")
class ProgressTest {

    private final Progress progress = new Progress();

    @Test
    void standsStillWhenNothingIsReceivedForTheBoundAlthoughThereAreChanges() {
        progress.waits(7);
        progress.observe(9, 1_000);
        progress.observe(12, 20_000);
        assertThat(progress.stalled(30_000, 30_999)).isEmpty();
        assertThat(progress.stalled(30_000, 31_000)).contains(new Stalled(7, 12, 30_000));
    }

    @Test
    void isIdleAndDoesNotStandStillWhenThereIsNothingBehindItsPosition() {
        progress.waits(7);
        progress.observe(7, 1_000);
        assertThat(progress.stalled(0, 1_000_000)).isEmpty();
        progress.observe(8, 1_000_000);
        assertThat(progress.stalled(30_000, 1_029_999))
                .as("counted from when it was seen")
                .isEmpty();
    }

    @Test
    void countsAnewWhenItHasMoved() {
        progress.waits(7);
        progress.observe(9, 1_000);
        progress.waitsNoLonger();
        progress.waits(8);
        progress.observe(9, 30_000);
        assertThat(progress.stalled(30_000, 31_000)).isEmpty();
        assertThat(progress.stalled(30_000, 60_000)).contains(new Stalled(8, 9, 30_000));
    }

    @Test
    void doesNotStandStillWithoutDemand() {
        progress.waits(7);
        progress.observe(9, 1_000);
        progress.waitsNoLonger();
        assertThat(progress.stalled(30_000, 40_000)).isEmpty();
        progress.observe(9, 40_000);
        progress.waits(7);
        assertThat(progress.stalled(30_000, 41_000))
                .as("it had no demand in between")
                .isEmpty();
    }

    /** Such as a loop that receives nothing again and again. */
    @Test
    void standsStillWhenItAsksAgainAndAgainForTheSame() {
        progress.waits(7);
        progress.observe(9, 1_000);
        progress.waitsNoLonger();
        progress.waits(7);
        assertThat(progress.stalled(30_000, 31_000)).contains(new Stalled(7, 9, 30_000));
    }
}

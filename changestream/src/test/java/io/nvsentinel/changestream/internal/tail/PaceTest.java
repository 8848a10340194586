// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream.internal.tail;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Tag("essential")
class PaceTest {

    /** A busy server is queried less often, and a change is still delivered soon. */
    @ParameterizedTest
    @CsvSource({"PT0.0001S, PT0.001S", "PT0.002S, PT0.008S", "PT3S, PT0.02S"})
    void restsFourTimesAsLongAsItReadWithinBounds(Duration reading, Duration rest) {
        assertThat(Pace.START.afterRows(false, reading).pause()).isEqualTo(rest);
    }

    @Test
    void goesOnAtOnceAfterAFullPage() {
        assertThat(Pace.START.afterRows(true, Duration.ofMillis(5)).pause()).isZero();
    }

    @Test
    void slowsDownWhileNothingComesAndMayThenSleep() {
        List<Pace> idle = Stream.iterate(
                        Pace.START.afterRows(false, Duration.ofMillis(5)).afterNothing(Duration.ZERO),
                        pace -> pace.afterNothing(Duration.ZERO))
                .limit(30)
                .toList();
        assertThat(idle.subList(0, 7))
                .extracting(pace -> pace.pause().toMillis())
                .containsExactly(2L, 5L, 10L, 20L, 50L, 50L, 50L);
        assertThat(idle.subList(18, 30))
                .extracting(pace -> pace.pause().toMillis())
                .containsExactly(50L, 50L, 100L, 200L, 400L, 800L, 1600L, 2000L, 2000L, 2000L, 2000L, 2000L);
        assertThat(idle.subList(0, 7))
                .extracting(Pace::maySleep)
                .containsExactly(false, false, false, true, true, true, true);
        assertThat(idle.get(6).afterRows(false, Duration.ofMillis(1)).pause()).isEqualTo(Duration.ofMillis(4));
    }

    /** Else a poll interval of a millisecond would keep a processor busy with reads that bring nothing. */
    @ParameterizedTest
    @CsvSource({
        "PT0.001S, PT0.0005S, false, PT0.0045S",
        "PT0.001S, PT0.0005S, true, PT0.0495S",
        "PT0.05S, PT0.0005S, false, PT0.05S",
        "PT0.05S, PT0.0005S, true, PT0.05S",
        "PT0.001S, PT3S, false, PT1S",
        "PT0.001S, PT3S, true, PT1S",
        "PT5S, PT3S, true, PT5S"
    })
    void aPollIntervalThatIsShortComparedWithAReadIsProlonged(
            Duration interval, Duration reading, boolean notified, Duration waits) {
        assertThat(Pace.START.afterNothing(reading).untilPoll(interval, notified))
                .isEqualTo(waits);
    }
}

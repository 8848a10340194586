// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.testserver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class AwaitTest {

    private static final Duration LONG = Duration.ofSeconds(60);
    private final AtomicInteger looks = new AtomicInteger();

    @Test
    void aConditionThatHoldsIsLookedAtOnce() {
        Await.until("x", Duration.ZERO, () -> looks.incrementAndGet() == 1);
        assertThat(looks).hasValue(1);
    }

    @Test
    void aStateIsReadUntilItIsTheWantedOne() {
        assertThat(Await.<Integer>until("x", LONG, looks::incrementAndGet, n -> n == 4))
                .isEqualTo(4);
        assertThat(looks).hasValue(4);
    }

    @Test
    void tooLateNamesWhatWasAwaitedAndTheLastState() {
        assertThatThrownBy(() -> Await.<Integer>until(
                        "an apple too many", Duration.ofMillis(20), looks::incrementAndGet, n -> false))
                .isInstanceOf(AssertionError.class)
                .hasMessage("Not within PT0.02S: an apple too many; last state: " + looks.get());
    }

    @Test
    void anExceptionOfTheConditionReachesTheCaller() {
        IllegalStateException planted = new IllegalStateException("planted");
        assertThatThrownBy(() -> Await.until("x", LONG, () -> {
                    throw planted;
                }))
                .isSameAs(planted);
    }

    @Test
    void anInterruptEndsTheWaitAndIsKept() {
        Thread.currentThread().interrupt();
        assertThatThrownBy(() -> Await.until("x", LONG, () -> false)).hasMessageContaining("Interrupted");
        assertThat(Thread.interrupted()).isTrue();
    }
}

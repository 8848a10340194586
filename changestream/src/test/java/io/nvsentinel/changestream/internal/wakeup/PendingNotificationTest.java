// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream.internal.wakeup;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import reactor.core.Disposable;
import reactor.test.scheduler.VirtualTimeScheduler;

@Tag("essential")
class PendingNotificationTest {

    private static final Duration AN_INSTANT = Duration.ofMillis(10);
    private static final Duration LONG = Duration.ofSeconds(10);

    private final VirtualTimeScheduler timer = VirtualTimeScheduler.create();
    private final PendingNotification debt = new PendingNotification();
    private final AtomicInteger told = new AtomicInteger();
    private Disposable telling;

    @BeforeEach
    void tell() {
        telling = debt.due(timer).filter(due -> debt.take()).subscribe(due -> told.incrementAndGet());
    }

    @AfterEach
    void dispose() {
        telling.dispose();
        timer.dispose();
    }

    @Test
    void whoHasNotHeldTheLockOwesNothing() {
        debt.found(false);
        debt.settle();
        assertTold(0, LONG);
        assertThat(debt.take()).isFalse();
    }

    @Test
    void whoLetsGoAndLocksAgainSoonOwesNothing() {
        for (int i = 0; i < 50; i++) {
            debt.letGo();
            assertTold(0, AN_INSTANT);
            debt.settle();
        }
        assertTold(0, LONG);
        assertThat(debt.take()).isFalse();
    }

    @Test
    void whoDoesNotLockAgainTellsOnce() {
        debt.letGo();
        assertTold(0, AN_INSTANT);
        assertTold(1, LONG);
        debt.found(false);
        debt.settle();
        assertTold(1, LONG);
    }

    @Test
    void whatIsFoundAfterLettingGoIsToldAtOnceAndOnce() {
        debt.letGo();
        debt.found(false);
        assertThat(told).hasValue(1);
        debt.found(false);
        debt.settle();
        assertTold(1, LONG);
    }

    @Test
    void whatIsFoundWhileHoldingIsToldAtOnce() {
        debt.found(true);
        assertThat(told).hasValue(1);
        debt.letGo();
        debt.settle();
        assertTold(1, LONG);
    }

    @Test
    void lockingAgainDoesNotPayForWhatWasFound() {
        telling.dispose();
        debt.letGo();
        debt.found(false);
        debt.settle();
        assertThat(debt.take()).isTrue();
    }

    private void assertTold(int times, Duration after) {
        timer.advanceTimeBy(after);
        assertThat(told).hasValue(times);
    }
}

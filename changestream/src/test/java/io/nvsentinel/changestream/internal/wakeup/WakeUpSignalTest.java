// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream.internal.wakeup;

import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import reactor.test.StepVerifier;
import reactor.test.scheduler.VirtualTimeScheduler;

@Tag("essential")
class WakeUpSignalTest {

    private static final Duration MAX = Duration.ofSeconds(60);

    private final VirtualTimeScheduler timer = VirtualTimeScheduler.create();
    private final WakeUpSignal doorbell = new WakeUpSignal();

    @AfterEach
    void dispose() {
        timer.dispose();
    }

    @Test
    void wakesWhoWaits() {
        StepVerifier.create(doorbell.await(MAX, timer))
                .then(doorbell::ring)
                .expectNext(true)
                .verifyComplete();
    }

    @Test
    void aRingBeforeTheWaitEndsIt() {
        doorbell.ring();

        StepVerifier.create(doorbell.await(MAX, timer)).expectNext(true).verifyComplete();
    }

    @Test
    void severalRingsBeforeTheWaitEndOnlyOne() {
        doorbell.ring();
        doorbell.ring();
        StepVerifier.create(doorbell.await(MAX, timer)).expectNext(true).verifyComplete();

        waitsInVain();
    }

    @Test
    void silenceEndsTheWaitWhenTheTimeHasPassed() {
        waitsInVain();
    }

    @Test
    void ringsAgainAfterASilence() {
        waitsInVain();
        wakesWhoWaits();
    }

    private void waitsInVain() {
        StepVerifier.create(doorbell.await(MAX, timer))
                .expectSubscription()
                .then(() -> timer.advanceTimeBy(MAX.minusMillis(1)))
                .expectNoEvent(Duration.ZERO)
                .then(() -> timer.advanceTimeBy(Duration.ofMillis(1)))
                .expectNext(false)
                .verifyComplete();
    }
}

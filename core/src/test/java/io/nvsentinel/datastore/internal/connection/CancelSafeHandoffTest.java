// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.internal.connection;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.publisher.BaseSubscriber;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.test.publisher.TestPublisher;
import reactor.test.publisher.TestPublisher.Violation;

/** A resource whose receiver cancels during the handoff is either received or released: never both, never neither. */
@Tag("essential")
class CancelSafeHandoffTest {

    private static final int ROUNDS = 50_000;

    /** A machine may run one side first for a long time. */
    private static final int MOST_ROUNDS = 40 * ROUNDS;

    private static final int MOST_SPINS = 64;

    @Test
    @Timeout(value = 2, unit = TimeUnit.MINUTES)
    void whatIsCancelledWhileItComesIsEitherReceivedOrTakenBack() throws Exception {
        AtomicInteger takenBack = new AtomicInteger();
        AtomicInteger received = new AtomicInteger();
        AtomicInteger lent = new AtomicInteger();
        ExecutorService other = Executors.newSingleThreadExecutor();
        try {
            CyclicBarrier start = new CyclicBarrier(2);
            for (int round = 0; round < ROUNDS || (takenBack.get() == 0 && round < MOST_ROUNDS); round++) {
                Sinks.One<String> pool = Sinks.one();
                // As in the pool: a second source releases the resource.
                Receiver receiver = new Receiver(received);
                Mono.from(pool.asMono()
                                .flatMap(thing -> {
                                    lent.incrementAndGet();
                                    return new Lent(thing, takenBack);
                                })
                                .transform(CancelSafeHandoff.once()))
                        // What follows must not drop it.
                        .onErrorResume(Mono::error)
                        .map(thing -> thing)
                        .subscribe(receiver);
                Future<?> cancelled = other.submit(() -> {
                    start.await();
                    receiver.cancel();
                    return null;
                });
                start.await();
                // Each side is first in some rounds, independently of the machine.
                for (int spin = round % MOST_SPINS; spin > 0; spin--) {
                    Thread.onSpinWait();
                }
                pool.tryEmitValue("connection");
                cancelled.get(10, TimeUnit.SECONDS);

                assertThat(received.get() + takenBack.get())
                        .as("received or released, of the resources acquired until round %s", round)
                        .isEqualTo(lent.get());
            }
        } finally {
            other.shutdownNow();
        }
        assertThat(received).as("received before the cancellation").hasPositiveValue();
        assertThat(takenBack).as("cancelled before it was received").hasPositiveValue();
    }

    @Test
    void whatComesAfterTheCancellationIsCancelledAgain() {
        AtomicInteger received = new AtomicInteger();
        Receiver receiver = new Receiver(received);
        // Emits although it is cancelled, as a flatMap does at the wrong moment.
        TestPublisher<String> pool = TestPublisher.createNoncompliant(Violation.DEFER_CANCELLATION);
        Mono.fromDirect(pool).transform(CancelSafeHandoff.once()).subscribe(receiver);

        receiver.cancel();
        pool.next("connection");

        assertThat(received).hasValue(0);
        pool.assertCancelled(2);
    }

    @Test
    void whatWasReceivedIsNotTakenBack() {
        AtomicInteger takenBack = new AtomicInteger();

        assertThat(Mono.from(new Lent("connection", takenBack).transform(CancelSafeHandoff.once()))
                        .block(Duration.ofSeconds(5)))
                .isEqualTo("connection");
        assertThat(takenBack).hasValue(0);
    }

    /** Receives what comes, also after it has cancelled. */
    private static final class Receiver extends BaseSubscriber<String> {

        private final AtomicInteger received;

        Receiver(AtomicInteger received) {
            this.received = received;
        }

        @Override
        protected void hookOnNext(String thing) {
            received.incrementAndGet();
        }
    }

    /** Emits one resource, and releases it when it is cancelled, even after that. */
    private static final class Lent extends Mono<String> {

        private final String thing;
        private final AtomicInteger takenBack;

        Lent(String thing, AtomicInteger takenBack) {
            this.thing = thing;
            this.takenBack = takenBack;
        }

        @Override
        public void subscribe(CoreSubscriber<? super String> actual) {
            actual.onSubscribe(new Subscription() {

                private final AtomicBoolean cancelled = new AtomicBoolean();

                @Override
                public void request(long n) {
                    if (!cancelled.get()) {
                        actual.onNext(thing);
                        actual.onComplete();
                    }
                }

                @Override
                public void cancel() {
                    if (cancelled.compareAndSet(false, true)) {
                        takenBack.incrementAndGet();
                    }
                }
            });
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.internal.connection;

import static org.assertj.core.api.Assertions.assertThat;

import io.nvsentinel.testserver.Await;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;
import reactor.test.StepVerifier;

class DeadlinesTest {

    private static final Duration SOON = Duration.ofSeconds(30);

    private final ByHand timer = new ByHand();
    private final Deadlines deadlines = new Deadlines(timer);
    private final List<String> ran = new ArrayList<>();

    /** Runs its tasks when the test says so, regardless of the delay. */
    private static final class ByHand implements Scheduler {

        private final Queue<Runnable> tasks = new ArrayDeque<>();

        @Override
        public Disposable schedule(Runnable task) {
            tasks.add(task);
            return Disposables.disposed();
        }

        @Override
        public Disposable schedule(Runnable task, long delay, TimeUnit unit) {
            return schedule(task);
        }

        @Override
        public Worker createWorker() {
            throw new UnsupportedOperationException();
        }

        /** Runs what waits now, and not what comes of it. */
        void turn() {
            List<Runnable> waiting = new ArrayList<>(tasks);
            tasks.clear();
            waiting.forEach(task -> {
                try {
                    task.run();
                } catch (IllegalStateException e) {
                    assertThat(e).hasMessage("mine");
                }
            });
        }
    }

    @Test
    void eachRunsAfterItsDelayAndNeverBefore() {
        Deadlines real = new Deadlines(Schedulers.parallel());
        List<CompletableFuture<Long>> late = IntStream.range(0, 300)
                .mapToObj(i -> {
                    long at = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(i);
                    CompletableFuture<Long> fired = new CompletableFuture<>();
                    real.schedule(() -> fired.complete(System.nanoTime() - at), i, TimeUnit.MILLISECONDS);
                    return fired;
                })
                .toList();
        assertThat(late)
                .allSatisfy(fired -> assertThat(fired.get(30, TimeUnit.SECONDS)).isNotNegative());
    }

    /** Deadlines that are added during a check are not missed. */
    @Test
    void noneIsForgottenUnderContention() {
        Deadlines real = new Deadlines(Schedulers.parallel());
        AtomicInteger fired = new AtomicInteger();
        Flux.range(0, 4)
                .flatMap(i -> Mono.fromRunnable(() -> IntStream.range(0, 5000)
                                .forEach(n -> real.schedule(fired::incrementAndGet, n % 40, TimeUnit.MILLISECONDS)))
                        .subscribeOn(Schedulers.boundedElastic()))
                .blockLast(SOON);
        Await.until("all", SOON, fired::get, count -> count == 20_000);
    }

    @Test
    void oneThatIsNotYetOverWaits() {
        deadlines.schedule(() -> ran.add("later"), 1, TimeUnit.HOURS);
        deadlines.schedule(() -> ran.add("never"), Long.MAX_VALUE, TimeUnit.DAYS);
        deadlines.schedule(() -> ran.add("now"), 0, TimeUnit.MILLISECONDS);
        for (int i = 0; i < 5; i++) {
            timer.turn();
        }
        assertThat(ran).containsExactly("now");
        assertThat(timer.tasks).as("checks of waiting deadlines").hasSize(1);
    }

    @Test
    void oneThatIsCancelledNeverRunsAndLeavesNothing() {
        Disposable one = deadlines.schedule(() -> ran.add("cancelled"), 0, TimeUnit.MILLISECONDS);
        assertThat(one.isDisposed()).isFalse();
        one.dispose();
        assertThat(one.isDisposed()).isTrue();
        timer.turn();
        assertThat(timer.tasks).isEmpty();
        assertThat(ran).isEmpty();
    }

    @Test
    void oneThatIsCancelledWhenItIsFoundOverDoesNotRunEither() {
        Disposable one = deadlines.schedule(() -> ran.add("cancelled"), 0, TimeUnit.MILLISECONDS);
        timer.turn();
        assertThat(timer.tasks).as("it is over, and was not yet run").hasSize(1);
        one.dispose();
        timer.turn();
        assertThat(ran).isEmpty();
    }

    @Test
    void oneThatFailsStopsNoOther() {
        for (int i = 0; i < 3; i++) {
            deadlines.schedule(
                    () -> {
                        ran.add("failing");
                        throw new IllegalStateException("mine");
                    },
                    0,
                    TimeUnit.MILLISECONDS);
            deadlines.schedule(() -> ran.add("good"), 0, TimeUnit.MILLISECONDS);
        }
        timer.turn();
        timer.turn();
        assertThat(ran).hasSize(6).contains("good", "failing");
        deadlines.schedule(() -> ran.add("after"), 0, TimeUnit.MILLISECONDS);
        timer.turn();
        timer.turn();
        assertThat(ran).last().isEqualTo("after");
    }

    @Test
    void nobodyLooksWhileThereIsNothing() {
        assertThat(timer.tasks).isEmpty();
        for (int i = 0; i < 100; i++) {
            deadlines.schedule(() -> ran.add("due"), 0, TimeUnit.MILLISECONDS);
        }
        assertThat(timer.tasks).as("one look for all").hasSize(1);
        timer.turn();
        timer.turn();
        assertThat(ran).hasSize(100);
        assertThat(timer.tasks).isEmpty();
        deadlines.schedule(() -> ran.add("again"), 0, TimeUnit.MILLISECONDS);
        assertThat(timer.tasks).hasSize(1);
    }

    @Test
    void servesTheTimeoutsOfOperators() {
        Deadlines real = new Deadlines(Schedulers.parallel());
        StepVerifier.create(Mono.never().timeout(Duration.ofMillis(30), real))
                .expectError(TimeoutException.class)
                .verify(SOON);
        StepVerifier.create(Mono.just(1).delayElement(Duration.ofMillis(1)).timeout(SOON, real))
                .expectNext(1)
                .expectComplete()
                .verify(SOON);
    }
}

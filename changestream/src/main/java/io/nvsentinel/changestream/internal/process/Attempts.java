// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream.internal.process;

import io.nvsentinel.changestream.ClientFencedException;
import io.nvsentinel.changestream.internal.changelog.Position;
import io.nvsentinel.changestream.processing.ProcessingStoppedException;
import io.nvsentinel.changestream.processing.ProcessorOptions;
import io.nvsentinel.datastore.DatastoreException;
import java.time.Duration;
import java.util.UUID;
import java.util.concurrent.ThreadLocalRandom;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.util.retry.Retry;

/**
 * Attempts a change until it is handled, given up, or a reason to stop.
 *
 * @param <E> the event's type
 */
public final class Attempts<E> {

    private static final Logger LOG = LoggerFactory.getLogger("io.nvsentinel.changestream.process");
    private static final long STORE_ATTEMPTS = 10;
    private static final Duration STORE_FIRST_BACKOFF = Duration.ofMillis(100);
    private static final int MOST_DOUBLINGS = 40;

    private final ProcessorOptions options;
    private final Effect<E> effect;
    private final FailureListener<E> failures;
    private final UUID incarnation;
    private final Scheduler timer;

    /**
     * Nothing is attempted yet.
     *
     * @param options how often, and what if that fails
     * @param effect what handling a change does
     * @param failures hears of failures
     * @param incarnation which changelog
     * @param timer waits for time
     */
    public Attempts(
            ProcessorOptions options,
            Effect<E> effect,
            FailureListener<E> failures,
            UUID incarnation,
            Scheduler timer) {
        this.options = options;
        this.effect = effect;
        this.failures = failures;
        this.incarnation = incarnation;
        this.timer = timer;
    }

    /**
     * Handles a change.
     *
     * @param task the change
     * @param stop when given, no further attempt is begun
     * @return cold; completes when the change is done, or left as it is because of stopping; fails if the processor has
     *     to stop
     */
    Mono<Void> handle(Task<E> task, StopSignal stop) {
        return Mono.defer(() -> stop.isGiven() ? Mono.just(false) : once(task))
                .retryWhen(Retry.from(signals ->
                        signals.concatMap(failed -> again(task, failed.totalRetries() + 1, failed.failure(), stop))))
                .onErrorResume(GivenUp.class, givenUp -> giveUp(task, givenUp))
                .filter(done -> done)
                .doOnNext(done -> task.done().run())
                .then();
    }

    private Mono<Boolean> once(Task<E> task) {
        Mono<Void> handled = effect.apply(task);
        Duration timeout = options.eventTimeout();
        return (timeout.isZero() ? handled : handled.timeout(timeout, timer)).thenReturn(true);
    }

    /** Emits when the next attempt is due, or fails if there is none. */
    private Mono<Long> again(Task<E> task, long attempts, Throwable error, StopSignal stop) {
        if (error instanceof ClientFencedException) {
            return Mono.error(error);
        }
        failures.onHandlerFailed(task, (int) attempts, error);
        Verdict verdict = Verdict.of(error, attempts < options.maxAttempts(), options.onFailure());
        return verdict == Verdict.AGAIN
                ? Mono.firstWithSignal(pause(attempts), stop.asMono().thenReturn(0L))
                : Mono.error(new GivenUp(task.isReplay() ? Verdict.DEAD_LETTER : verdict, (int) attempts, error));
    }

    private Mono<Long> pause(long attempts) {
        double doubled = options.firstBackoff().toNanos() * Math.pow(2, Math.min(attempts - 1, MOST_DOUBLINGS));
        double longest = Math.min(doubled, options.maxBackoff().toNanos());
        return Mono.delay(
                Duration.ofNanos((long) (longest * ThreadLocalRandom.current().nextDouble(0.5, 1))), timer);
    }

    private Mono<Boolean> giveUp(Task<E> task, GivenUp givenUp) {
        return switch (givenUp.verdict) {
            case SKIP -> skip(task, givenUp);
            case DEAD_LETTER -> putAside(task, givenUp);
            default -> Mono.error(stopped(task, givenUp.attempts, givenUp.error));
        };
    }

    private static Mono<Boolean> skip(Task<?> task, GivenUp givenUp) {
        LOG.warn("Change {} is skipped after attempt {}", name(task), givenUp.attempts, givenUp.error);
        return Mono.just(true);
    }

    private Mono<Boolean> putAside(Task<E> task, GivenUp givenUp) {
        return effect.putAside(task, givenUp.error, givenUp.attempts)
                .retryWhen(Retry.backoff(STORE_ATTEMPTS, STORE_FIRST_BACKOFF)
                        .scheduler(timer)
                        .filter(Attempts::mayPass)
                        .onRetryExhaustedThrow((spec, last) -> last.failure()))
                .onErrorMap(
                        error -> !(error instanceof ClientFencedException),
                        error -> stopped(task, givenUp.attempts, error))
                .doOnSuccess(stored -> putAside(task, givenUp.attempts, givenUp.error))
                .thenReturn(true);
    }

    private void putAside(Task<E> task, int attempts, Throwable error) {
        LOG.warn("Change {} is a dead letter after attempt {}", name(task), attempts, error);
        failures.onDeadLetter(task, attempts, error);
    }

    private static boolean mayPass(Throwable error) {
        return error instanceof DatastoreException failure && (failure.isRetryable() || failure.isOutcomeUnknown());
    }

    private ProcessingStoppedException stopped(Task<E> task, int attempts, Throwable error) {
        return new ProcessingStoppedException(
                "Processing stopped at change " + name(task) + ", which is not acknowledged, after attempt " + attempts
                        + ": " + error,
                Position.at(incarnation, task.row().id(), task.row().check()).encode(),
                error);
    }

    private static String name(Task<?> task) {
        return task.row().id() + " (" + task.row().operation() + " "
                + task.row().collection() + " " + task.row().recordId() + ")";
    }

    private static final class GivenUp extends RuntimeException {

        private static final long serialVersionUID = 1L;

        private final Verdict verdict;
        private final int attempts;
        private final Throwable error;

        private GivenUp(Verdict verdict, int attempts, Throwable error) {
            super(error);
            this.verdict = verdict;
            this.attempts = attempts;
            this.error = error;
        }
    }
}

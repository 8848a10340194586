// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream.internal.process;

import io.nvsentinel.changestream.ClientFencedException;
import io.nvsentinel.changestream.HistoryForkedException;
import io.nvsentinel.changestream.internal.changelog.Position;
import io.nvsentinel.changestream.processing.ProcessingStoppedException;
import io.nvsentinel.changestream.processing.ProcessorOptions;
import io.nvsentinel.datastore.internal.Printable;
import java.time.Duration;
import java.util.UUID;
import java.util.concurrent.ThreadLocalRandom;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.util.retry.Retry;

/**
 * Attempts a change until it is handled, dead-lettered or skipped, or the processor must stop. Waiting for an
 * unavailable database does not count as an attempt.
 *
 * @param <E> the event's type
 */
public final class Attempts<E> {

    private static final Logger LOG = LoggerFactory.getLogger("io.nvsentinel.changestream.process");
    private static final int MOST_DOUBLINGS = 40;

    private final ProcessorOptions options;
    private final Effect<E> effect;
    private final FailureListener<E> failures;
    private final UUID incarnation;
    private final Scheduler timer;
    private final Outage outage;

    /**
     * Creates the attempts; nothing is attempted yet.
     *
     * @param options the number of attempts and the reaction to failure
     * @param effect handles a change
     * @param failures is notified of failures
     * @param incarnation the changelog
     * @param outage waits while the database is unavailable
     * @param timer provides delays
     */
    public Attempts(
            ProcessorOptions options,
            Effect<E> effect,
            FailureListener<E> failures,
            UUID incarnation,
            Outage outage,
            Scheduler timer) {
        this.options = options;
        this.effect = effect;
        this.failures = failures;
        this.incarnation = incarnation;
        this.outage = outage;
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
        return Mono.defer(() -> new Change(task, stop).handle());
    }

    private ProcessingStoppedException stopped(Task<E> task, int attempts, Throwable error) {
        return new ProcessingStoppedException(
                "Processing stopped at change " + name(task) + ", which is not acknowledged, after attempt " + attempts
                        + ": " + error,
                Position.at(incarnation, task.row().id(), task.row().check()).encode(),
                error);
    }

    private static String name(Task<?> task) {
        return Printable.line(task.row().id() + " (" + task.row().operation() + " "
                + task.row().collection() + " " + task.row().recordId() + ")");
    }

    /** One change, and how often it has failed. */
    private final class Change {

        private final Task<E> task;
        private final StopSignal stop;
        private final Outage.Waiting waiting = outage.waiting();
        private int failed;

        private Change(Task<E> task, StopSignal stop) {
            this.task = task;
            this.stop = stop;
        }

        private Mono<Void> handle() {
            return unlessStopped(Mono.defer(() -> effect.apply(task)))
                    .retryWhen(Retry.from(signals -> signals.concatMap(signal -> again(signal.failure()))))
                    .onErrorResume(GivenUp.class, this::giveUp)
                    .filter(done -> done)
                    .doOnNext(done -> {
                        waiting.over();
                        task.done().run();
                    })
                    .then();
        }

        private Mono<Boolean> unlessStopped(Mono<Void> work) {
            return Mono.defer(() -> stop.isGiven() ? Mono.just(false) : work.thenReturn(true));
        }

        /** Emits when the next attempt is due, or fails if there is none. */
        private Mono<Long> again(Throwable error) {
            if (error instanceof LibraryFailure failure) {
                return failure.error() instanceof HistoryForkedException forked
                        ? Mono.error(forked)
                        : Mono.error(new GivenUp(Verdict.STOP, failed, failure.error()));
            }
            return Verdict.isUnfinished(error)
                    ? effect.requireOwner()
                            .then(Mono.defer(() -> counted(error)))
                            .onErrorResume(this::isBefore, this::wait)
                    : isBefore(error) ? wait(error) : counted(error);
        }

        /** Whether the error comes before anything that the handler could have done wrong. */
        private boolean isBefore(Throwable error) {
            return error instanceof ClientFencedException || Outage.isCauseOf(error);
        }

        private Mono<Long> wait(Throwable error) {
            return error instanceof ClientFencedException
                    ? Mono.error(error)
                    : orStopped(waiting.after(error)).onErrorMap(last -> new GivenUp(Verdict.STOP, failed, last));
        }

        private Mono<Long> counted(Throwable error) {
            waiting.over();
            failed++;
            failures.onHandlerFailed(task, failed, error);
            Verdict verdict = Verdict.of(error, failed < options.maxAttempts(), options.onFailure());
            return verdict == Verdict.AGAIN
                    ? orStopped(pause())
                    : Mono.error(new GivenUp(task.isReplay() ? Verdict.DEAD_LETTER : verdict, failed, error));
        }

        private Mono<Long> orStopped(Mono<Long> pause) {
            return Mono.firstWithSignal(pause, stop.asMono().thenReturn(0L));
        }

        private Mono<Long> pause() {
            double doubled = options.minBackoff().toNanos() * Math.pow(2, Math.min(failed - 1, MOST_DOUBLINGS));
            double longest = Math.min(doubled, options.maxBackoff().toNanos());
            return Mono.delay(
                    Duration.ofNanos(
                            (long) (longest * ThreadLocalRandom.current().nextDouble(0.5, 1))),
                    timer);
        }

        private Mono<Boolean> giveUp(GivenUp givenUp) {
            return switch (givenUp.verdict) {
                case SKIP -> skip(givenUp);
                case DEAD_LETTER -> putAside(givenUp);
                default -> Mono.error(stopped(task, givenUp.attempts, givenUp.error));
            };
        }

        private Mono<Boolean> skip(GivenUp givenUp) {
            LOG.warn(
                    "Change skipped because its handler failed: change={} attempts={}",
                    name(task),
                    givenUp.attempts,
                    givenUp.error);
            return Mono.just(true);
        }

        private Mono<Boolean> putAside(GivenUp givenUp) {
            return unlessStopped(effect.putAside(task, givenUp.error, givenUp.attempts))
                    .retryWhen(Retry.from(signals -> signals.concatMap(signal -> {
                        Throwable error = signal.failure();
                        return Outage.isCauseOf(error) ? orStopped(waiting.after(error)) : Mono.<Long>error(error);
                    })))
                    .onErrorMap(
                            error -> !(error instanceof ClientFencedException
                                    || error instanceof HistoryForkedException),
                            error -> stopped(task, givenUp.attempts, error))
                    .doOnNext(stored -> {
                        if (stored) {
                            LOG.warn(
                                    "Change stored as a dead letter because its handler failed: change={} attempts={}",
                                    name(task),
                                    givenUp.attempts,
                                    givenUp.error);
                            failures.onDeadLetter(task, givenUp.attempts, givenUp.error);
                        }
                    });
        }
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

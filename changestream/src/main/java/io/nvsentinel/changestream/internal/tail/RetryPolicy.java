// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream.internal.tail;

import io.nvsentinel.changestream.ChangeStreamListener;
import io.nvsentinel.changestream.ClientOwnedException;
import io.nvsentinel.changestream.internal.changelog.HistoryPoint;
import io.nvsentinel.changestream.internal.changelog.Outages;
import io.nvsentinel.datastore.error.DatastoreException;
import io.nvsentinel.datastore.internal.Printable;
import io.nvsentinel.datastore.internal.connection.OutageRetry;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/** Waits out what passes, with growing pauses: a lost connection or a restarted server is no reason to end a stream. */
public final class RetryPolicy {

    private static final Logger LOG = LoggerFactory.getLogger("io.nvsentinel.changestream.tail");
    private static final Duration FIRST_BACKOFF = Duration.ofMillis(100);
    private static final Duration LONGEST_BACKOFF = Duration.ofSeconds(10);
    private static final Duration TELL_AFTER = Duration.ofSeconds(2);

    private final Duration maxOutage;
    private final Scheduler timer;
    private final ChangeStreamListener listener;
    private final OutageRetry retry;

    /**
     * Creates a policy.
     *
     * @param maxOutage how long after the first of consecutive failures retrying stops; zero means no limit
     * @param timer provides the time and delays
     * @param listener is notified of failures and recovery
     * @param recoveries end a pause, because a connection could be opened again
     */
    public RetryPolicy(Duration maxOutage, Scheduler timer, ChangeStreamListener listener, Flux<Boolean> recoveries) {
        this.maxOutage = maxOutage;
        this.timer = timer;
        this.listener = listener;
        this.retry = new OutageRetry(FIRST_BACKOFF, LONGEST_BACKOFF, recoveries, timer);
    }

    /**
     * Does something again until it succeeds, which must do no harm when done twice. Each subscription begins with the shortest pause.
     *
     * @param work what to do
     * @param <T> what it gives
     * @return cold; fails at once with what is not retryable, and with the last error when patience ends
     */
    public <T> Mono<T> with(Mono<T> work) {
        return Mono.defer(() -> {
            Failures failures = new Failures();
            return work.map(Answer::of)
                    .onErrorResume(error -> !failures.mayRetry(error), error -> Mono.just(Answer.failed(error)))
                    .retryWhen(retry.when(passing -> true))
                    .flatMap(Answer::asMono)
                    .doOnSuccess(done -> failures.overcome());
        });
    }

    /** What ends it passes the repeating as a value: an error that comes after a cancellation would be logged as dropped. */
    private record Answer<T>(@Nullable T value, @Nullable Throwable error) {

        static <T> Answer<T> of(T value) {
            return new Answer<>(value, null);
        }

        static <T> Answer<T> failed(Throwable error) {
            return new Answer<>(null, error);
        }

        Mono<T> asMono() {
            return error == null ? Mono.justOrEmpty(value) : Mono.error(error);
        }
    }

    /**
     * Says in the log, after two seconds, what is waited for. All watches at a position may wait for one read.
     *
     * @param at the position
     * @param read reads behind it
     * @param <T> what it gives
     * @return as the read
     */
    <T> Mono<T> telling(HistoryPoint at, Mono<T> read) {
        Mono<T> told = Mono.delay(TELL_AFTER, timer)
                .doOnNext(late -> LOG.warn(
                        "Changelog read has not been answered for {} s: position={}; still waiting",
                        TELL_AFTER.toSeconds(),
                        at.id()))
                .then(Mono.never());
        return Mono.firstWithSignal(read, told);
    }

    private final class Failures {

        private final AtomicLong count = new AtomicLong();
        private volatile long since;

        private boolean mayRetry(Throwable error) {
            if (!(error instanceof DatastoreException failure) || error instanceof ClientOwnedException) {
                return false;
            }
            listener.onReadFailed(failure);
            return Outages.mayPass(failure) && isPatient(failure);
        }

        private boolean isPatient(DatastoreException failure) {
            long now = timer.now(TimeUnit.MILLISECONDS);
            if (count.getAndIncrement() == 0) {
                since = now;
                LOG.warn(
                        "Changelog could not be read; trying again: {}",
                        Printable.line(String.valueOf(failure.getMessage())));
            }
            return maxOutage.isZero() || now - since < maxOutage.toMillis();
        }

        private void overcome() {
            if (count.get() > 0) {
                LOG.info("Changelog is available again after {} failed reads", count.get());
                listener.onReadRecovered(count.get());
            }
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.internal.connection;

import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Predicate;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.util.retry.Retry;

/**
 * Retries without limit with exponential back-off, and immediately when any connection of the datastore could be opened
 * again: after an outage, one successful connection ends all pauses.
 *
 * @param first the first pause, also after every success
 * @param longest the longest pause
 * @param recoveries {@link Connections#recoveries}
 * @param timer measures the pauses
 */
public record OutageRetry(Duration first, Duration longest, Flux<Boolean> recoveries, Scheduler timer) {

    private static final int MOST_DOUBLINGS = 20;

    /**
     * The strategy for {@code retryWhen}.
     *
     * @param mayRetry whether an error may pass; called once for each
     * @return fails with the first error that may not pass
     */
    public Retry when(Predicate<Throwable> mayRetry) {
        return Retry.from(failures -> failures.concatMap(
                signal -> mayRetry.test(signal.failure())
                        ? pause(signal.totalRetriesInARow())
                        : Mono.error(signal.failure()),
                1));
    }

    private Mono<Boolean> pause(long before) {
        return Mono.firstWithSignal(Mono.delay(jittered(before), timer).thenReturn(true), recoveries.next());
    }

    /**
     * Between half of the pause and one and a half times the pause, so that operations that failed together do not
     * retry together.
     */
    private Duration jittered(long before) {
        long doubled = first.toMillis() << Math.min(MOST_DOUBLINGS, before);
        long pause = Math.min(longest.toMillis(), Math.max(1, doubled));
        return Duration.ofMillis(ThreadLocalRandom.current().nextLong(pause / 2, pause + pause / 2 + 1));
    }
}

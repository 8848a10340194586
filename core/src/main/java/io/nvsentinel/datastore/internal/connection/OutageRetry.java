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
 * Tries again without end, after pauses that double, and at once when any connection of the datastore could be made again: after
 * an outage, one that succeeds ends everybody's back-off.
 *
 * @param first the first pause, and after every success
 * @param longest the longest one
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

    /** Half of the pause, and up to as much again and a half, so that those who failed together do not come together. */
    private Duration jittered(long before) {
        long doubled = first.toMillis() << Math.min(MOST_DOUBLINGS, before);
        long pause = Math.min(longest.toMillis(), Math.max(1, doubled));
        return Duration.ofMillis(ThreadLocalRandom.current().nextLong(pause / 2, pause + pause / 2 + 1));
    }
}

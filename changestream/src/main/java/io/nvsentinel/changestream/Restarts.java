// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream;

import io.nvsentinel.datastore.internal.Printable;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.util.retry.Retry;

/**
 * Starts one subscription again each time that its history is lost or forked, if the options say so: at once the first time,
 * then after growing pauses until it has run for a minute. For one subscription.
 */
final class Restarts {

    private static final Logger LOG = LoggerFactory.getLogger("io.nvsentinel.changestream.watch");
    private static final Duration MIN_BACKOFF = Duration.ofMillis(100);
    private static final Duration MAX_BACKOFF = Duration.ofSeconds(10);
    private static final long CALM_AFTER_MILLIS = 60_000;
    private static final int MAX_DOUBLINGS = 7;

    private final WatchOptions options;
    private final Scheduler timer;
    private final Mono<Void> stop;
    private final AtomicReference<@Nullable Throwable> cause = new AtomicReference<>();
    private int count;
    private long last;

    /**
     * Not started yet.
     *
     * @param options what to do
     * @param timer measures and waits
     * @param stop completes when a pause is to end
     */
    Restarts(WatchOptions options, Scheduler timer, Mono<Void> stop) {
        this.options = options;
        this.timer = timer;
        this.stop = stop;
    }

    /** Whether a stream cannot continue from its position, because the history there is lost or forked. */
    static boolean isHistoryGone(Throwable error) {
        return error instanceof HistoryLostException || error instanceof HistoryForkedException;
    }

    /** Why it starts again; null the first time. */
    @Nullable
    Throwable cause() {
        return cause.get();
    }

    /** When to start again; fails with what is not to be restarted. */
    Retry retry() {
        return Retry.from(failures -> failures.concatMap(signal -> next(signal.failure())));
    }

    private Mono<Long> next(Throwable error) {
        if (!isHistoryGone(error) || options.onHistoryLost() == OnHistoryLost.FAIL) {
            return Mono.error(error);
        }
        cause.set(error);
        Duration pause = pause();
        if (count == 1) {
            LOG.warn(
                    "{} restarts: onHistoryLost={} reason={}",
                    who(),
                    options.onHistoryLost(),
                    Printable.line(String.valueOf(error.getMessage())));
        } else {
            LOG.debug(
                    "{} restarts in {} ms: reason={}",
                    who(),
                    pause.toMillis(),
                    Printable.line(String.valueOf(error.getMessage())));
        }
        return pause.isZero() ? Mono.just(0L) : Mono.firstWithSignal(Mono.delay(pause, timer), stop.thenReturn(0L));
    }

    private Duration pause() {
        long now = timer.now(TimeUnit.MILLISECONDS);
        count = count == 0 || now - last > CALM_AFTER_MILLIS ? 1 : count + 1;
        last = now;
        if (count == 1) {
            return Duration.ZERO;
        }
        Duration backoff = MIN_BACKOFF.multipliedBy(1L << Math.min(count - 2, MAX_DOUBLINGS));
        return backoff.compareTo(MAX_BACKOFF) > 0 ? MAX_BACKOFF : backoff;
    }

    private String who() {
        return options.clientName() == null ? "Watch" : "Client \"" + options.clientName() + "\"";
    }
}

// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream.internal.process;

import io.nvsentinel.changestream.internal.changelog.Outages;
import io.nvsentinel.changestream.processing.CountedException;
import io.nvsentinel.changestream.processing.PermanentException;
import io.nvsentinel.datastore.error.DatastoreException;
import io.nvsentinel.datastore.internal.Printable;
import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.Exceptions;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/**
 * Waits while the database is unavailable, which says nothing about the change that is being handled. One for each processor;
 * thread-safe.
 */
public final class Outage {

    private static final Logger LOG = LoggerFactory.getLogger("io.nvsentinel.changestream.process");
    private static final long MIN_BACKOFF_MILLIS = 100;
    private static final long MAX_BACKOFF_MILLIS = 10_000;
    private static final int MAX_DOUBLINGS = 7;

    private final Duration maxOutage;
    private final Scheduler timer;
    private final AtomicLong failures = new AtomicLong();

    /**
     * Creates an instance that has seen no failure.
     *
     * @param maxOutage how long after the first of consecutive failures waiting ends; zero for never
     * @param timer the clock, and what waits
     */
    public Outage(Duration maxOutage, Scheduler timer) {
        this.maxOutage = maxOutage;
        this.timer = timer;
    }

    /**
     * How long an operation may fail before the processor stops.
     *
     * @param chosen what was chosen for it; zero if it should follow {@code maxOutage}
     * @return null for any time
     */
    public @Nullable Duration boundOf(Duration chosen) {
        Duration bound = chosen.isZero() ? maxOutage : chosen;
        return bound.isZero() ? null : bound;
    }

    /**
     * Whether an error says that the database is unavailable, and nothing about a change: the outermost error of this library
     * may pass, and no handler has marked it as permanent or counted.
     */
    static boolean isCauseOf(Throwable error) {
        for (Throwable e = error; e != null; e = e.getCause()) {
            if (Exceptions.isMultiple(e)) {
                return !PermanentException.isPermanent(e)
                        && Exceptions.unwrapMultiple(e).stream().anyMatch(Outage::isCauseOf);
            }
            if (e instanceof CountedException || e instanceof PermanentException) {
                return false;
            }
            if (e instanceof DatastoreException) {
                return Outages.mayPass(e);
            }
        }
        return false;
    }

    /** Consecutive failures of one change begin here. */
    Waiting waiting() {
        return new Waiting();
    }

    /** An operation with the database has succeeded. */
    private void over() {
        long before = failures.getAndSet(0);
        if (before > 0) {
            LOG.info("Processing continues: the database is available again after {} failed operations", before);
        }
    }

    /** The consecutive failures of one change. Used by one thread at a time. */
    final class Waiting {

        private long count;
        private long since;

        /** Emits when to try again, or fails with the error when waiting ends. */
        Mono<Long> after(Throwable error) {
            long now = timer.now(TimeUnit.MILLISECONDS);
            if (failures.getAndIncrement() == 0) {
                LOG.warn(
                        "Processing is paused until the database is available; attempts are not counted: {}",
                        Printable.line(error.toString()));
            }
            since = count++ == 0 ? now : since;
            return maxOutage.isZero() || now - since < maxOutage.toMillis()
                    ? Mono.delay(pause(), timer)
                    : Mono.error(error);
        }

        private Duration pause() {
            long longest = Math.min(MIN_BACKOFF_MILLIS << Math.min(count - 1, MAX_DOUBLINGS), MAX_BACKOFF_MILLIS);
            return Duration.ofMillis(
                    (long) (longest * ThreadLocalRandom.current().nextDouble(0.5, 1)));
        }

        /** The change was handled, or failed for a reason other than the outage. */
        void over() {
            count = 0;
            Outage.this.over();
        }
    }
}

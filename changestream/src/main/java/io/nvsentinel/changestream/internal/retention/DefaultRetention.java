// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream.internal.retention;

import io.nvsentinel.changestream.admin.Retention;
import io.nvsentinel.changestream.admin.RetentionOptions;
import io.nvsentinel.changestream.admin.RetentionReport;
import io.nvsentinel.datastore.internal.connection.Connections;
import io.r2dbc.spi.R2dbcException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/** The one retention. */
public final class DefaultRetention implements Retention {

    private static final Logger LOG = LoggerFactory.getLogger("io.nvsentinel.changestream.retention");
    private static final Duration PAUSE = Duration.ofMillis(5);
    private static final Duration STEP_WITHIN = Duration.ofMinutes(1);
    private static final RetentionReport NOT_TAKEN = new RetentionReport(false, 0, 0, 0, 0);

    private final Connections connections;
    private final RetentionOptions options;
    private final Scheduler timer;
    private final Mono<Void> closing;

    /**
     * Does nothing yet.
     *
     * @param connections give the connection of a run
     * @param options how long changes are kept
     * @param timer waits for time
     * @param closing completes when no further run is wanted
     */
    public DefaultRetention(Connections connections, RetentionOptions options, Scheduler timer, Mono<Void> closing) {
        this.connections = connections;
        this.options = options;
        this.timer = timer;
        this.closing = closing;
    }

    /** Runs on a dedicated connection: the lock of the running retention lives as long as the connection. */
    @Override
    public Mono<RetentionReport> run() {
        return connections
                .dedicated("Run the retention", connection -> {
                    RetentionSteps steps = new RetentionSteps(connections.qualified(connection), options.batchSize());
                    return steps.begin().flatMap(taken -> taken ? new Run(steps).all() : Mono.just(NOT_TAKEN));
                })
                .singleOrEmpty();
    }

    @Override
    public Flux<RetentionReport> runPeriodically() {
        Mono<RetentionReport> run = run().onErrorResume(error -> {
            LOG.warn("Retention failed; the next run tries again", error);
            return Mono.empty();
        });
        Mono<RetentionReport> later = Mono.delay(options.interval(), timer).then(run);
        return run.concatWith(later.repeat()).takeUntilOther(closing);
    }

    private final class Run {

        private final RetentionSteps steps;
        private final AtomicLong taken = new AtomicLong();

        private Run(RetentionSteps steps) {
            this.steps = steps;
        }

        /** Marking needs room on the disk: if there is none, what can be removed is removed first. */
        Mono<RetentionReport> all() {
            return mark().map(Optional::of)
                    .onErrorResume(Run::isOutOfRoom, full -> Mono.just(Optional.empty()))
                    .flatMap(this::removed);
        }

        private static boolean isOutOfRoom(Throwable error) {
            return error instanceof R2dbcException failure
                    && String.valueOf(failure.getSqlState()).startsWith("53");
        }

        private Mono<RetentionReport> removed(Optional<Long> early) {
            return repeat(() -> steps.removeProcessed(options.retention()))
                    .flatMap(removed -> capped().flatMap(capped -> early.map(Mono::just)
                            .orElseGet(this::mark)
                            .map(marked -> new RetentionReport(true, marked, removed, capped, taken.get()))));
        }

        private Mono<Long> mark() {
            return options.markProcessed()
                    ? steps.acknowledged().flatMap(upTo -> repeat(() -> steps.mark(upTo)))
                    : Mono.just(0L);
        }

        private Mono<Long> capped() {
            Mono<Long> tooOld = repeat(() -> steps.removeAny(options.maxAge(), Long.MAX_VALUE));
            Mono<Long> tooMany = options.maxRows() == 0
                    ? Mono.just(0L)
                    : steps.cap(options.maxRows()).flatMap(upTo -> repeat(() -> steps.removeAny(Duration.ZERO, upTo)));
            return tooOld.flatMap(old -> tooMany.flatMap(many -> orphans(old + many)));
        }

        private Mono<Long> orphans(long before) {
            return steps.removeOrphans().map(orphans -> before + orphans);
        }

        /** One small step after the other, until one finds nothing to do; the sum. */
        private Mono<Long> repeat(Supplier<Mono<Long>> step) {
            return Mono.defer(step)
                    .timeout(STEP_WITHIN, timer)
                    .doOnNext(rows -> taken.addAndGet(rows == 0 ? 0 : 1))
                    .delayElement(PAUSE, timer)
                    .repeat()
                    .takeWhile(rows -> rows > 0)
                    .reduce(0L, Long::sum);
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream.internal.process;

import io.nvsentinel.changestream.processing.ProcessorOptions;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/**
 * Runs changes in lanes: in order within a lane, concurrently across lanes. Stops when a change cannot be handled;
 * running handlers may then complete, and waiting changes are dropped. For one run.
 *
 * @param <E> the event's type
 */
public final class Processor<E> {

    private final ProcessorOptions options;
    private final Attempts<E> attempts;
    private final Scheduler timer;
    private final Window window;
    private final StopSignal stopped = new StopSignal();
    private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();

    /**
     * Nothing runs yet.
     *
     * @param options how many at a time, and how long stopping may take
     * @param attempts handles one change
     * @param timer waits for time
     */
    public Processor(ProcessorOptions options, Attempts<E> attempts, Scheduler timer) {
        this.options = options;
        this.attempts = attempts;
        this.timer = timer;
        this.window = new Window(options.maxInFlight());
    }

    /**
     * Handles changes until they end or a stop is asked for.
     *
     * @param tasks the changes
     * @param stop completes when to stop
     * @return cold; completes when nothing is being handled any more; fails if a change could not be handled
     */
    public Mono<Void> run(Flux<Task<E>> tasks, Mono<Void> stop) {
        Flux<Task<E>> admitted = tasks.concatMap(window::admit, 1)
                .takeUntilOther(Mono.firstWithSignal(stopped.asMono(), stop).doOnTerminate(stopped::give))
                .doOnTerminate(stopped::give);
        return lanes(admitted)
                .takeUntilOther(stopped.asMono().then(Mono.delay(options.drainTimeout(), timer)))
                .then(Mono.defer(() -> {
                    Throwable error = failure.get();
                    return error == null ? Mono.empty() : Mono.error(error);
                }));
    }

    private Flux<Void> lanes(Flux<Task<E>> admitted) {
        int concurrency = options.concurrency();
        if (concurrency == 1) {
            return admitted.concatMap(this::handle, 1);
        }
        // At most as many groups as are subscribed to at once; the window bounds what waits in all of them.
        return admitted.groupBy(task -> Lanes.of(task.key(), concurrency), options.maxInFlight())
                .flatMap(lane -> lane.concatMap(this::handle, 1), concurrency, 1);
    }

    private Mono<Void> handle(Task<E> task) {
        return Mono.defer(() -> attempts.handle(task, stopped)).onErrorResume(error -> {
            failure.compareAndSet(null, error);
            stopped.give();
            return Mono.empty();
        });
    }
}

// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream;

import io.nvsentinel.changestream.internal.changelog.HistoryPoint;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/** Finds watches that stand still although they have demand and there are changes, by looking at the changelog's end now and then. */
final class Stalls {

    private final Mono<HistoryPoint> newest;
    private final Bounds bounds;
    private final Scheduler timer;
    private final Set<Watch<?>> watches = ConcurrentHashMap.newKeySet();

    /**
     * No watch is open.
     *
     * @param newest reads the changelog's end
     * @param bounds when a watch counts as standing still
     * @param timer provides the time and the delays
     */
    Stalls(Mono<HistoryPoint> newest, Bounds bounds, Scheduler timer) {
        this.newest = newest;
        this.bounds = bounds;
        this.timer = timer;
    }

    /**
     * When a watch counts as standing still.
     *
     * @param interval how often the changelog's end is read
     * @param bound how long a watch may stand still
     */
    record Bounds(Duration interval, Duration bound) {

        static final Bounds DEFAULT = new Bounds(Duration.ofSeconds(10), Duration.ofSeconds(30));
    }

    void opened(Watch<?> watch) {
        watches.add(watch);
    }

    void closed(Watch<?> watch) {
        watches.remove(watch);
    }

    /** How many are open. */
    int watches() {
        return watches.size();
    }

    /** Looks while it is subscribed to; never ends by itself. What cannot be read is skipped. */
    Mono<Void> looking() {
        return Mono.delay(bounds.interval(), timer)
                .then(Mono.defer(() -> newest).onErrorComplete())
                .doOnNext(end -> watches.forEach(watch -> watch.progress().observe(end.id(), now())))
                .repeat()
                .then();
    }

    /** The watches that stand still, and the clients whose position cannot be stored, in words. */
    List<String> found() {
        return watches.stream()
                .flatMap(watch -> watch.stalls(bounds.bound(), now()).stream())
                .sorted()
                .toList();
    }

    /** Nanoseconds do not change when the clock is set. */
    private long now() {
        return TimeUnit.NANOSECONDS.toMillis(timer.now(TimeUnit.NANOSECONDS));
    }
}

// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream.internal.group;

import io.nvsentinel.changestream.ClientFencedException;
import io.nvsentinel.changestream.ClientOwnedException;
import io.nvsentinel.changestream.internal.process.StopSignal;
import io.nvsentinel.changestream.internal.tail.RetryPolicy;
import io.nvsentinel.changestream.processing.GroupOptions;
import io.nvsentinel.datastore.internal.Printable;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/**
 * Runs one member: with each heartbeat it stops the partitions that are no longer assigned to it, and starts the
 * assigned ones. A partition that still has another owner is tried again at the next heartbeat. For one run.
 */
public final class Group {

    private static final Logger LOG = LoggerFactory.getLogger("io.nvsentinel.changestream.group");

    private final Membership membership;
    private final GroupOptions options;
    private final Work work;
    private final RetryPolicy patience;
    private final Scheduler timer;
    private final Map<Integer, StopSignal> running = new ConcurrentHashMap<>();
    private final StopSignal stopped = new StopSignal();
    private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();

    /**
     * Creates a member that does not run yet.
     *
     * @param membership the members of the group
     * @param options the number of partitions and the heartbeat interval
     * @param work handles the changes of a partition
     * @param patience waits while the server is unavailable
     * @param timer provides delays
     */
    public Group(Membership membership, GroupOptions options, Work work, RetryPolicy patience, Scheduler timer) {
        this.membership = membership;
        this.options = options;
        this.work = work;
        this.patience = patience;
        this.timer = timer;
    }

    /** What is done with a partition. */
    public interface Work {

        /**
         * Owns the partition and handles its changes.
         *
         * @param partition the partition
         * @param stop completes when the partition should be released
         * @return cold; completes when it is released and none of its changes is being handled
         */
        Mono<Void> on(int partition, Mono<Void> stop);
    }

    /**
     * Handles its partitions until a stop is requested.
     *
     * @param stop completes when to stop
     * @return cold; completes when all partitions are released; fails if one of them failed permanently, after the
     *     others were released
     */
    public Mono<Void> run(Mono<Void> stop) {
        return heartbeats()
                .takeUntilOther(Mono.firstWithSignal(stopped.asMono(), stop))
                .onErrorResume(this::failed)
                .doOnTerminate(this::stopAll)
                .concatMapIterable(this::decide, 1)
                .flatMap(this::partition, options.partitions(), 1)
                .then(Mono.defer(() -> {
                    Throwable error = failure.get();
                    return error == null ? Mono.empty() : Mono.error(error);
                }));
    }

    private Flux<Set<UUID>> heartbeats() {
        Mono<Set<UUID>> beat = patience.with(Mono.defer(membership::beat));
        return beat.concatWith(
                Mono.delay(options.heartbeatInterval(), timer).then(beat).repeat());
    }

    /** The partitions to start. Called for one heartbeat at a time. */
    private List<Integer> decide(Set<UUID> members) {
        Set<Integer> share = Shares.of(members, membership.member().id(), options.partitions());
        running.forEach((partition, signal) -> {
            if (!share.contains(partition)) {
                signal.give();
            }
        });
        return share.stream()
                .filter(partition -> !stopped.isGiven() && !running.containsKey(partition))
                .sorted()
                .toList();
    }

    private Mono<Void> partition(int partition) {
        return Mono.defer(() -> {
            StopSignal signal = new StopSignal();
            if (running.putIfAbsent(partition, signal) != null) {
                return Mono.empty();
            }
            if (stopped.isGiven()) {
                signal.give();
            }
            return work.on(partition, signal.asMono())
                    .onErrorResume(error -> ended(partition, error))
                    .doFinally(end -> running.remove(partition, signal));
        });
    }

    private Mono<Void> ended(int partition, Throwable error) {
        if (error instanceof ClientOwnedException) {
            return Mono.empty();
        }
        if (error instanceof ClientFencedException) {
            LOG.warn(
                    "Partition released until the next heartbeat: partition={} error={}",
                    partition,
                    Printable.line(String.valueOf(error.getMessage())));
            return Mono.empty();
        }
        return failed(error).then();
    }

    private <T> Mono<T> failed(Throwable error) {
        failure.compareAndSet(null, error);
        stopAll();
        return Mono.empty();
    }

    private void stopAll() {
        stopped.give();
        running.values().forEach(StopSignal::give);
    }
}

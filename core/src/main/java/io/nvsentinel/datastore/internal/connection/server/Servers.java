// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.internal.connection.server;

import io.nvsentinel.datastore.internal.connection.server.Names.Target;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Comparator;
import java.util.Iterator;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/**
 * The order in which servers are tried, and how long each may take: a silent one must not use up the time of the
 * others.
 *
 * <p>Every address of every host has an equal share of the connect time-out, starting with the address of the last
 * primary. If none is, there is a second round in what is left of the time, since a standby may be about to be
 * promoted; there a primary that accepts no writes will do.
 */
final class Servers {

    private static final Duration BETWEEN_ROUNDS = Duration.ofMillis(200);

    private final List<InetSocketAddress> servers;
    private final Duration timeout;
    private final Scheduler timer;
    private volatile @Nullable InetSocketAddress last;

    Servers(List<InetSocketAddress> servers, Duration timeout, Scheduler timer) {
        this.servers = servers;
        this.timeout = timeout;
        this.timer = timer;
    }

    /** Tries one address. */
    interface Attempt<T> {

        /**
         * One attempt.
         *
         * @param share how long it may take
         * @param writable whether a primary that accepts no writes is to be passed over
         */
        Mono<T> to(Target target, Duration share, boolean writable);
    }

    /** Cold; emits the first success; fails with the most specific failure, or with a timeout of all attempts. */
    <T> Mono<T> firstOf(Attempt<T> attempt) {
        return Mono.defer(() -> {
                    long end = System.nanoTime() + timeout.toNanos();
                    return round(attempt, end, true)
                            .onErrorResume(
                                    Failures.class,
                                    first -> first.deserveAnotherRound()
                                            ? Mono.delay(BETWEEN_ROUNDS, timer).then(round(attempt, end, false))
                                            : Mono.error(first));
                })
                .timeout(timeout, timer)
                .onErrorMap(Failures.class, Failures::mostTelling);
    }

    private <T> Mono<T> round(Attempt<T> attempt, long end, boolean first) {
        return Mono.defer(() -> Names.shared().targets(servers, timeout.dividedBy(2), timer))
                .flatMap(targets -> {
                    Duration share = Duration.ofNanos(Math.max(1, (end - System.nanoTime()) / targets.size()));
                    boolean writable = first && targets.size() > 1;
                    return next(
                            sorted(targets).iterator(), target -> attempt.to(target, share, writable), new Failures());
                });
    }

    private <T> Mono<T> next(Iterator<Target> targets, Function<Target, Mono<T>> attempt, Failures failures) {
        if (!targets.hasNext()) {
            return Mono.error(failures);
        }
        Target target = targets.next();
        return attempt.apply(target)
                .doOnNext(success -> last = target.address())
                .onErrorResume(error -> {
                    failures.add(error);
                    return next(targets, attempt, failures);
                });
    }

    private List<Target> sorted(List<Target> targets) {
        InetSocketAddress primary = last;
        return targets.stream()
                .sorted(Comparator.comparing(target -> !target.address().equals(primary)))
                .toList();
    }
}

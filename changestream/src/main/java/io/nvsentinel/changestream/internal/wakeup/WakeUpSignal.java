// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream.internal.wakeup;

import java.time.Duration;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Scheduler;

/**
 * Wakes the waiting subscriber; if none waits, the next wait returns immediately, so that no signal is lost.
 * Thread-safe.
 */
public final class WakeUpSignal {

    private volatile Sinks.One<Boolean> next = Sinks.one();

    /** Signals; a second signal before the next wait has no effect. */
    public void ring() {
        next.tryEmitValue(true);
    }

    /**
     * Waits. A signal is consumed by the subscriber that receives it.
     *
     * @param max the longest wait
     * @param timer provides the time and delays
     * @return cold; true when it was signalled, false when the time has passed
     */
    public Mono<Boolean> await(Duration max, Scheduler timer) {
        return Mono.defer(() -> next.asMono().timeout(max, Mono.just(false), timer))
                .doOnNext(rang -> {
                    if (rang) {
                        next = Sinks.one();
                    }
                });
    }
}

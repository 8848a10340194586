// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream.internal.wakeup;

import java.time.Duration;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Scheduler;

/** Wakes who waits; if nobody waits, remembers to skip the next wait, so that no ring is lost. Thread-safe. */
public final class WakeUpSignal {

    private volatile Sinks.One<Boolean> next = Sinks.one();

    /** Rings; ringing again before anybody has waited changes nothing. */
    public void ring() {
        next.tryEmitValue(true);
    }

    /**
     * Waits. A ring is used up by the one who sees it.
     *
     * @param max how long
     * @param timer tells and waits for time
     * @return cold; true when it rang, false when the time passed
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

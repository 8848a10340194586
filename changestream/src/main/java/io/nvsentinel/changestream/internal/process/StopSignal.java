// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream.internal.process;

import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/** Signals once, to all running handlers, that no further change may be started. Thread-safe. */
public final class StopSignal {

    private final Sinks.Empty<Void> signal = Sinks.empty();
    private volatile boolean given;

    /** Not given yet. */
    public StopSignal() {}

    /** Says it. */
    public void give() {
        given = true;
        signal.tryEmitEmpty();
    }

    /**
     * Whether it was said.
     *
     * @return true from then on
     */
    public boolean isGiven() {
        return given;
    }

    /**
     * Waits for it.
     *
     * @return hot; completes when it is said
     */
    public Mono<Void> asMono() {
        return signal.asMono();
    }
}

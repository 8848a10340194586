// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream.internal.process;

import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/** Says once, to all who handle changes, that nothing more is to be begun. */
final class StopSignal {

    private final Sinks.Empty<Void> signal = Sinks.empty();
    private volatile boolean given;

    void give() {
        given = true;
        signal.tryEmitEmpty();
    }

    boolean isGiven() {
        return given;
    }

    Mono<Void> asMono() {
        return signal.asMono();
    }
}

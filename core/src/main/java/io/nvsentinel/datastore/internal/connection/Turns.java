// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.internal.connection;

import java.util.ArrayDeque;
import java.util.Queue;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/**
 * Lets one piece of work run at a time, in the order of subscription. The driver has a queue of its own, but fails what
 * does not fit. Thread-safe.
 */
final class Turns {

    /** The first one has its turn, the others wait; each is a subscription of a caller, and goes when that ends. */
    private final Queue<Sinks.Empty<Void>> queue = new ArrayDeque<>();

    <T> Mono<T> run(Mono<T> work) {
        return Mono.defer(() -> {
            Sinks.Empty<Void> turn = Sinks.empty();
            enter(turn);
            return turn.asMono().then(work).doFinally(signal -> leave(turn));
        });
    }

    private void enter(Sinks.Empty<Void> turn) {
        boolean first;
        synchronized (queue) {
            first = queue.isEmpty();
            queue.add(turn);
        }
        if (first) {
            turn.tryEmitEmpty();
        }
    }

    private void leave(Sinks.Empty<Void> turn) {
        Sinks.Empty<Void> next = remove(turn);
        if (next != null) {
            next.tryEmitEmpty();
        }
    }

    /** Returns whose turn it is now, if that has changed. */
    private Sinks.@Nullable Empty<Void> remove(Sinks.Empty<Void> turn) {
        synchronized (queue) {
            boolean first = queue.peek() == turn;
            queue.remove(turn);
            return first ? queue.peek() : null;
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.internal.connection;

import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/**
 * Serializes the use of a connection: one piece of work at a time, in the order of subscription, each until it has
 * really ended. Thread-safe.
 *
 * <p>A cancelled subscriber leaves at once, but work that has begun is run to its end and keeps the turn so long. The
 * driver would send a statement that is cancelled while it is subscribed to, possibly after the connection has been
 * released, in the transaction of another caller; and its own queue fails what does not fit.
 */
final class SerialQueue {

    /** The first one has its turn, the others wait; each is a subscription of a caller, and goes when that ends. */
    private final Queue<Turn> queue = new ArrayDeque<>();

    private volatile boolean ended;

    /**
     * Runs work when it is next in the queue.
     *
     * @param refusal the error if that is after the end
     */
    <T> Mono<T> run(Mono<T> work, Supplier<Throwable> refusal) {
        return inTurn(Mono.defer(() -> ended ? Mono.error(refusal) : work));
    }

    /** Refuses new work, and runs the last when what has begun before has ended. May be repeated. */
    Mono<Void> end(Mono<Void> last) {
        return Mono.defer(() -> {
            ended = true;
            return inTurn(last);
        });
    }

    private <T> Mono<T> inTurn(Mono<T> work) {
        return Mono.defer(() -> {
            Turn turn = new Turn();
            Mono<T> begun = Mono.defer(() -> turn.claim() ? work : Mono.never())
                    .doFinally(signal -> leave(turn))
                    // Not cancelled with its subscriber.
                    .cache();
            enter(turn);
            return turn.granted.asMono().then(begun).doOnCancel(() -> giveUp(turn));
        });
    }

    private void giveUp(Turn turn) {
        if (turn.claim()) {
            leave(turn);
        }
    }

    private void enter(Turn turn) {
        boolean first;
        synchronized (queue) {
            first = queue.isEmpty();
            queue.add(turn);
        }
        if (first) {
            turn.granted.tryEmitEmpty();
        }
    }

    private void leave(Turn turn) {
        Turn next = remove(turn);
        if (next != null) {
            next.granted.tryEmitEmpty();
        }
    }

    /** Returns the next work, if it has changed. */
    private @Nullable Turn remove(Turn turn) {
        synchronized (queue) {
            boolean first = queue.peek() == turn;
            queue.remove(turn);
            return first ? queue.peek() : null;
        }
    }

    private static final class Turn {

        final Sinks.Empty<Void> granted = Sinks.empty();
        private final AtomicBoolean claimed = new AtomicBoolean();

        /** Set by the work when it starts, or by its subscriber's cancellation; the first one wins. */
        boolean claim() {
            return claimed.compareAndSet(false, true);
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream.internal.wakeup;

import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReference;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Scheduler;

/**
 * What one who holds the gate's lock owes to those asleep behind it. Some may have gone to sleep just before it lets go:
 * writers do not notify from then on, and those do not know. So it has to hold the lock again soon or to tell them, and to
 * tell them at once where it has found a change that nobody was notified of. Thread-safe.
 */
final class PendingNotification {

    /** How soon they are told of a lock that was let go; longer than looking and locking again takes. */
    private static final Duration SOON = Duration.ofMillis(100);

    /** How long two threads that have something to say at once wait for each other; far more than it takes. */
    private static final Sinks.EmitFailureHandler IN_TURN = Sinks.EmitFailureHandler.busyLooping(Duration.ofSeconds(1));

    private enum Owed {
        NOTHING,
        /** To hold the lock again, or to tell. */
        LOCK_OR_WORD,
        WORD
    }

    private final AtomicReference<Owed> owed = new AtomicReference<>(Owed.NOTHING);
    private final Sinks.Many<Boolean> changed = Sinks.many().multicast().directBestEffort();

    /** The lock is about to be let go. */
    void letGo() {
        owe(Owed.LOCK_OR_WORD);
    }

    /**
     * Changes were found without a notification.
     *
     * @param holding whether the lock is held; if it was not held before either, nothing is owed to anybody
     */
    void found(boolean holding) {
        if (holding || owed.get() == Owed.LOCK_OR_WORD) {
            owe(Owed.WORD);
        }
    }

    private void owe(Owed what) {
        owed.accumulateAndGet(what, (known, more) -> known == Owed.WORD ? known : more);
        changed.emitNext(true, IN_TURN);
    }

    /** The lock is held again, or another holds it, and no change was found since. */
    void settle() {
        if (owed.compareAndSet(Owed.LOCK_OR_WORD, Owed.NOTHING)) {
            changed.emitNext(true, IN_TURN);
        }
    }

    /** Whether anything was owed; nothing is afterwards, so whoever asks pays. */
    boolean take() {
        return owed.getAndSet(Owed.NOTHING) != Owed.NOTHING;
    }

    /** Emits whenever it is time to {@link #take}; never ends. */
    Flux<Boolean> due(Scheduler timer) {
        return changed.asFlux().switchMap(change -> switch (Objects.requireNonNull(owed.get())) {
            case NOTHING -> Mono.empty();
            case LOCK_OR_WORD -> Mono.just(change).delayElement(SOON, timer);
            case WORD -> Mono.just(change);
        });
    }
}

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
 * The notification that the owner of the idle lock must send to the idle subscribers that rely on it. Some of them may
 * have become idle just before it releases the lock: writers do not notify from then on, and these subscribers do not
 * know. So the owner must lock again soon or notify them, and must notify them immediately if it has found a change
 * without a notification. Thread-safe.
 */
final class PendingNotification {

    /** The delay until they are notified of a released lock; longer than reading and locking again takes. */
    private static final Duration SOON = Duration.ofMillis(100);

    /** How long two threads that have something to say at once wait for each other; far more than it takes. */
    private static final Sinks.EmitFailureHandler IN_TURN = Sinks.EmitFailureHandler.busyLooping(Duration.ofSeconds(1));

    private enum Owed {
        NOTHING,
        /** To lock again, or to notify. */
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
     * @param holding whether the lock is held; if it was not held before either, no notification is pending
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

    /** Returns whether a notification was pending, and clears it: the caller must send it. */
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

// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream.internal.wakeup;

import io.nvsentinel.changestream.interleavings.Interleavings;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import reactor.core.Disposable;
import reactor.core.scheduler.Scheduler;

/** Two changes are signalled while a subscriber reads and waits: it reads both. */
public class WakeUpSignalScenario implements Runnable {

    /** No time passes. */
    private static final Scheduler NEVER = new Scheduler() {
        @Override
        public Disposable schedule(Runnable task) {
            return () -> {};
        }

        @Override
        public Disposable schedule(Runnable task, long delay, TimeUnit unit) {
            return () -> {};
        }

        @Override
        public Worker createWorker() {
            throw new UnsupportedOperationException();
        }
    };

    private volatile WakeUpSignal signal = new WakeUpSignal();

    @Override
    public final void run() {
        signal = new WakeUpSignal();
        AtomicInteger committed = new AtomicInteger();
        AtomicInteger read = new AtomicInteger();
        Interleavings.run(() -> readAndWait(committed, read), () -> {
            committed.set(1);
            signal.ring();
            committed.set(2);
            signal.ring();
        });
        Interleavings.require(read.get() == 2, "the subscriber waits, and has read " + read + " of 2");
    }

    /** Waits for a signal, and reads when it comes, until everything is read. */
    private void readAndWait(AtomicInteger committed, AtomicInteger read) {
        read.set(committed.get());
        if (read.get() < 2) {
            signal = nextSignal(signal);
            signal.await(Duration.ofDays(1), NEVER).subscribe(rang -> readAndWait(committed, read));
        }
    }

    WakeUpSignal nextSignal(WakeUpSignal current) {
        return current;
    }

    /** The mistake: what was signalled before the wait is forgotten. */
    public static final class Forgetful extends WakeUpSignalScenario {

        @Override
        WakeUpSignal nextSignal(WakeUpSignal current) {
            return new WakeUpSignal();
        }
    }
}

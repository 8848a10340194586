// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.testserver.proxy;

import java.time.Duration;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;

/** Whether, and how late, data flows through a proxy. */
final class Flow {

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private boolean stopped;
    private Duration delay = Duration.ZERO;

    void stop() {
        change(() -> stopped = true);
    }

    void delay(Duration newDelay) {
        change(() -> delay = newDelay);
    }

    void heal() {
        change(() -> {
            stopped = false;
            delay = Duration.ZERO;
        });
    }

    /** Wakes the waiting threads, which check again whether their connection is open. */
    void wakeUp() {
        change(() -> {});
    }

    private void change(Runnable assignment) {
        lock.lock();
        try {
            assignment.run();
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /**
     * Waits until received data may be forwarded, or its connection is no longer open.
     *
     * @return whether it may be forwarded; data that was held back when its connection was cut must not be delivered
     */
    boolean pass(BooleanSupplier open) throws InterruptedException {
        long arrival = System.nanoTime();
        lock.lock();
        try {
            while (open.getAsBoolean()) {
                long left = arrival + delay.toNanos() - System.nanoTime();
                if (stopped) {
                    changed.await();
                } else if (left > 0) {
                    changed.awaitNanos(left);
                } else {
                    return true;
                }
            }
            return false;
        } finally {
            lock.unlock();
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.testserver;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;
import java.util.function.Supplier;

/**
 * Waits in tests: checks a condition repeatedly until it holds or the time is over.
 *
 * <p>It blocks the calling thread and checks at least once, even if the time is zero. An exception of the condition
 * ends the wait and is thrown unchanged.
 */
public final class Await {

    private static final long FIRST_PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(1);
    private static final long LONGEST_PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(50);

    private Await() {}

    /**
     * Waits until a condition holds.
     *
     * @param what what is awaited, as in "the pool is closed"; the error names it
     * @param max the longest wait; zero looks once
     * @param condition looked at again and again, on the calling thread
     * @throws AssertionError if the condition does not hold in time, or the thread is interrupted
     */
    public static void until(String what, Duration max, BooleanSupplier condition) {
        until(what, max, condition::getAsBoolean, Boolean::booleanValue);
    }

    /**
     * Waits until an observed state is the wanted one.
     *
     * @param <T> the state's type
     * @param what what is awaited; the error names it
     * @param max the longest wait; zero looks once
     * @param state reads the state, on the calling thread; the error shows the last one
     * @param wanted whether that state ends the wait
     * @return the state that ended the wait
     * @throws AssertionError if the state does not come in time, or the thread is interrupted
     */
    public static <T> T until(String what, Duration max, Supplier<T> state, Predicate<? super T> wanted) {
        long deadline = System.nanoTime() + max.toNanos();
        long pause = FIRST_PAUSE_NANOS;
        T last = state.get();
        while (!wanted.test(last)) {
            long left = deadline - System.nanoTime();
            if (left <= 0) {
                throw new AssertionError("Not within " + max + ": " + what + "; last state: " + last);
            }
            LockSupport.parkNanos(Math.min(pause, left));
            if (Thread.currentThread().isInterrupted()) {
                throw new AssertionError("Interrupted while waiting: " + what + "; last state: " + last);
            }
            pause = Math.min(2 * pause, LONGEST_PAUSE_NANOS);
            last = state.get();
        }
        return last;
    }
}

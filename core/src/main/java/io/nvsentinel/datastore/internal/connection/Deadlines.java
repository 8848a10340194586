// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.internal.connection;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import reactor.core.Disposable;
import reactor.core.scheduler.Scheduler;

/**
 * A timer for what almost never happens: the time-outs of statements, several for each of thousands a second. Setting
 * and cancelling one touches a set and no thread; one check of all deadlines, shortly after the first was added, finds
 * the expired ones, which are therefore up to {@value #TICK_MILLIS} ms late. While nothing is under way there are no
 * looks.
 *
 * <p>A timer that is exact wakes its thread for nearly every statement of a lone caller, which took a fifth of an
 * insert's time on two processors. Thread-safe.
 */
final class Deadlines implements Scheduler {

    private static final long TICK_MILLIS = 20;

    private final Scheduler timer;
    private final Set<Deadline> waiting = ConcurrentHashMap.newKeySet();
    private final AtomicBoolean looking = new AtomicBoolean();

    /**
     * No deadlines yet.
     *
     * @param timer looks, and runs what is due
     */
    Deadlines(Scheduler timer) {
        this.timer = timer;
    }

    @Override
    public Disposable schedule(Runnable task, long delay, TimeUnit unit) {
        Deadline deadline = new Deadline(task, System.nanoTime() + unit.toNanos(delay));
        waiting.add(deadline);
        lookLater();
        return deadline;
    }

    private void lookLater() {
        if (!looking.get() && looking.compareAndSet(false, true)) {
            try {
                timer.schedule(this::look, TICK_MILLIS, TimeUnit.MILLISECONDS);
            } catch (RejectedExecutionException rejected) {
                looking.set(false);
                throw rejected;
            }
        }
    }

    private void look() {
        long now = System.nanoTime();
        waiting.stream().filter(deadline -> deadline.at - now <= 0).forEach(Deadline::isOver);
        // The order matters: a concurrent caller either starts a check, or its deadline is found here.
        looking.set(false);
        if (!waiting.isEmpty()) {
            lookLater();
        }
    }

    @Override
    public Disposable schedule(Runnable task) {
        return timer.schedule(task);
    }

    @Override
    public Worker createWorker() {
        return timer.createWorker();
    }

    private final class Deadline implements Disposable, Runnable {

        private final Runnable task;
        private final long at;
        private volatile boolean cancelled;

        Deadline(Runnable task, long at) {
            this.task = task;
            this.at = at;
        }

        /** A slow or failing action does not delay the others. */
        void isOver() {
            if (waiting.remove(this)) {
                timer.schedule(this);
            }
        }

        @Override
        public void run() {
            if (!cancelled) {
                task.run();
            }
        }

        @Override
        public void dispose() {
            cancelled = true;
            waiting.remove(this);
        }

        @Override
        public boolean isDisposed() {
            return !waiting.contains(this);
        }
    }
}

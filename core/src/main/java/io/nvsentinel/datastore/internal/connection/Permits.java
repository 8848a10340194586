// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.internal.connection;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import reactor.pool.AllocationStrategy;

/**
 * How many more connections the pool may open. Thread-safe.
 *
 * <p>Opening more is best effort: if the server refuses a connection because it has too many, connections that are in
 * use will be released.
 *
 * <p>A pool that is closed while a connection is passed from one caller to the next may destroy it twice, and return
 * its permit twice. Its own strategy refuses the permit that is then one too many with an error, and the pool leaves
 * the connection open that it was about to close: the last one to be released. Here one too many is ignored.
 */
final class Permits implements AllocationStrategy {

    /** How long a server that has refused a connection is not asked for more. */
    private static final Duration PAUSE = Duration.ofSeconds(1);

    private final int most;
    private final AtomicInteger granted = new AtomicInteger();
    private volatile long paused = System.nanoTime();

    Permits(int most) {
        this.most = most;
    }

    /**
     * Makes callers wait briefly for released connections instead of opening more.
     *
     * @return false if no connection is in use
     */
    boolean pause() {
        paused = System.nanoTime() + PAUSE.toNanos();
        return granted.get() > 0;
    }

    @Override
    public int getPermits(int desired) {
        int limit = System.nanoTime() - paused < 0 ? 1 : most;
        int before = granted.getAndUpdate(now -> Math.max(now, Math.min(limit, now + desired)));
        return Math.max(0, Math.min(desired, limit - before));
    }

    @Override
    public void returnPermits(int returned) {
        granted.updateAndGet(now -> Math.max(0, now - returned));
    }

    @Override
    public int estimatePermitCount() {
        return most - granted.get();
    }

    @Override
    public int permitGranted() {
        return granted.get();
    }

    @Override
    public int permitMinimum() {
        return 0;
    }

    @Override
    public int permitMaximum() {
        return most;
    }
}

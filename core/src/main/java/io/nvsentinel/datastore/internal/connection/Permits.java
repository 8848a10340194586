// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.internal.connection;

import java.util.concurrent.atomic.AtomicInteger;
import reactor.pool.AllocationStrategy;

/**
 * How many more connections the pool may open. Thread-safe.
 *
 * <p>A pool that is closed while a connection goes from one borrower to the next may destroy it twice, and return its
 * permit twice. Its own strategy refuses the permit that is then one too many with an error, and the pool leaves the
 * connection open that it was about to close: the last one to come back. Here one too many is ignored.
 */
final class Permits implements AllocationStrategy {

    private final int most;
    private final AtomicInteger granted = new AtomicInteger();

    Permits(int most) {
        this.most = most;
    }

    @Override
    public int getPermits(int desired) {
        int before = granted.getAndUpdate(now -> Math.min(most, now + desired));
        return Math.min(desired, most - before);
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

// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream.storm;

import io.nvsentinel.testserver.Await;
import io.nvsentinel.testserver.TestDatabase;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Random;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/** Prepared transactions, which another session ends later. */
final class StormPrepared implements AutoCloseable {

    private static final int MOST = 8;
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private final TestDatabase database;
    private final long seed;
    private final ScheduledExecutorService resolver = Executors.newScheduledThreadPool(2);
    private final Semaphore free = new Semaphore(MOST);
    private final AtomicLong names = new AtomicLong();
    private final AtomicInteger done = new AtomicInteger();

    StormPrepared(TestDatabase database, long seed) {
        this.database = database;
        this.seed = seed;
    }

    /** Whether there was room for another one; the transaction is then no longer the session's. */
    boolean prepare(Statement statement, Random random) throws SQLException {
        if (!free.tryAcquire()) {
            return false;
        }
        String name = "storm-" + seed + "-" + names.incrementAndGet();
        boolean commit = random.nextInt(4) > 0;
        int later = random.nextInt(10) == 0 ? 1000 + random.nextInt(2000) : random.nextInt(250);
        try {
            statement.execute("PREPARE TRANSACTION '" + name + "'");
            statement.getConnection().rollback();
        } finally {
            // A session killed while it prepares leaves either outcome.
            resolver.schedule(() -> resolve(name, commit), later, TimeUnit.MILLISECONDS);
        }
        return true;
    }

    private void resolve(String name, boolean commit) {
        try {
            boolean there = !database.queryForStrings("SELECT gid FROM pg_prepared_xacts WHERE gid = ?", name)
                    .isEmpty();
            if (there) {
                database.execute((commit ? "COMMIT" : "ROLLBACK") + " PREPARED '" + name + "'");
                done.incrementAndGet();
            }
            free.release();
        } catch (IllegalStateException e) {
            // The server is down, or this session was killed; the transaction survives both.
            resolver.schedule(() -> resolve(name, commit), 100, TimeUnit.MILLISECONDS);
        }
    }

    void finish() {
        Await.until("every prepared transaction's end", PATIENCE, () -> free.availablePermits() == MOST);
    }

    @Override
    public void close() {
        resolver.shutdownNow();
    }

    @Override
    public String toString() {
        return done + " ended in two phases";
    }
}

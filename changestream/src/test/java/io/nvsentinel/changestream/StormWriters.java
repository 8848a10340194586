// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream;

import io.nvsentinel.testserver.Await;
import io.nvsentinel.testserver.TestDatabase;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Many writers on few records, doing everything by which a changelog gets holes and late rows. The seed decides what
 * each writer does; the server decides how it interleaves.
 */
final class StormWriters implements AutoCloseable {

    static final String APPLICATION = "storm-writer";

    private static final Logger LOG = LoggerFactory.getLogger(StormWriters.class);
    private static final int WRITERS = 12;
    private static final int RECORDS = 8;
    private static final int MOST_PREPARED = 6;
    private static final String NEXT =
            "data || jsonb_build_object('version', (data->>'version')::bigint + 1, 'healthevent',"
                    + " jsonb_build_object('nodeName', ((data->>'version')::bigint + 1)::text))";
    private static final String FIRST = "'{\"version\":1,\"healthevent\":{\"nodeName\":\"1\"}}'";

    private final TestDatabase database;
    private final long seed;
    private final Duration length;
    private final ExecutorService threads = Executors.newFixedThreadPool(WRITERS + 2);
    private final ScheduledExecutorService resolver = Executors.newScheduledThreadPool(2);
    private final List<Future<?>> running = new ArrayList<>();
    private final Semaphore prepared = new Semaphore(MOST_PREPARED);
    private final AtomicLong names = new AtomicLong();
    private final AtomicInteger commits = new AtomicInteger();
    private final AtomicInteger rollbacks = new AtomicInteger();
    private final AtomicInteger latePrepared = new AtomicInteger();
    private final AtomicInteger failures = new AtomicInteger();
    private final AtomicInteger killed = new AtomicInteger();
    private volatile boolean over;

    StormWriters(TestDatabase database, long seed, Duration length) {
        this.database = database;
        this.seed = seed;
        this.length = length;
    }

    void start() {
        long end = System.nanoTime() + length.toNanos();
        for (int writer = 0; writer < WRITERS; writer++) {
            Random random = new Random(31 * seed + writer);
            running.add(threads.submit(() -> write(random, end)));
        }
        threads.submit(() -> kill(new Random(seed)));
    }

    /** Waits for the writers, then until every prepared transaction is resolved. */
    void finish() throws Exception {
        for (Future<?> writer : running) {
            writer.get(length.toSeconds() + 60, TimeUnit.SECONDS);
        }
        over = true;
        if (!prepared.tryAcquire(MOST_PREPARED, 30, TimeUnit.SECONDS)) {
            throw new AssertionError("Prepared transactions are left");
        }
        LOG.info(
                "{} commits, {} rollbacks, {} prepared, {} failed, {} sessions killed",
                commits,
                rollbacks,
                latePrepared,
                failures,
                killed);
    }

    int commits() {
        return commits.get();
    }

    @Override
    public void close() {
        over = true;
        threads.shutdown();
        Await.until("the writers' end", length.plusSeconds(60), threads::isTerminated);
        resolver.shutdown();
        Await.until("the last prepared transaction's end", Duration.ofSeconds(30), resolver::isTerminated);
    }

    private void write(Random random, long end) {
        while (System.nanoTime() < end) {
            try (Connection connection = database.connect();
                    Statement statement = connection.createStatement()) {
                statement.execute("SET application_name = '" + APPLICATION + "'; SET deadlock_timeout = '50ms';"
                        + " SET lock_timeout = '1s'");
                connection.setAutoCommit(false);
                while (System.nanoTime() < end) {
                    attempt(connection, statement, random);
                }
            } catch (SQLException e) {
                failures.incrementAndGet();
            }
        }
    }

    /** A deadlock or a busy record ends the transaction, a killed session this connection. */
    private void attempt(Connection connection, Statement statement, Random random) throws SQLException {
        try {
            transaction(connection, statement, random);
        } catch (SQLException e) {
            failures.incrementAndGet();
            connection.rollback();
        }
    }

    private void transaction(Connection connection, Statement statement, Random random) throws SQLException {
        boolean immediate = random.nextInt(4) == 0;
        if (immediate) {
            statement.execute("SET CONSTRAINTS ALL IMMEDIATE");
        }
        for (int operations = 1 + random.nextInt(4); operations > 0; operations--) {
            if (random.nextInt(4) == 0) {
                nested(connection, statement, random);
            } else {
                operation(statement, random);
            }
            if (immediate && random.nextInt(3) == 0) {
                statement.execute("SELECT pg_sleep(" + random.nextInt(15) + " / 1000.0)");
            }
        }
        int end = random.nextInt(100);
        if (end < 15) {
            connection.rollback();
            rollbacks.incrementAndGet();
        } else if (end < 22 && prepared.tryAcquire()) {
            prepare(statement, random);
        } else {
            if (end > 85) {
                statement.execute("SET CONSTRAINTS ALL IMMEDIATE");
                statement.execute("SELECT pg_sleep(0.005)");
            }
            connection.commit();
            commits.incrementAndGet();
        }
    }

    private void nested(Connection connection, Statement statement, Random random) throws SQLException {
        Savepoint savepoint = connection.setSavepoint();
        if (random.nextBoolean()) {
            statement.execute("SET CONSTRAINTS ALL IMMEDIATE");
        }
        operation(statement, random);
        if (random.nextBoolean()) {
            connection.rollback(savepoint);
        } else {
            connection.releaseSavepoint(savepoint);
        }
    }

    private void operation(Statement statement, Random random) throws SQLException {
        String id = "'" + record(random) + "'";
        switch (random.nextInt(8)) {
            case 0 ->
                statement.execute("INSERT INTO health_events (id, data) VALUES (" + id + ", " + FIRST
                        + ") ON CONFLICT (id) DO UPDATE SET data = " + NEXT.replace("data", "health_events.data"));
            case 1 ->
                statement.execute("INSERT INTO health_events (id, data) VALUES (" + id + ", " + FIRST
                        + ") ON CONFLICT DO NOTHING");
            case 2 ->
                statement.execute("INSERT INTO health_events (data) SELECT " + FIRST
                        + "::jsonb FROM generate_series(1, " + (1 + random.nextInt(5)) + ")");
            case 3 ->
                statement.execute("UPDATE health_events SET data = " + NEXT + " WHERE id IN (" + id + ", '"
                        + record(random) + "', '" + record(random) + "')");
            case 4 -> {
                statement.execute("DELETE FROM health_events WHERE id = " + id);
                statement.execute("INSERT INTO health_events (id, data) VALUES (" + id + ", " + FIRST
                        + ") ON CONFLICT DO NOTHING");
            }
            case 5 -> statement.execute("DELETE FROM health_events WHERE id = " + id);
            default -> statement.execute("UPDATE health_events SET data = " + NEXT + " WHERE id = " + id);
        }
    }

    private static UUID record(Random random) {
        return new UUID(0x4000, 0x8000000000000000L + random.nextInt(RECORDS));
    }

    private void prepare(Statement statement, Random random) throws SQLException {
        String name = "storm-" + seed + "-" + names.incrementAndGet();
        boolean done = false;
        try {
            statement.execute("PREPARE TRANSACTION '" + name + "'");
            done = true;
        } finally {
            // A session killed while it prepares leaves either outcome.
            boolean commit = random.nextInt(4) > 0;
            resolver.schedule(() -> resolve(name, commit), random.nextInt(250), TimeUnit.MILLISECONDS);
        }
        if (done) {
            statement.getConnection().rollback();
            latePrepared.incrementAndGet();
        }
    }

    private void resolve(String name, boolean commit) {
        boolean there = !database.queryForStrings("SELECT gid FROM pg_prepared_xacts WHERE gid = ?", name)
                .isEmpty();
        if (there) {
            database.execute((commit ? "COMMIT" : "ROLLBACK") + " PREPARED '" + name + "'");
        }
        prepared.release();
    }

    /** Ends a session of a writer or of a subscriber now and then. */
    private void kill(Random random) {
        while (!over) {
            database.queryForString("SELECT pg_sleep(" + (100 + random.nextInt(400)) + " / 1000.0)::text");
            killed.addAndGet(database.queryForStrings("SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                            + " WHERE datname = current_database() AND application_name LIKE 'storm-%'"
                            + " ORDER BY random() LIMIT 1")
                    .size());
        }
    }
}

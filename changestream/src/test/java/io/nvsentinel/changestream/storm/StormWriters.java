// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream.storm;

import io.nvsentinel.testserver.Await;
import io.nvsentinel.testserver.TestDatabase;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Many writers on few records, doing everything by which a changelog gets holes and late rows. They outlive the server.
 */
final class StormWriters implements AutoCloseable {

    static final String APPLICATION = "storm-writer";

    private static final Logger LOG = LoggerFactory.getLogger(StormWriters.class);

    private final TestDatabase database;
    private final Storm storm;
    private final ExecutorService threads;
    private final List<Future<?>> running = new ArrayList<>();
    private final StormPrepared prepared;
    private final StormCommits spellings = new StormCommits();
    private final AtomicInteger commits = new AtomicInteger();
    private final AtomicInteger rollbacks = new AtomicInteger();
    /** How many, by SQLSTATE. */
    private final Map<String, Integer> failures = new ConcurrentHashMap<>();

    StormWriters(TestDatabase database, Storm storm) {
        this.database = database;
        this.storm = storm;
        this.threads = Executors.newFixedThreadPool(storm.writers());
        this.prepared = new StormPrepared(database, storm.seed());
    }

    void start() {
        long end = System.nanoTime() + storm.duration().toNanos();
        for (int writer = 0; writer < storm.writers(); writer++) {
            Random random = storm.random("writer " + writer);
            running.add(threads.submit(() -> write(random, end)));
        }
    }

    /** Waits for the writers, then until every prepared transaction is resolved. */
    void finish() throws Exception {
        for (Future<?> writer : running) {
            writer.get(storm.duration().toSeconds() + 120, TimeUnit.SECONDS);
        }
        prepared.finish();
        LOG.info("{} commits, {} rollbacks, {} failed, {}, {}", commits, rollbacks, failures, prepared, spellings);
    }

    int commits() {
        return commits.get();
    }

    @Override
    public void close() {
        threads.shutdown();
        Await.until("the writers' end", storm.duration().plusSeconds(120), threads::isTerminated);
        prepared.close();
    }

    private void write(Random random, long end) {
        while (System.nanoTime() < end) {
            try (Connection connection = database.connect();
                    Statement statement = connection.createStatement()) {
                statement.execute("SET application_name = '" + APPLICATION + "'; SET deadlock_timeout = '50ms';"
                        + " SET lock_timeout = '1s'");
                if (random.nextInt(3) == 0) {
                    statement.execute("SET synchronous_commit = off");
                }
                for (int left = 1 + random.nextInt(300); left > 0 && System.nanoTime() < end; left--) {
                    attempt(connection, statement, random);
                }
            } catch (SQLException e) {
                failures.merge(String.valueOf(e.getSQLState()), 1, Integer::sum);
                // The server may be down.
                rest(20 + random.nextInt(100));
            }
        }
    }

    /** A deadlock or a busy record ends the transaction, a killed session this connection. */
    private void attempt(Connection connection, Statement statement, Random random) throws SQLException {
        try {
            StormOperations operations = new StormOperations(connection, statement, random);
            if (random.nextInt(8) == 0) {
                connection.setAutoCommit(true);
                alone(operations, random);
                commits.incrementAndGet();
            } else {
                connection.setAutoCommit(false);
                transaction(operations, statement, random);
            }
            if (random.nextInt(3) == 0) {
                rest(random.nextInt(30));
            }
        } catch (SQLException e) {
            failures.merge(String.valueOf(e.getSQLState()), 1, Integer::sum);
            if (!connection.getAutoCommit()) {
                connection.rollback();
            }
        }
    }

    private static void alone(StormOperations operations, Random random) throws SQLException {
        switch (random.nextInt(4)) {
            case 0 -> operations.procedure();
            case 1 -> operations.block();
            default -> operations.any();
        }
    }

    private void transaction(StormOperations operations, Statement statement, Random random) throws SQLException {
        boolean immediate = random.nextInt(4) == 0;
        if (random.nextInt(400) == 0) {
            operations.truncate();
        }
        if (immediate) {
            statement.execute("SET CONSTRAINTS ALL IMMEDIATE");
        }
        for (int left = 1 + random.nextInt(4); left > 0; left--) {
            switch (random.nextInt(12)) {
                case 0, 1 -> nested(operations, statement, random);
                case 2 -> reversing(operations, statement);
                default -> operations.any();
            }
            if (random.nextInt(3) == 0) {
                rest(random.nextInt(immediate ? 15 : 40));
            }
        }
        end(statement, random);
    }

    private void end(Statement statement, Random random) throws SQLException {
        Connection connection = statement.getConnection();
        if (random.nextInt(4) == 0) {
            // Capture may have run by now, and turned it on.
            statement.execute("SET LOCAL synchronous_commit = off");
        }
        int end = random.nextInt(100);
        if (end < 15) {
            connection.rollback();
            rollbacks.incrementAndGet();
        } else if (end < 22) {
            if (!prepared.prepare(statement, random)) {
                connection.commit();
            }
            commits.incrementAndGet();
        } else {
            if (end > 85) {
                statement.execute("SET CONSTRAINTS ALL IMMEDIATE");
                rest(5);
            }
            spellings.commit(statement, random);
            commits.incrementAndGet();
        }
    }

    /**
     * The server keeps the constraints immediate after the rollback, although the change that was captured is undone, and captures
     * it again at commit: behind the later one, if nothing prevents it.
     */
    private static void reversing(StormOperations operations, Statement statement) throws SQLException {
        String id = operations.insertOne();
        statement.execute("SAVEPOINT outer_one");
        statement.execute("SAVEPOINT inner_one");
        statement.execute("SET CONSTRAINTS ALL IMMEDIATE");
        statement.execute("RELEASE inner_one");
        statement.execute("ROLLBACK TO outer_one");
        operations.delete(id);
    }

    private static void nested(StormOperations operations, Statement statement, Random random) throws SQLException {
        Savepoint savepoint = statement.getConnection().setSavepoint();
        if (random.nextBoolean()) {
            statement.execute("SET CONSTRAINTS ALL IMMEDIATE");
        }
        operations.any();
        if (random.nextBoolean()) {
            statement.getConnection().rollback(savepoint);
        } else {
            statement.getConnection().releaseSavepoint(savepoint);
        }
    }

    /** The pauses are part of the weather, not a wait for anything. */
    static void rest(int millis) {
        try {
            TimeUnit.MILLISECONDS.sleep(millis);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("Interrupted in a storm", e);
        }
    }
}

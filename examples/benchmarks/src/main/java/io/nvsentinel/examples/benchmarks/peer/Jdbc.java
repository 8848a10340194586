// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.benchmarks.peer;

import io.nvsentinel.examples.benchmarks.server.Database;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;

/** Single inserts over JDBC: a thread for each caller, and a pool that costs next to nothing. */
public final class Jdbc implements InsertPeer {

    /** How the report calls it. */
    public static final String NAME = "JDBC";

    /** What a single insert sends. */
    static final String INSERT = "INSERT INTO health_events (data) VALUES (?::jsonb)";

    private final BlockingQueue<Pooled> pool = new ArrayBlockingQueue<>(Ours.POOL);

    /**
     * Opens every connection.
     *
     * @param database where
     */
    public Jdbc(Database database) {
        Properties properties = new Properties();
        properties.setProperty("prepareThreshold", "1");
        try {
            for (int i = 0; i < Ours.POOL; i++) {
                Connection connection = database.connect(properties);
                pool.add(new Pooled(connection, connection.prepareStatement(INSERT)));
            }
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    /**
     * How it is set up.
     *
     * @return in words
     */
    public static String setUp() {
        return "pgjdbc, " + Ours.POOL
                + " connections, a thread for each caller, statements prepared on the server from the"
                + " first use; bulk inserts with reWriteBatchedInserts=true, a batch and a commit for each 1000 rows";
    }

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public void insert(Rows rows, int callers) throws Exception {
        AtomicInteger next = new AtomicInteger();
        ExecutorService threads = Executors.newFixedThreadPool(callers);
        try {
            List<Future<?>> work = new ArrayList<>();
            for (int caller = 0; caller < callers; caller++) {
                work.add(threads.submit(() -> {
                    for (int i = next.getAndIncrement(); i < rows.json().size(); i = next.getAndIncrement()) {
                        insert(new String(rows.json().get(i), StandardCharsets.UTF_8));
                    }
                    return null;
                }));
            }
            for (Future<?> caller : work) {
                caller.get();
            }
        } finally {
            threads.shutdownNow();
        }
    }

    private void insert(String json) throws InterruptedException, SQLException {
        Pooled pooled = pool.take();
        try {
            pooled.insert.setString(1, json);
            pooled.insert.executeUpdate();
        } finally {
            pool.add(pooled);
        }
    }

    @Override
    public void close() {
        try {
            for (Pooled pooled : pool) {
                pooled.connection.close();
            }
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    private record Pooled(Connection connection, PreparedStatement insert) {}
}

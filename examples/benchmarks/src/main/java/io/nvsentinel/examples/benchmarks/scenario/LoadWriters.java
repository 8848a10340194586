// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.benchmarks.scenario;

import io.nvsentinel.examples.benchmarks.peer.Documents;
import io.nvsentinel.examples.benchmarks.server.Database;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.LongStream;

/** Writers that are the same in every measurement: JDBC, with one connection and one thread each. */
final class LoadWriters {

    private static final String INSERT = "INSERT INTO health_events (data) VALUES (?::jsonb)";
    private static final int DOCUMENTS = 512;
    private static final List<String> TEXTS =
            LongStream.range(0, DOCUMENTS).mapToObj(Documents::text).toList();

    private LoadWriters() {}

    /**
     * Lets writers insert and commit as fast as they can.
     *
     * @param database where
     * @param writers how many
     * @param window how long
     * @return what they wrote
     */
    static Written write(Database database, int writers, Duration window) throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(writers);
        CountDownLatch ready = new CountDownLatch(writers);
        try {
            List<Future<Long>> work = new ArrayList<>();
            for (int i = 0; i < writers; i++) {
                work.add(threads.submit(() -> write(database, ready, window)));
            }
            long commits = 0;
            for (Future<Long> writer : work) {
                commits += writer.get();
            }
            return new Written(commits, commits / (window.toNanos() / 1e9));
        } finally {
            threads.shutdownNow();
        }
    }

    private static long write(Database database, CountDownLatch ready, Duration window)
            throws SQLException, InterruptedException {
        Properties properties = new Properties();
        properties.setProperty("prepareThreshold", "1");
        try (Connection connection = database.connect(properties);
                PreparedStatement insert = connection.prepareStatement(INSERT)) {
            ready.countDown();
            ready.await();
            long end = System.nanoTime() + window.toNanos();
            long commits = 0;
            while (System.nanoTime() < end) {
                insert.setString(1, TEXTS.get((int) (commits % DOCUMENTS)));
                insert.executeUpdate();
                commits++;
            }
            return commits;
        }
    }

    /**
     * What writers wrote.
     *
     * @param commits how many inserts, each with a commit
     * @param perSecond how many in a second
     */
    record Written(long commits, double perSecond) {}
}

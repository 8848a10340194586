// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream.storm;

import io.nvsentinel.testserver.Await;
import io.nvsentinel.testserver.TestDatabase;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * Transactions that stay open all the time and are none of the stream's business: one here that wrote something else,
 * and two in another database, which write a changelog of that one.
 */
final class StormStrangers implements AutoCloseable {

    private static final List<String> ELSEWHERE = List.of(
            "SELECT pg_current_xact_id()",
            "INSERT INTO health_events (data) VALUES ('{}'); SET CONSTRAINTS ALL IMMEDIATE");

    private final ExecutorService threads = Executors.newCachedThreadPool();
    private volatile boolean over;

    void start(TestDatabase here, TestDatabase other) {
        threads.submit(() -> hold(here, "INSERT INTO storm_elsewhere VALUES (1)"));
        ELSEWHERE.forEach(sql -> threads.submit(() -> hold(other, sql)));
    }

    private void hold(TestDatabase database, String sql) {
        while (!over) {
            try (Connection connection = database.connect();
                    Statement statement = connection.createStatement()) {
                statement.execute("SET application_name = 'stranger'");
                connection.setAutoCommit(false);
                statement.execute(sql);
                while (!over) {
                    StormWriters.rest(100);
                    statement.execute("SELECT 1");
                }
                connection.rollback();
            } catch (SQLException e) {
                // The server was restarted, which ends all sessions.
                StormWriters.rest(100);
            }
        }
    }

    @Override
    public void close() {
        over = true;
        threads.shutdown();
        Await.until("the strangers' end", Duration.ofSeconds(30), threads::isTerminated);
    }
}

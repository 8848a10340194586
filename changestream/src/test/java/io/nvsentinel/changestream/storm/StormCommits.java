// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream.storm;

import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;

/** Commits in the spellings of drivers, pools and tracing tools. */
final class StormCommits {

    private static final List<String> SPELLINGS = List.of(
            "COMMIT",
            "/* route=storm */ COMMIT",
            "-- traceparent='00-storm'\nCOMMIT",
            "/* outer /* inner */ */ commit work",
            "END TRANSACTION",
            "COMMIT; -- done",
            "SELECT 'PREPARE TRANSACTION'; COMMIT");

    private final AtomicInteger odd = new AtomicInteger();

    void commit(Statement statement, Random random) throws SQLException {
        if (random.nextInt(3) > 0) {
            statement.getConnection().commit();
            return;
        }
        statement.execute(SPELLINGS.get(random.nextInt(SPELLINGS.size())));
        odd.incrementAndGet();
    }

    @Override
    public String toString() {
        return odd + " odd commits";
    }
}

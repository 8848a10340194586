// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.cli.doctor;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Map;

/**
 * Whether the server can still write to its disk. A sort that does not fit into the smallest {@code work_mem} writes a
 * temporary file of a few hundred kilobytes into the database's tablespace; the file is then removed.
 */
final class DiskCheck implements Check {

    private static final String DISK_FULL = "53100";

    private static final String SPILL = """
            SET LOCAL work_mem = '64kB';
            SELECT count(*) FROM (SELECT number FROM generate_series(1, 20000) AS number ORDER BY -number) AS sorted""";

    @Override
    public String name() {
        return "disk";
    }

    @Override
    public Need need() {
        return Need.LOGIN;
    }

    @Override
    public void run(Patient patient) throws SQLException {
        try (Connection connection = patient.login().connect();
                Statement statement = connection.createStatement()) {
            connection.setAutoCommit(false);
            statement.execute(SPILL);
            connection.rollback();
            patient.ok("the server can write to its disk", Map.of());
        } catch (SQLException e) {
            if (!DISK_FULL.equals(e.getSQLState())) {
                throw e;
            }
            patient.fail(
                    "the server's disk is full: writes fail (" + Failed.text(e) + ")",
                    "free space on the server's volume or enlarge it; then run nvsentinel retention "
                            + "run to shrink the changelog",
                    Failed.facts(e));
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.testserver;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

/**
 * What clients hold in a database at one moment.
 *
 * @param sessions client sessions, replication included
 * @param inTransaction how many of them are idle in a transaction
 * @param advisoryLocks advisory locks, held or awaited
 * @param prepared transactions prepared for two-phase commit
 */
record DatabaseUse(List<String> sessions, long inTransaction, List<String> advisoryLocks, List<String> prepared) {

    private static final String SESSIONS = """
            SELECT format('pid %s, application_name ''%s'', user %s, state %s, last query: %s',
                          pid, application_name, usename, coalesce(state, 'unknown'), left(query, 300))
            FROM pg_stat_activity
            WHERE datname = ? AND backend_type IN ('client backend', 'walsender') AND pid <> pg_backend_pid()
            ORDER BY pid
            """;

    private static final String IN_TRANSACTION = """
            SELECT pid::text
            FROM pg_stat_activity
            WHERE datname = ? AND state LIKE 'idle in transaction%' AND pid <> pg_backend_pid()
            """;

    private static final String ADVISORY_LOCKS = """
            SELECT format('pid %s: %s, classid %s, objid %s%s',
                          l.pid, l.mode, l.classid, l.objid, CASE WHEN l.granted THEN '' ELSE ' (waits)' END)
            FROM pg_locks l JOIN pg_database d ON d.oid = l.database
            WHERE d.datname = ? AND l.locktype = 'advisory'
            ORDER BY l.pid
            """;

    private static final String PREPARED = """
            SELECT format('%s of user %s', gid, owner) FROM pg_prepared_xacts WHERE database = ? ORDER BY gid
            """;

    /** Reads it over a connection to another database. */
    static DatabaseUse read(Connection admin, String database) throws SQLException {
        return new DatabaseUse(
                query(admin, SESSIONS, database),
                query(admin, IN_TRANSACTION, database).size(),
                query(admin, ADVISORY_LOCKS, database),
                query(admin, PREPARED, database));
    }

    private static List<String> query(Connection admin, String sql, String database) throws SQLException {
        try (PreparedStatement statement = admin.prepareStatement(sql)) {
            statement.setString(1, database);
            List<String> values = new ArrayList<>();
            try (ResultSet rows = statement.executeQuery()) {
                while (rows.next()) {
                    values.add(rows.getString(1));
                }
            }
            return values;
        }
    }

    /** What of this use exceeds the allowance; empty if nothing leaked. */
    List<String> leaks(int allowedSessions, int allowedLocks) {
        List<String> leaks = new ArrayList<>();
        if (sessions.size() > allowedSessions) {
            leaks.add(sessions.size() + " sessions, allowed are " + allowedSessions);
        }
        if (inTransaction > 0) {
            leaks.add(inTransaction + " sessions idle in transaction");
        }
        if (advisoryLocks.size() > allowedLocks) {
            leaks.add(advisoryLocks.size() + " advisory locks, allowed are " + allowedLocks + ": " + advisoryLocks);
        }
        if (!prepared.isEmpty()) {
            leaks.add("prepared transactions: " + prepared);
        }
        return leaks;
    }
}

// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.cli.doctor;

import java.sql.SQLException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Transactions that are blocking the change stream and do not end: no stream can pass them. */
final class GapCheck implements Check {

    /** Transactions that are committing for only milliseconds are not reported, so the check reads twice. */
    private static final String PAUSE = "SELECT pg_sleep(0.3)";

    private static final String HOLDERS = """
            SELECT l.virtualtransaction, a.pid, coalesce(a.application_name, ''), a.usename, a.state, p.gid,
                extract(epoch FROM clock_timestamp() - coalesce(a.xact_start, p.prepared))::bigint
            FROM pg_locks AS l
            LEFT JOIN pg_stat_activity AS a ON a.pid = l.pid
            LEFT JOIN pg_locks AS own ON own.virtualtransaction = l.virtualtransaction
                AND own.locktype = 'transactionid' AND own.mode = 'ExclusiveLock'
            LEFT JOIN pg_prepared_xacts AS p ON l.pid IS NULL AND p.transaction = own.transactionid
            WHERE l.relation = '{schema}.datastore_changelog'::regclass AND l.mode = 'RowExclusiveLock' AND l.granted""";

    @Override
    public String name() {
        return "gaps";
    }

    @Override
    public Need need() {
        return Need.TABLES;
    }

    @Override
    public void run(Patient patient) throws SQLException {
        String query = Sql.in(patient.options().schema(), HOLDERS);
        List<List<@Nullable String>> before = Sql.rows(patient.connection(), query);
        List<List<@Nullable String>> holders = new ArrayList<>();
        if (!before.isEmpty()) {
            Sql.rows(patient.connection(), PAUSE);
            List<@Nullable String> known =
                    before.stream().map(row -> row.get(0)).collect(Collectors.toList());
            holders.addAll(Sql.rows(patient.connection(), query));
            holders.removeIf(row -> !known.contains(row.get(0)));
        }
        holders.forEach(row -> holder(patient, row));
        if (holders.isEmpty()) {
            patient.ok("no open transaction blocks the change stream", Map.of());
        }
    }

    private static void holder(Patient patient, List<@Nullable String> row) {
        Map<String, @Nullable Object> facts = new LinkedHashMap<>();
        facts.put("pid", row.get(1));
        facts.put("application", row.get(2));
        facts.put("user", row.get(3));
        facts.put("state", row.get(4));
        facts.put("gid", row.get(5));
        facts.put("ageSeconds", row.get(6) == null ? null : Long.valueOf(row.get(6)));
        String age = row.get(6) == null ? "" : ", for " + row.get(6) + " s";
        if (row.get(5) != null) {
            patient.warn(
                    "the prepared transaction " + row.get(5) + " is blocking the change stream" + age,
                    "COMMIT PREPARED or ROLLBACK PREPARED '" + row.get(5) + "'",
                    facts);
        } else {
            patient.warn(
                    "process " + row.get(1) + " of \"" + row.get(2) + "\" (user " + row.get(3) + ", " + row.get(4)
                            + ") is blocking the change stream" + age,
                    "wait until it ends, or run SELECT pg_terminate_backend(" + row.get(1) + ")",
                    facts);
        }
    }
}

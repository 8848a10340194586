// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.cli.doctor;

import java.sql.SQLException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Whether the triggers that write the changelog are there and on, for each collection. */
final class CaptureCheck implements Check {

    private static final String ROWS = "nvsentinel_capture";
    private static final String TRUNCATE = "nvsentinel_capture_truncate";

    /**
     * The two built-in collections, and every table that looks like a collection: with the stamp trigger, or with at
     * least one capture trigger.
     */
    private static final String COLLECTIONS = """
            SELECT c.relname, max(t.tgenabled::text) FILTER (WHERE t.tgname = 'nvsentinel_capture'),
                max(t.tgenabled::text) FILTER (WHERE t.tgname = 'nvsentinel_capture_truncate'),
                max(split_part(encode(t.tgargs, 'escape'), '\\000', 1)) FILTER (WHERE t.tgname = 'nvsentinel_capture'),
                bool_and(t.tginitdeferred) FILTER (WHERE t.tgname = 'nvsentinel_capture')
            FROM pg_class AS c LEFT JOIN pg_trigger AS t
                ON t.tgrelid = c.oid AND t.tgname IN ('nvsentinel_capture', 'nvsentinel_capture_truncate', 'nvsentinel_stamp')
            WHERE c.relnamespace = ?::regnamespace AND c.relkind IN ('r', 'p')
                AND (t.tgname IS NOT NULL OR c.relname IN ('health_events', 'maintenance_events'))
            GROUP BY c.relname ORDER BY c.relname""";

    @Override
    public String name() {
        return "capture";
    }

    @Override
    public Need need() {
        return Need.TABLES;
    }

    @Override
    public void run(Patient patient) throws SQLException {
        String schema = Sql.quoted(patient.options().schema());
        for (List<@Nullable String> row : Sql.rows(patient.connection(), COLLECTIONS, schema)) {
            collection(patient, schema, row);
        }
    }

    private static void collection(Patient patient, String schema, List<@Nullable String> row) {
        String name = String.valueOf(row.get(0));
        String table = schema + "." + Sql.quoted(name);
        Map<String, @Nullable Object> facts = new LinkedHashMap<>();
        facts.put("collection", name);
        facts.put("images", row.get(3));
        boolean well =
                trigger(patient, table, ROWS, row.get(1), facts) & trigger(patient, table, TRUNCATE, row.get(2), facts);
        if ("f".equals(row.get(4))) {
            patient.fail(
                    "trigger " + ROWS + " of " + table
                            + " is not deferred: a transaction that has written to it blocks change streams until it ends",
                    "DROP TRIGGER " + ROWS + " ON " + table + "; DROP TRIGGER " + TRUNCATE + " ON " + table
                            + "; SELECT nvsentinel_enable_capture('" + table + "') as its owner",
                    facts);
        } else if (well) {
            patient.ok(name + " is captured, images: " + row.get(3), facts);
        }
    }

    /** The states of {@code pg_trigger.tgenabled}. */
    private static boolean trigger(
            Patient patient,
            String table,
            String trigger,
            @Nullable String state,
            Map<String, @Nullable Object> facts) {
        String enable = "ALTER TABLE " + table + " ENABLE ALWAYS TRIGGER " + trigger;
        if (state == null) {
            patient.fail(
                    table + " has no trigger " + trigger + ": change streams do not deliver its changes",
                    trigger.equals(ROWS)
                            ? "SELECT nvsentinel_enable_capture('" + table + "') as its owner"
                            : "create it as the migration V008 does",
                    facts);
            return false;
        }
        switch (state) {
            case "A" -> {
                return true;
            }
            case "O" ->
                patient.warn(
                        "trigger " + trigger + " of " + table + " does not capture changes that replication applies",
                        enable,
                        facts);
            default ->
                patient.fail(
                        "trigger " + trigger + " of " + table
                                + " is disabled: changes made now are lost to change streams",
                        enable,
                        facts);
        }
        return false;
    }
}

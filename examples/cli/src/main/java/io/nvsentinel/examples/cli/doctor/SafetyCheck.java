// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.cli.doctor;

import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Whether others can create objects beside the datastore's, hide its rows from this user, or have forged changes. */
final class SafetyCheck implements Check {

    private static final String CREATORS = """
            SELECT DISTINCT CASE acl.grantee WHEN 0 THEN 'PUBLIC' ELSE acl.grantee::pg_catalog.regrole::text END
            FROM pg_catalog.pg_namespace AS schema
            CROSS JOIN LATERAL pg_catalog.aclexplode(
                coalesce(schema.nspacl, pg_catalog.acldefault('n', schema.nspowner))) AS acl
            WHERE schema.oid = ?::text::regnamespace AND acl.privilege_type = 'CREATE' AND acl.grantee <> schema.nspowner
                AND NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE oid = acl.grantee AND rolsuper)
                AND NOT EXISTS (SELECT FROM pg_catalog.pg_class
                    WHERE relname = 'datastore_changelog' AND relnamespace = schema.oid AND relowner = acl.grantee)
            ORDER BY 1""";

    private static final String HIDDEN = """
            SELECT class.oid::pg_catalog.regclass::text FROM pg_catalog.pg_class AS class
            WHERE class.relnamespace = ?::text::regnamespace AND class.relkind IN ('r', 'p')
                AND pg_catalog.row_security_active(class.oid)
                AND (class.relname IN ('datastore_changelog', 'datastore_changelog_state', 'resume_tokens', 'dead_letters',
                        'handled_changes', 'group_members')
                    OR EXISTS (SELECT FROM pg_catalog.pg_trigger
                        WHERE tgrelid = class.oid AND tgname = 'nvsentinel_capture'))
            ORDER BY 1""";

    /** Capture takes ids from the sequence; a row ahead of it ends change streams, or hides what comes later. */
    private static final String FOREIGN = """
            SELECT id::text, last_value::text
            FROM (SELECT max(id) AS id FROM {schema}.datastore_changelog) AS newest, {schema}.datastore_changelog_id_seq
            WHERE id > last_value""";

    /** Each id is drawn by one capture: what is missing takes time, and a gap for which there was none was made by hand. */
    private static final String JUMPS = """
            SELECT before_id::text, id::text
            FROM (
                SELECT id, changed_at, lag(id) OVER newest AS before_id, lag(changed_at) OVER newest AS before_at
                FROM (
                    SELECT id, changed_at FROM {schema}.datastore_changelog ORDER BY id DESC LIMIT 100000
                ) AS changes
                WINDOW newest AS (ORDER BY id)
            ) AS pairs
            WHERE id - before_id > 1001
                AND (id - before_id - 1) / 10 > greatest(0, extract(epoch FROM changed_at - before_at) * 1000000)
            ORDER BY id DESC LIMIT 3""";

    @Override
    public String name() {
        return "safety";
    }

    @Override
    public Need need() {
        return Need.TABLES;
    }

    @Override
    public void run(Patient patient) throws SQLException {
        String schema = Sql.quoted(patient.options().schema());
        List<String> creators = names(patient, CREATORS, schema);
        List<String> hidden = names(patient, HIDDEN, schema);
        if (!creators.isEmpty()) {
            String revoke = "REVOKE CREATE ON SCHEMA " + schema + " FROM " + String.join(", ", creators);
            patient.fail(
                    "roles other than the owner may create objects in the schema: " + String.join(", ", creators),
                    revoke + ", as the owner of the schema",
                    Map.of("creators", creators, "revoke", revoke));
        }
        for (String table : hidden) {
            String disable = "ALTER TABLE " + table + " DISABLE ROW LEVEL SECURITY";
            patient.fail(
                    "row-level security may hide rows of table " + table + " from this user, which loses changes",
                    disable + ", as the owner of the table",
                    Map.of("table", table));
        }
        List<List<@Nullable String>> foreign =
                Sql.rows(patient.connection(), Sql.in(patient.options().schema(), FOREIGN));
        for (List<@Nullable String> row : foreign) {
            patient.fail(
                    "the changelog holds id " + row.get(0) + ", but its sequence has not generated ids above "
                            + row.get(1) + ": the row was not written by capture",
                    "find out which program wrote it, and SET nvsentinel.retention = 'on'; DELETE FROM "
                            + "datastore_changelog WHERE id > "
                            + row.get(1) + " as the owner of the table",
                    Map.of("id", String.valueOf(row.get(0)), "lastValue", String.valueOf(row.get(1))));
        }
        List<List<@Nullable String>> jumps =
                Sql.rows(patient.connection(), Sql.in(patient.options().schema(), JUMPS));
        for (List<@Nullable String> row : jumps) {
            patient.warn(
                    "between ids " + row.get(0) + " and " + row.get(1)
                            + " of the changelog more ids are missing than transactions can have drawn in that time",
                    "find out who set datastore_changelog_id_seq to a higher value, or removed rows by force",
                    Map.of("before", String.valueOf(row.get(0)), "after", String.valueOf(row.get(1))));
        }
        if (creators.isEmpty() && hidden.isEmpty() && foreign.isEmpty() && jumps.isEmpty()) {
            patient.ok(
                    "only the owner can create objects in the schema, no policy hides rows, and no id "
                            + "is above its sequence or behind an unexplained gap",
                    Map.of());
        }
    }

    private static List<String> names(Patient patient, String sql, String schema) throws SQLException {
        return Sql.rows(patient.connection(), sql, schema).stream()
                .map(SafetyCheck::name)
                .toList();
    }

    private static String name(List<@Nullable String> row) {
        return String.valueOf(row.get(0));
    }
}

// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.cli.doctor;

import java.sql.SQLException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Whether the user may do what {@code docs/postgresql-grants.sql} grants: to an application, or, if it may write nothing, to a
 * reader. No advice gives a reader the rights of an application.
 */
final class PrivilegeCheck implements Check {

    /** What the user may do with the tables so far: read one, write one. */
    private static final String PURPOSE = """
            SELECT bool_or(has_table_privilege(c.oid, 'SELECT')), bool_or(has_table_privilege(c.oid, 'INSERT, UPDATE, DELETE'))
            FROM pg_class AS c
            WHERE c.relnamespace = ?::regnamespace AND c.relkind IN ('r', 'p')
                AND (c.relname IN ('datastore_changelog', 'resume_tokens', 'dead_letters', 'handled_changes', 'group_members')
                    OR EXISTS (SELECT FROM pg_trigger WHERE tgrelid = c.oid AND tgname = 'nvsentinel_capture'))""";

    /** What is there with the rights that it needs and the user does not have. */
    private static final String MISSING = """
            WITH needed (name, privileges) AS (
                SELECT c.relname, ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE']
                FROM pg_trigger AS t JOIN pg_class AS c ON c.oid = t.tgrelid
                WHERE c.relnamespace = ?::regnamespace AND t.tgname = 'nvsentinel_capture'
                UNION ALL VALUES
                    ('datastore_changelog', ARRAY['SELECT']),
                    ('datastore_changelog_state', ARRAY['SELECT']),
                    ('resume_tokens', ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE']),
                    ('dead_letters', ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE']),
                    ('handled_changes', ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE']),
                    ('group_members', ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE']),
                    ('nvsentinel_schema_history', ARRAY['SELECT']),
                    ('datastore_changelog_id_seq', ARRAY['SELECT']),
                    ('resume_tokens_epoch_seq', ARRAY['USAGE'])
            )
            SELECT n.name, c.relkind = 'S', string_agg(privilege, ', ' ORDER BY ordinal)
            FROM needed AS n
            JOIN pg_class AS c ON c.relname = n.name AND c.relnamespace = ?::regnamespace
            CROSS JOIN unnest(n.privileges) WITH ORDINALITY AS p (privilege, ordinal)
            WHERE NOT CASE c.relkind WHEN 'S' THEN has_sequence_privilege(c.oid, privilege)
                ELSE has_table_privilege(c.oid, privilege) END
                AND (NOT ?::boolean OR privilege = 'SELECT' AND n.name <> 'handled_changes')
            GROUP BY n.name, c.relkind ORDER BY n.name""";

    /**
     * The datastore's functions, and the one by which writers notify change streams: without it their writes fail while
     * a stream is idle.
     */
    private static final String FUNCTIONS = """
            SELECT oid::regprocedure FROM pg_proc
            WHERE (pronamespace = ?::regnamespace AND starts_with(proname, 'nvsentinel_') AND NOT prosecdef
                    OR oid = 'pg_catalog.pg_notify(text, text)'::regprocedure)
                AND NOT has_function_privilege(oid, 'EXECUTE')
            ORDER BY 1::text""";

    private static final String OTHERS = """
            SELECT has_table_privilege('{schema}.datastore_changelog', 'UPDATE')
                    AND has_table_privilege('{schema}.datastore_changelog', 'DELETE')
                    AND has_table_privilege('{schema}.datastore_changelog_state', 'UPDATE'),
                has_function_privilege('{schema}.nvsentinel_create_collection(text)', 'EXECUTE'),
                has_schema_privilege(?, 'CREATE')""";

    @Override
    public String name() {
        return "privileges";
    }

    @Override
    public Need need() {
        return Need.TABLES;
    }

    @Override
    public void run(Patient patient) throws SQLException {
        String schema = Sql.quoted(patient.options().schema());
        List<@Nullable String> purpose = Sql.one(patient.connection(), PURPOSE, schema);
        boolean writes = "t".equals(purpose.get(1));
        if (!writes && !"t".equals(purpose.get(0))) {
            none(patient);
            return;
        }
        List<String> grants = new ArrayList<>();
        for (List<@Nullable String> row : Sql.rows(patient.connection(), MISSING, schema, schema, !writes)) {
            String object = ("t".equals(row.get(1)) ? "SEQUENCE " : "") + Sql.quoted(String.valueOf(row.get(0)));
            missing(patient, writes, grants, row.get(2) + " on " + row.get(0), row.get(2) + " ON " + object);
        }
        for (List<@Nullable String> row : Sql.rows(patient.connection(), FUNCTIONS, schema)) {
            missing(patient, writes, grants, "EXECUTE on " + row.get(0), "EXECUTE ON FUNCTION " + row.get(0));
        }
        if (grants.isEmpty() && writes) {
            all(patient);
        } else if (grants.isEmpty()) {
            patient.ok("all that a reader needs; it may write nothing", Map.of("reader", true));
        }
    }

    /** Whether it is to read or to write is not ours to say. */
    private static void none(Patient patient) {
        String user = Sql.quoted(patient.options().username());
        patient.fail(
                "the user may neither read nor write a collection",
                "GRANT nvsentinel_reader TO " + user + " if it only reads, or GRANT nvsentinel_app TO " + user
                        + "; docs/postgresql-roles.sql makes these roles",
                Map.of());
    }

    private static void missing(Patient patient, boolean writes, List<String> grants, String text, String right) {
        String grant = "GRANT " + right + " TO " + Sql.quoted(patient.options().username());
        grants.add(grant);
        patient.fail(
                text + " is missing",
                grant + "; docs/postgresql-grants.sql has all that " + (writes ? "an application" : "a reader")
                        + " needs",
                Map.of("grant", grant));
    }

    private static void all(Patient patient) throws SQLException {
        String schema = patient.options().schema();
        List<@Nullable String> row = Sql.one(patient.connection(), Sql.in(schema, OTHERS), schema);
        boolean retention = "t".equals(row.get(0));
        boolean create = "t".equals(row.get(1));
        boolean migrate = "t".equals(row.get(2));
        Map<String, @Nullable Object> facts = new LinkedHashMap<>();
        facts.put("retention", retention);
        facts.put("createCollections", create);
        facts.put("migrate", migrate);
        patient.ok(
                "the user has all privileges that an application needs; retention: " + yes(retention)
                        + ", create collections: " + yes(create) + ", migrate: " + yes(migrate),
                facts);
    }

    private static String yes(boolean answer) {
        return answer ? "yes" : "no";
    }
}

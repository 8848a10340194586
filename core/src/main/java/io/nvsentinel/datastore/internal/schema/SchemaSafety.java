// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.internal.schema;

import io.nvsentinel.datastore.error.ConfigurationException;
import io.nvsentinel.datastore.internal.Printable;
import io.nvsentinel.datastore.internal.connection.Session;
import io.nvsentinel.datastore.internal.table.Rows;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;

/**
 * Checks once, after connecting, that no policy hides rows from this user, that the changelog is as change streams
 * assume, and that no other role can create objects in the schema.
 *
 * <p>A row of the changelog that is hidden by a policy looks like a transaction that was rolled back: the change would
 * be lost without an error.
 */
public final class SchemaSafety {

    private static final Logger LOG = LoggerFactory.getLogger("io.nvsentinel.datastore.schema");

    private static final String CHECK = """
            SELECT (
                SELECT string_agg(class.relname::text, ', ' ORDER BY class.relname)
                FROM pg_class AS class
                WHERE class.relnamespace = to_regnamespace('{schema}') AND class.relkind IN ('r', 'p')
                    AND row_security_active(class.oid)
                    AND (class.relname = ANY (ARRAY['datastore_changelog', 'datastore_changelog_state', 'resume_tokens',
                            'dead_letters', 'handled_changes', 'group_members'])
                        OR EXISTS (SELECT FROM pg_trigger WHERE tgrelid = class.oid AND tgname = 'nvsentinel_capture'))
            ), (
                SELECT string_agg(DISTINCT CASE acl.grantee WHEN 0 THEN 'PUBLIC' ELSE acl.grantee::regrole::text END, ', ')
                FROM pg_namespace AS schema
                CROSS JOIN LATERAL aclexplode(coalesce(schema.nspacl, acldefault('n', schema.nspowner))) AS acl
                WHERE schema.oid = to_regnamespace('{schema}') AND acl.privilege_type = 'CREATE'
                    AND acl.grantee <> schema.nspowner
                    AND NOT EXISTS (SELECT FROM pg_roles WHERE oid = acl.grantee AND rolsuper)
                    AND NOT EXISTS (SELECT FROM pg_class
                        WHERE oid = to_regclass('{schema}.datastore_changelog') AND relowner = acl.grantee)
            ), (
                SELECT string_agg(fault, ', ') FROM (
                    SELECT unnest(ARRAY[
                        CASE WHEN seqcache <> 1 THEN 'its sequence has CACHE ' || seqcache END,
                        CASE WHEN seqincrement <> 1 THEN 'its sequence has INCREMENT BY ' || seqincrement END,
                        CASE WHEN seqcycle THEN 'its sequence has CYCLE' END,
                        CASE WHEN NOT EXISTS (SELECT FROM pg_depend JOIN pg_attrdef ON pg_attrdef.oid = objid
                                WHERE classid = 'pg_attrdef'::regclass AND refobjid = seqrelid
                                    AND adrelid = to_regclass('{schema}.datastore_changelog'))
                            THEN 'its column id does not use its sequence' END]) AS fault
                    FROM pg_sequence WHERE seqrelid = to_regclass('{schema}.datastore_changelog_id_seq')
                    UNION ALL
                    SELECT DISTINCT 'table ' || adrelid::regclass || ' uses its sequence too'
                    FROM pg_depend JOIN pg_attrdef ON pg_attrdef.oid = objid
                    WHERE classid = 'pg_attrdef'::regclass AND refclassid = 'pg_class'::regclass
                        AND refobjid = to_regclass('{schema}.datastore_changelog_id_seq')
                        AND adrelid <> to_regclass('{schema}.datastore_changelog')
                    UNION ALL
                    SELECT 'table ' || inhrelid::regclass || ' is a part of it'
                    FROM pg_inherits WHERE inhparent = to_regclass('{schema}.datastore_changelog')
                ) AS faults
            )""";

    private final Session session;
    private final String schema;
    private final String user;

    /**
     * Checks nothing yet.
     *
     * @param session runs the query
     * @param schema the datastore's schema
     * @param user the user that the sessions log in as
     */
    public SchemaSafety(Session session, String schema, String user) {
        this.session = session;
        this.schema = schema;
        this.user = user;
    }

    private record Found(
            @Nullable String hidden,
            @Nullable String creators,
            @Nullable String changelog) {}

    /**
     * Runs the check.
     *
     * @return cold; completes if no row can be hidden, after a warning if others may create objects in the schema; fails with
     *     {@link ConfigurationException} if a row-level security policy applies to this user, or if the changelog is not as assumed
     */
    public Mono<Void> check() {
        return session.read(
                        "Check the schema",
                        connection -> Rows.one(
                                connection.createStatement(CHECK),
                                row -> new Found(
                                        row.get(0, String.class), row.get(1, String.class), row.get(2, String.class))))
                .flatMap(this::judge);
    }

    private Mono<Void> judge(Found found) {
        if (found.hidden() != null) {
            return Mono.error(new ConfigurationException("Row-level security applies to user \"" + user + "\" on "
                    + found.hidden() + " of schema \"" + schema
                    + "\": hidden rows would be lost changes; run ALTER TABLE ... DISABLE ROW LEVEL SECURITY as the"
                    + " owner of the tables"));
        }
        if (found.changelog() != null) {
            return Mono.error(
                    new ConfigurationException(
                            "The table datastore_changelog of schema \"" + schema
                                    + "\" does not keep what change streams assume: " + found.changelog()
                                    + ". Its ids must be generated one at a time, in rising order, for this one table, or changes are lost"
                                    + " without an error. As its owner, run ALTER SEQUENCE datastore_changelog_id_seq CACHE 1 INCREMENT BY 1"
                                    + " NO CYCLE, give other tables a sequence of their own, and move the rows of parts into the table"));
        }
        if (found.creators() != null) {
            LOG.warn(
                    "Roles other than the owner may create objects in the schema: schema={} roles={}. "
                            + "A migration fails if one of them creates functions or operators that it "
                            + "could call. Run REVOKE CREATE ON SCHEMA \"{}\" FROM {} as the owner of the "
                            + "schema",
                    schema,
                    Printable.line(found.creators()),
                    schema,
                    Printable.line(found.creators()));
        }
        return Mono.empty();
    }
}

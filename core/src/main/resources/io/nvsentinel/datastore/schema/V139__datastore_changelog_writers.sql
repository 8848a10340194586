-- Purpose: takes the right to insert into the changelog, and to draw its ids, from everybody but the owner: it was needed when
--          capture ran with the writer's rights.
-- Locks:   none on tables.
DO $body$
DECLARE
    granted record;
BEGIN
    FOR granted IN
        SELECT class.oid::regclass AS object, class.relkind, acl.grantee, acl.privilege_type AS privilege
        FROM pg_class AS class CROSS JOIN LATERAL aclexplode(class.relacl) AS acl
        WHERE class.oid IN ('datastore_changelog'::regclass, 'datastore_changelog_id_seq'::regclass)
            AND acl.grantee <> class.relowner
            AND acl.privilege_type IN ('INSERT', 'TRUNCATE', 'TRIGGER', 'USAGE')
    LOOP
        EXECUTE format('REVOKE %s ON %s %s FROM %s', granted.privilege,
            CASE granted.relkind WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END, granted.object,
            CASE granted.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(granted.grantee)) END);
    END LOOP;
END
$body$;

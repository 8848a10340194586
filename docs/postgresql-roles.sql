-- Three roles for the NVSentinel datastore. None of them logs in; give them to those who do:
--
--     nvsentinel_migrator  creates the schema and owns it:   schemaMode migrate
--     nvsentinel_app       reads and writes, creates nothing: schemaMode validate
--     nvsentinel_reader    reads
--
-- 1. As a superuser, in the datastore's database, once: psql -v ON_ERROR_STOP=1 -f postgresql-roles.sql
--    and for each user one of
--        GRANT nvsentinel_migrator TO migrations; ALTER ROLE migrations SET role = nvsentinel_migrator;
--        GRANT nvsentinel_app TO "fault-quarantine";
--        GRANT nvsentinel_reader TO dashboards;
-- 2. As a user with nvsentinel_migrator: start once with schemaMode migrate, or psql -f postgresql-schema.sql.
-- 3. As the same user, after each migration: psql -v ON_ERROR_STOP=1 -f postgresql-grants.sql
--
-- It may be run again. The tables are in the schema public; for another one, replace it here and in the other files.

DO $body$
DECLARE
    name text;
BEGIN
    -- Any user who may connect can hold the advisory locks that migrations and sleeping change streams use.
    EXECUTE format('REVOKE CONNECT ON DATABASE %I FROM PUBLIC', current_database());
    FOREACH name IN ARRAY ARRAY['nvsentinel_migrator', 'nvsentinel_app', 'nvsentinel_reader'] LOOP
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name) THEN
            EXECUTE format('CREATE ROLE %I NOLOGIN', name);
        END IF;
        EXECUTE format('GRANT CONNECT ON DATABASE %I TO %I', current_database(), name);
    END LOOP;
END
$body$;

REVOKE CREATE ON SCHEMA public FROM PUBLIC;
GRANT USAGE, CREATE ON SCHEMA public TO nvsentinel_migrator;
GRANT USAGE ON SCHEMA public TO nvsentinel_app, nvsentinel_reader;

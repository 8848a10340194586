-- What the roles of postgresql-roles.sql may do, and no more. Run it as the owner of the schema, after each migration; it
-- may be run again.

-- Collections: documents.
GRANT SELECT, INSERT, UPDATE, DELETE ON health_events, maintenance_events TO nvsentinel_app;
GRANT SELECT ON health_events, maintenance_events TO nvsentinel_reader;

-- Changelog: the capture triggers insert with the owner's rights, change streams read. Nobody but the owner writes rows, and
-- an application cannot forge a change; one that runs the retention needs this too:
-- GRANT UPDATE, DELETE ON datastore_changelog TO nvsentinel_app; GRANT UPDATE ON datastore_changelog_state TO nvsentinel_app;
GRANT SELECT ON datastore_changelog TO nvsentinel_app, nvsentinel_reader;
GRANT SELECT ON SEQUENCE datastore_changelog_id_seq TO nvsentinel_app, nvsentinel_reader;
GRANT SELECT ON datastore_changelog_state TO nvsentinel_app, nvsentinel_reader;

-- Positions of named clients, their dead letters, marks and members. A client belongs to the user who opens it first, and
-- triggers keep it from others: so give each application a user of its own. GRANT that user TO another one that is to have its
-- clients too. A reader without a client name watches without them.
GRANT SELECT, INSERT, UPDATE, DELETE ON resume_tokens TO nvsentinel_app;
GRANT SELECT ON resume_tokens TO nvsentinel_reader;
GRANT USAGE ON SEQUENCE resume_tokens_epoch_seq TO nvsentinel_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON dead_letters, handled_changes, group_members TO nvsentinel_app;
GRANT SELECT ON dead_letters, group_members TO nvsentinel_reader;

-- Probing once what change streams assume of the server.
GRANT SELECT, INSERT ON datastore_probe TO nvsentinel_app;
GRANT SELECT ON datastore_probe TO nvsentinel_reader;
GRANT USAGE ON SEQUENCE datastore_probe_id_seq TO nvsentinel_app;

-- The schema's version, which schemaMode validate reads.
GRANT SELECT ON nvsentinel_schema_history TO nvsentinel_app, nvsentinel_reader;

-- Functions that run with the caller's rights, for databases where PUBLIC may not execute what is new.
DO $body$
DECLARE
    name regprocedure;
BEGIN
    FOR name IN
        SELECT oid FROM pg_proc
        WHERE pronamespace = 'public'::regnamespace AND starts_with(proname, 'nvsentinel_') AND NOT prosecdef
    LOOP
        EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO nvsentinel_app, nvsentinel_reader', name);
    END LOOP;
END
$body$;

-- Collections that are created later belong to whoever runs this, and get the same rights.
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO nvsentinel_app;
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO nvsentinel_reader;

-- Applications that create collections of their own, or the index of full-text search, need these too:
-- GRANT EXECUTE ON FUNCTION nvsentinel_create_collection(text) TO nvsentinel_app;
-- GRANT EXECUTE ON FUNCTION nvsentinel_create_text_index(text) TO nvsentinel_app;

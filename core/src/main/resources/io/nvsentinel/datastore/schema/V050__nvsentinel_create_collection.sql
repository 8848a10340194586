-- Purpose: creates a collection: a table with a document per row, stamped and captured. Does nothing where it exists.
--          Runs with its owner's rights, so that an application needs EXECUTE on this function and no right to create;
--          whoever creates a collection may read and write it. Nobody but the owner may call it before a GRANT.
-- Locks:   none on existing tables; callers of one name wait for one another.
CREATE FUNCTION nvsentinel_create_collection(collection text) RETURNS void
    LANGUAGE plpgsql
    SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $body$
DECLARE
    target CONSTANT text := format('%I.%I', '${flyway:defaultSchema}', collection);
BEGIN
    IF octet_length(collection) NOT BETWEEN 1 AND 63 OR starts_with(collection, 'pg_') THEN
        RAISE invalid_name USING MESSAGE = 'the name of a collection must have 1 to 63 bytes and not begin with pg_';
    END IF;
    PERFORM pg_advisory_xact_lock(hashtextextended('nvsentinel collection ' || target, 0));

    IF to_regclass(target) IS NULL THEN
        EXECUTE format(
            'CREATE TABLE %s ('
            ' id         uuid        NOT NULL DEFAULT gen_random_uuid() PRIMARY KEY,'
            ' created_at timestamptz NOT NULL DEFAULT now(),'
            ' updated_at timestamptz NOT NULL DEFAULT now(),'
            ' version    bigint      NOT NULL DEFAULT 1,'
            ' data       jsonb       NOT NULL,'
            ' CONSTRAINT data_is_object CHECK (jsonb_typeof(data) = ''object''))', target);
        EXECUTE format('CREATE INDEX ON %s (created_at, id)', target);
        EXECUTE format(
            'CREATE TRIGGER nvsentinel_stamp BEFORE INSERT OR UPDATE ON %s'
            ' FOR EACH ROW EXECUTE FUNCTION "${flyway:defaultSchema}".nvsentinel_stamp_document()', target);
        PERFORM "${flyway:defaultSchema}".nvsentinel_enable_capture(target::regclass);
        EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %s TO %I', target, session_user);
    ELSIF NOT EXISTS (
        SELECT FROM pg_trigger WHERE tgrelid = to_regclass(target) AND tgname = 'nvsentinel_capture') THEN
        RAISE duplicate_table USING MESSAGE = format('%s exists and is no collection', target);
    END IF;
END
$body$;

REVOKE ALL ON FUNCTION nvsentinel_create_collection(text) FROM PUBLIC;

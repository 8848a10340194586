-- Purpose: nvsentinel_create_collection calls nvsentinel_enable_capture with all of its arguments in their exact types. Whoever
--          may create functions in the schema could otherwise plant one that takes the first alone, and it would run with
--          the owner's rights.
-- Locks:   none on tables.
CREATE OR REPLACE FUNCTION nvsentinel_create_collection(collection text) RETURNS void
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
        PERFORM "${flyway:defaultSchema}".nvsentinel_enable_capture(target::regclass, 'full'::text);
        EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %s TO %I', target, session_user);
    ELSIF NOT EXISTS (
        SELECT FROM pg_trigger WHERE tgrelid = to_regclass(target) AND tgname = 'nvsentinel_capture') THEN
        RAISE duplicate_table USING MESSAGE = format('%s exists and is no collection', target);
    END IF;
END
$body$;

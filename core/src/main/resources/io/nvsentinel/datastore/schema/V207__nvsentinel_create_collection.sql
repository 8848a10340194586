-- Purpose: nvsentinel_create_collection mends what it is asked for: where the table is there and its capture was disabled, enabled
--          without ALWAYS, or dropped, capture is as it was made. Changes made meanwhile are in no stream.
-- Locks:   none on tables; when called where capture has to be mended: ACCESS EXCLUSIVE on the collection, for milliseconds
--          after its writers have ended.
CREATE OR REPLACE FUNCTION nvsentinel_create_collection(collection text) RETURNS void
    LANGUAGE plpgsql
    SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $body$
DECLARE
    target CONSTANT text := format('%I.%I', '${flyway:defaultSchema}', collection);
    rows_captured      bigint;
    truncates_captured bigint;
    disabled           text;
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
        SELECT FROM pg_trigger
        WHERE tgrelid = to_regclass(target) AND tgname IN ('nvsentinel_capture', 'nvsentinel_stamp')) THEN
        RAISE duplicate_table USING MESSAGE = format('%s exists and is no collection', target);
    ELSE
        SELECT count(*) FILTER (WHERE tgname = 'nvsentinel_capture'),
            count(*) FILTER (WHERE tgname = 'nvsentinel_capture_truncate'),
            string_agg(format(' ENABLE ALWAYS TRIGGER %I', tgname), ',') FILTER (WHERE tgenabled <> 'A')
        INTO rows_captured, truncates_captured, disabled
        FROM pg_trigger
        WHERE tgrelid = to_regclass(target) AND tgname IN ('nvsentinel_capture', 'nvsentinel_capture_truncate');
        IF rows_captured = 0 THEN
            EXECUTE format('DROP TRIGGER IF EXISTS nvsentinel_capture_truncate ON %s', target);
            PERFORM "${flyway:defaultSchema}".nvsentinel_enable_capture(target::regclass, 'full'::text);
        ELSE
            IF truncates_captured = 0 THEN
                EXECUTE format(
                    'CREATE TRIGGER nvsentinel_capture_truncate AFTER TRUNCATE ON %s'
                    ' FOR EACH STATEMENT EXECUTE FUNCTION "${flyway:defaultSchema}".nvsentinel_capture_change()', target);
                disabled := concat_ws(',', disabled, ' ENABLE ALWAYS TRIGGER nvsentinel_capture_truncate');
            END IF;
            IF disabled IS NOT NULL THEN
                EXECUTE format('ALTER TABLE %s%s', target, disabled);
            END IF;
        END IF;
    END IF;
END
$body$;

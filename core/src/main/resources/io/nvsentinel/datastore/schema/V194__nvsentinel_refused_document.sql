-- Purpose: finds which document of many the database refuses, after it has refused all of them together: stores them one by
--          one until one fails, and then fails itself, so that nothing stays stored. The error's constraint is the number of
--          that document, from 0, or empty if all could be stored.
-- Locks:   those of inserting.
CREATE FUNCTION nvsentinel_refused_document(collection text, documents jsonb, idempotent boolean) RETURNS void
    LANGUAGE plpgsql
AS $body$
DECLARE
    statement CONSTANT text := format(
        'INSERT INTO %I.%I (data) VALUES ($1)', '${flyway:defaultSchema}', collection) || CASE WHEN idempotent
        THEN ' ON CONFLICT ((data #>> ''{healthevent,metadata,idempotencyKey}''))'
            ' WHERE (data #>> ''{healthevent,metadata,idempotencyKey}'') IS NOT NULL DO NOTHING'
        ELSE '' END;
    document  jsonb;
    number    bigint := 0;
    refused   text := '';
BEGIN
    FOR document IN SELECT value FROM jsonb_array_elements(documents) LOOP
        BEGIN
            EXECUTE statement USING document;
        EXCEPTION WHEN data_exception OR integrity_constraint_violation OR program_limit_exceeded THEN
            refused := number::text;
        END;
        EXIT WHEN refused <> '';
        number := number + 1;
    END LOOP;
    RAISE triggered_action_exception USING MESSAGE = 'looked for the refused document', CONSTRAINT = refused;
END
$body$;

COMMENT ON FUNCTION nvsentinel_refused_document(text, jsonb, boolean) IS 'Fails with the number of the refused document.';

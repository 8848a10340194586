-- Purpose: nvsentinel_add_to_set names the schema of the functions that it calls, so that it works, and calls no other's function,
--          whatever the caller's search_path is.
-- Locks:   none on tables.
CREATE OR REPLACE FUNCTION nvsentinel_add_to_set(document jsonb, path text[], element jsonb) RETURNS jsonb
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
AS $$
DECLARE
    present jsonb := document #> path;
BEGIN
    IF jsonb_typeof(present) = 'array'
            AND EXISTS (SELECT FROM jsonb_array_elements(present) AS e(value) WHERE e.value = element) THEN
        RETURN document;
    END IF;
    RETURN "${flyway:defaultSchema}".nvsentinel_push(document, path, element);
END
$$;

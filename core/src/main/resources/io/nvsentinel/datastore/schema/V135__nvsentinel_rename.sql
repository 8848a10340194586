-- Purpose: nvsentinel_rename names the schema of the functions that it calls, so that it works, and calls no other's function,
--          whatever the caller's search_path is.
-- Locks:   none on tables.
CREATE OR REPLACE FUNCTION nvsentinel_rename(document jsonb, source text[], target text[]) RETURNS jsonb
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
AS $$
    SELECT CASE WHEN (document #> source) IS NULL THEN document
        ELSE "${flyway:defaultSchema}".nvsentinel_set(document #- source, target, document #> source) END
$$;

-- Purpose: moves the value at a path to another path; if there is none, nothing changes.
-- Locks:   none on tables.
CREATE FUNCTION nvsentinel_rename(document jsonb, source text[], target text[]) RETURNS jsonb
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
AS $$
    SELECT CASE WHEN (document #> source) IS NULL THEN document
        ELSE nvsentinel_set(document #- source, target, document #> source) END
$$;

COMMENT ON FUNCTION nvsentinel_rename(jsonb, text[], text[]) IS 'The document with a field moved.';

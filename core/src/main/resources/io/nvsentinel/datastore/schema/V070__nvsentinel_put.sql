-- Purpose: as nvsentinel_set, but a value that is missing (SQL's null) changes nothing.
-- Locks:   none on tables.
CREATE FUNCTION nvsentinel_put(document jsonb, path text[], value jsonb) RETURNS jsonb
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN CASE WHEN value IS NULL THEN document ELSE nvsentinel_set(document, path, value) END;

COMMENT ON FUNCTION nvsentinel_put(jsonb, text[], jsonb) IS 'The document with a field set, if there is a value.';

-- Purpose: removes the field, or the element of an array, at a path; a path that leads nowhere changes nothing.
-- Locks:   none on tables.
CREATE FUNCTION nvsentinel_unset(document jsonb, path text[]) RETURNS jsonb
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
AS $$
    SELECT CASE WHEN (document #> path) IS NULL THEN document ELSE document #- path END
$$;

COMMENT ON FUNCTION nvsentinel_unset(jsonb, text[]) IS 'The document without a field.';

-- Purpose: the elements of a JSON array; anything else has none.
-- Locks:   none on tables.
CREATE FUNCTION nvsentinel_elements(value jsonb) RETURNS SETOF jsonb
    LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT ROWS 10
BEGIN ATOMIC
    SELECT e.value FROM jsonb_array_elements(CASE jsonb_typeof(value) WHEN 'array' THEN value END) AS e(value);
END;

COMMENT ON FUNCTION nvsentinel_elements(jsonb) IS 'The elements of a document value, if it is an array.';

-- Purpose: reads one JSON value as a number for arithmetic in aggregations; anything else is no number.
-- Locks:   none on tables.
CREATE FUNCTION nvsentinel_number(value jsonb) RETURNS numeric
    LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT
    RETURN CASE jsonb_typeof(value) WHEN 'number' THEN value::numeric END;

COMMENT ON FUNCTION nvsentinel_number(jsonb) IS 'The number a document value is, or NULL.';

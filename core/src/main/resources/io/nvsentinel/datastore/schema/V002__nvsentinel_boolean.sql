-- Purpose: reads one JSON value as a boolean for a mirrored column: true, false, {"value": true|false}; else null.
-- Locks:   none beyond the catalog's.
CREATE FUNCTION nvsentinel_boolean(value jsonb) RETURNS boolean
    LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT
    RETURN CASE
        WHEN jsonb_typeof(value) = 'boolean' THEN value::boolean
        WHEN jsonb_typeof(value -> 'value') = 'boolean' THEN (value -> 'value')::boolean
    END;

-- Purpose: reads one JSON value as text for a mirrored column; anything but a JSON string is no text.
-- Locks:   none beyond the catalog's.
CREATE FUNCTION nvsentinel_text(value jsonb) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT
    RETURN CASE WHEN jsonb_typeof(value) = 'string' THEN value #>> '{}' END;

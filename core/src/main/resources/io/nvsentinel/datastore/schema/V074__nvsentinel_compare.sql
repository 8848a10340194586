-- Purpose: orders two JSON values of the same type as filters do: numbers by value, strings by code point, false before true.
--          Gives -1, 0 or 1; values of different types, and others, have no order and give NULL.
-- Locks:   none on tables.
CREATE FUNCTION nvsentinel_compare(a jsonb, b jsonb) RETURNS integer
    LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT
    RETURN CASE
        WHEN jsonb_typeof(a) <> jsonb_typeof(b) OR jsonb_typeof(a) NOT IN ('number', 'string', 'boolean') THEN NULL
        WHEN a = b THEN 0
        WHEN jsonb_typeof(a) = 'string' THEN CASE WHEN (a #>> '{}') COLLATE "C" < (b #>> '{}') THEN -1 ELSE 1 END
        WHEN a < b THEN -1
        ELSE 1
    END;

COMMENT ON FUNCTION nvsentinel_compare(jsonb, jsonb) IS 'The order of two document values of one type, or NULL.';

-- Purpose: adds an element to the array at a path unless an element equals it; else as nvsentinel_push.
-- Locks:   none on tables.
CREATE FUNCTION nvsentinel_add_to_set(document jsonb, path text[], element jsonb) RETURNS jsonb
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
AS $$
DECLARE
    present jsonb := document #> path;
BEGIN
    IF jsonb_typeof(present) = 'array'
            AND EXISTS (SELECT FROM jsonb_array_elements(present) AS e(value) WHERE e.value = element) THEN
        RETURN document;
    END IF;
    RETURN nvsentinel_push(document, path, element);
END
$$;

COMMENT ON FUNCTION nvsentinel_add_to_set(jsonb, text[], jsonb) IS 'The document with an element in an array.';

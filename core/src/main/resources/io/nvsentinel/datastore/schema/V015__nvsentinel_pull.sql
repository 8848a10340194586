-- Purpose: removes the elements that equal a value from the array at a path; missing and null stay as they are, any other
--          value fails (22039).
-- Locks:   none on tables.
CREATE FUNCTION nvsentinel_pull(document jsonb, path text[], element jsonb) RETURNS jsonb
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
AS $$
DECLARE
    present jsonb := document #> path;
BEGIN
    IF jsonb_typeof(coalesce(present, 'null')) = 'null' THEN
        RETURN document;
    END IF;
    IF jsonb_typeof(present) <> 'array' THEN
        RAISE EXCEPTION 'pull needs an array at %, there is a value of type %', array_to_string(path, '.'), jsonb_typeof(present)
            USING ERRCODE = '22039';
    END IF;
    RETURN nvsentinel_set(document, path, (
        SELECT coalesce(jsonb_agg(e.value ORDER BY e.position), '[]')
        FROM jsonb_array_elements(present) WITH ORDINALITY AS e(value, position)
        WHERE e.value <> element));
END
$$;

COMMENT ON FUNCTION nvsentinel_pull(jsonb, text[], jsonb) IS 'The document with elements removed from an array.';

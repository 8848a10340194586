-- Purpose: adds an element at the end of the array at a path; missing and null count as an empty array, any other value
--          fails (22039).
-- Locks:   none on tables.
CREATE FUNCTION nvsentinel_push(document jsonb, path text[], element jsonb) RETURNS jsonb
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
AS $$
DECLARE
    present jsonb := document #> path;
BEGIN
    IF jsonb_typeof(coalesce(present, 'null')) = 'null' THEN
        present := '[]';
    ELSIF jsonb_typeof(present) <> 'array' THEN
        RAISE EXCEPTION 'push needs an array at %, there is a value of type %', array_to_string(path, '.'), jsonb_typeof(present)
            USING ERRCODE = '22039';
    END IF;
    RETURN nvsentinel_set(document, path, present || jsonb_build_array(element));
END
$$;

COMMENT ON FUNCTION nvsentinel_push(jsonb, text[], jsonb) IS 'The document with an element added to an array.';

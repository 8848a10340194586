-- Purpose: adds to the number at a path; missing and null count as 0, any other value fails (2203B).
-- Locks:   none on tables.
CREATE FUNCTION nvsentinel_inc(document jsonb, path text[], amount jsonb) RETURNS jsonb
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
AS $$
DECLARE
    present jsonb := document #> path;
BEGIN
    IF jsonb_typeof(coalesce(present, 'null')) = 'null' THEN
        RETURN nvsentinel_set(document, path, amount);
    END IF;
    IF jsonb_typeof(present) <> 'number' THEN
        RAISE EXCEPTION 'inc needs a number at %, there is a value of type %', array_to_string(path, '.'), jsonb_typeof(present)
            USING ERRCODE = '2203B';
    END IF;
    RETURN nvsentinel_set(document, path, to_jsonb(present::numeric + amount::numeric));
END
$$;

COMMENT ON FUNCTION nvsentinel_inc(jsonb, text[], jsonb) IS 'The document with a number increased.';

-- Purpose: nvsentinel_inc names the schema of the functions that it calls, so that it works, and calls no other's function,
--          whatever the caller's search_path is.
-- Locks:   none on tables.
CREATE OR REPLACE FUNCTION nvsentinel_inc(document jsonb, path text[], amount jsonb) RETURNS jsonb
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
AS $$
DECLARE
    present jsonb := document #> path;
BEGIN
    IF jsonb_typeof(coalesce(present, 'null')) = 'null' THEN
        RETURN "${flyway:defaultSchema}".nvsentinel_set(document, path, amount);
    END IF;
    IF jsonb_typeof(present) <> 'number' THEN
        RAISE EXCEPTION 'inc needs a number at %, there is a value of type %', array_to_string(path, '.'), jsonb_typeof(present)
            USING ERRCODE = '2203B';
    END IF;
    RETURN "${flyway:defaultSchema}".nvsentinel_set(document, path, to_jsonb(present::numeric + amount::numeric));
END
$$;

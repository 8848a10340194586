-- Purpose: nvsentinel_push names the schema of the functions that it calls, so that it works, and calls no other's function,
--          whatever the caller's search_path is.
-- Locks:   none on tables.
CREATE OR REPLACE FUNCTION nvsentinel_push(document jsonb, path text[], element jsonb) RETURNS jsonb
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
    RETURN "${flyway:defaultSchema}".nvsentinel_set(document, path, present || jsonb_build_array(element));
END
$$;

-- Purpose: nvsentinel_inc as before, but it fails (54000) instead of making a number that the library could not read.
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
    RETURN "${flyway:defaultSchema}".nvsentinel_set(document, path,
        "${flyway:defaultSchema}".nvsentinel_limited_number(present::numeric + amount::numeric, 'inc', path));
END
$$;

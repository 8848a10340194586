-- Purpose: nvsentinel_adopt names the schema of the functions that it calls, so that it works, and calls no other's function,
--          whatever the caller's search_path is.
-- Locks:   none on tables.
CREATE OR REPLACE FUNCTION nvsentinel_adopt(document jsonb, target text[], other text[]) RETURNS jsonb
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
AS $$
    SELECT CASE
        WHEN (document #> other) IS NULL THEN document
        WHEN (document #> target) IS NULL OR (document #>> target) IS NULL AND (document #>> other) IS NOT NULL
            THEN "${flyway:defaultSchema}".nvsentinel_set(document #- other, target, document #> other)
        WHEN jsonb_typeof(document #> target) = 'object' AND jsonb_typeof(document #> other) = 'object'
            THEN "${flyway:defaultSchema}".nvsentinel_set(document #- other, target, (document #> other) || (document #> target))
        ELSE document #- other END
$$;

-- Purpose: nvsentinel_rename as before, but it fails (54000) instead of making a document too deep for the library to read.
-- Locks:   none on tables.
CREATE OR REPLACE FUNCTION nvsentinel_rename(document jsonb, source text[], target text[]) RETURNS jsonb
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
AS $$
    SELECT CASE WHEN (document #> source) IS NULL THEN document
        ELSE "${flyway:defaultSchema}".nvsentinel_set(document #- source, target,
            "${flyway:defaultSchema}".nvsentinel_limited_levels(document #> source, 'rename', target)) END
$$;

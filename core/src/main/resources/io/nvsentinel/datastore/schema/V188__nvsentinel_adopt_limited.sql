-- Purpose: nvsentinel_adopt as before, but it fails (54000) instead of making a document too deep for the library to read: an
--          old spelling may lie higher than the new one.
-- Locks:   none on tables.
CREATE OR REPLACE FUNCTION nvsentinel_adopt(document jsonb, target text[], other text[]) RETURNS jsonb
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
AS $$
    SELECT CASE
        WHEN (document #> other) IS NULL THEN document
        WHEN (document #> target) IS NULL OR (document #>> target) IS NULL AND (document #>> other) IS NOT NULL
            THEN "${flyway:defaultSchema}".nvsentinel_set(document #- other, target,
                "${flyway:defaultSchema}".nvsentinel_limited_levels(document #> other, 'update', target))
        WHEN jsonb_typeof(document #> target) = 'object' AND jsonb_typeof(document #> other) = 'object'
            THEN "${flyway:defaultSchema}".nvsentinel_set(document #- other, target,
                "${flyway:defaultSchema}".nvsentinel_limited_levels((document #> other) || (document #> target), 'update', target))
        ELSE document #- other END
$$;

-- Purpose: brings a field that is stored at another path, in an old spelling, to the path where it is written now. What the
--          new path holds already counts, unless that is null. The old path is removed.
-- Locks:   none on tables.
CREATE FUNCTION nvsentinel_adopt(document jsonb, target text[], other text[]) RETURNS jsonb
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
AS $$
    SELECT CASE
        WHEN (document #> other) IS NULL THEN document
        WHEN (document #> target) IS NULL OR (document #>> target) IS NULL AND (document #>> other) IS NOT NULL
            THEN nvsentinel_set(document #- other, target, document #> other)
        ELSE document #- other END
$$;

COMMENT ON FUNCTION nvsentinel_adopt(jsonb, text[], text[]) IS 'The document with a field in one spelling only.';

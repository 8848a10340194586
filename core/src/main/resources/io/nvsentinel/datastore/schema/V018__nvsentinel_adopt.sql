-- Purpose: brings a field that is stored at another path, in an old spelling, to the path where it is written now. What the
--          new path holds already counts, unless that is null; of two objects the members are put together. The old path is
--          removed.
-- Locks:   none on tables.
CREATE FUNCTION nvsentinel_adopt(document jsonb, target text[], other text[]) RETURNS jsonb
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
AS $$
    SELECT CASE
        WHEN (document #> other) IS NULL THEN document
        WHEN (document #> target) IS NULL OR (document #>> target) IS NULL AND (document #>> other) IS NOT NULL
            THEN nvsentinel_set(document #- other, target, document #> other)
        WHEN jsonb_typeof(document #> target) = 'object' AND jsonb_typeof(document #> other) = 'object'
            THEN nvsentinel_set(document #- other, target, (document #> other) || (document #> target))
        ELSE document #- other END
$$;

COMMENT ON FUNCTION nvsentinel_adopt(jsonb, text[], text[]) IS 'The document with a field in one spelling only.';

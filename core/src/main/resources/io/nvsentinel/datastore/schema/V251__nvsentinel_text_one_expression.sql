-- Purpose: nvsentinel_text as before, in one expression that ends at the first value: an insert calls it for seven columns.
-- Locks:   none beyond the catalog's.
CREATE OR REPLACE FUNCTION nvsentinel_text(
    first jsonb, second jsonb DEFAULT NULL, third jsonb DEFAULT NULL, fourth jsonb DEFAULT NULL) RETURNS text
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
AS $body$
BEGIN
    RETURN CASE
        WHEN jsonb_typeof(first) = 'string' THEN first #>> '{}'
        WHEN jsonb_typeof(first) <> 'null' THEN NULL
        WHEN jsonb_typeof(second) = 'string' THEN second #>> '{}'
        WHEN jsonb_typeof(second) <> 'null' THEN NULL
        WHEN jsonb_typeof(third) = 'string' THEN third #>> '{}'
        WHEN jsonb_typeof(third) <> 'null' THEN NULL
        WHEN jsonb_typeof(fourth) = 'string' THEN fourth #>> '{}'
    END;
END
$body$;

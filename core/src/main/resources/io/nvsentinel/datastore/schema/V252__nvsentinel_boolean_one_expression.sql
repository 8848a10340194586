-- Purpose: nvsentinel_boolean as before, in one expression that ends at the first value, without an array to loop over.
-- Locks:   none beyond the catalog's.
CREATE OR REPLACE FUNCTION nvsentinel_boolean(first jsonb, second jsonb DEFAULT NULL, third jsonb DEFAULT NULL) RETURNS boolean
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
AS $body$
BEGIN
    RETURN CASE 'boolean'
        WHEN jsonb_typeof(first) THEN first::boolean
        WHEN jsonb_typeof(first -> 'value') THEN (first -> 'value')::boolean
        WHEN jsonb_typeof(second) THEN second::boolean
        WHEN jsonb_typeof(second -> 'value') THEN (second -> 'value')::boolean
        WHEN jsonb_typeof(third) THEN third::boolean
        WHEN jsonb_typeof(third -> 'value') THEN (third -> 'value')::boolean
    END;
END
$body$;

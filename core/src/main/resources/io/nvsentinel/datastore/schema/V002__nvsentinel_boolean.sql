-- Purpose: reads one JSON value as a boolean for a mirrored column: the first of up to three that is true, false or
--          {"value": true|false}; else null. In PL/pgSQL for the reason of nvsentinel_text.
-- Locks:   none beyond the catalog's.
CREATE FUNCTION nvsentinel_boolean(first jsonb, second jsonb DEFAULT NULL, third jsonb DEFAULT NULL) RETURNS boolean
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
AS $body$
DECLARE
    value jsonb;
BEGIN
    FOREACH value IN ARRAY ARRAY[first, second, third] LOOP
        IF jsonb_typeof(value) = 'boolean' THEN
            RETURN value::boolean;
        ELSIF jsonb_typeof(value -> 'value') = 'boolean' THEN
            RETURN (value -> 'value')::boolean;
        END IF;
    END LOOP;
    RETURN NULL;
END
$body$;

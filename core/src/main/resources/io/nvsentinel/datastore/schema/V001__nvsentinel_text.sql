-- Purpose: reads one JSON value as text for a mirrored column: the first of up to four that is there and not null; anything
--          but a JSON string is no text. In PL/pgSQL, because an SQL function would be unfolded anew by every statement
--          that writes the table, which costs more than the write.
-- Locks:   none beyond the catalog's.
CREATE FUNCTION nvsentinel_text(
    first jsonb, second jsonb DEFAULT NULL, third jsonb DEFAULT NULL, fourth jsonb DEFAULT NULL) RETURNS text
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
AS $body$
DECLARE
    value CONSTANT jsonb := coalesce(
        nullif(first, 'null'), nullif(second, 'null'), nullif(third, 'null'), nullif(fourth, 'null'));
BEGIN
    RETURN CASE WHEN jsonb_typeof(value) = 'string' THEN value #>> '{}' END;
END
$body$;

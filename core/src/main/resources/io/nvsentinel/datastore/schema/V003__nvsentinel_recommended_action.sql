-- Purpose: the name of a recommendedAction number, for the mirrored column, from the first of two values that is there and
--          not null; a number without a name stays a number. In PL/pgSQL for the reason of nvsentinel_text.
-- Locks:   none beyond the catalog's.
CREATE FUNCTION nvsentinel_recommended_action(first jsonb, second jsonb DEFAULT NULL) RETURNS text
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
AS $body$
DECLARE
    value CONSTANT text := coalesce(first #>> '{}', second #>> '{}', '0');
BEGIN
    RETURN CASE value
        WHEN '0' THEN 'NONE'
        WHEN '2' THEN 'COMPONENT_RESET'
        WHEN '5' THEN 'CONTACT_SUPPORT'
        WHEN '6' THEN 'RUN_FIELDDIAG'
        WHEN '15' THEN 'RESTART_VM'
        WHEN '24' THEN 'RESTART_BM'
        WHEN '25' THEN 'REPLACE_VM'
        WHEN '26' THEN 'RUN_DCGMEUD'
        WHEN '27' THEN 'CUSTOM'
        WHEN '28' THEN 'REMEDIATE'
        WHEN '99' THEN 'UNKNOWN'
        ELSE value
    END;
END
$body$;

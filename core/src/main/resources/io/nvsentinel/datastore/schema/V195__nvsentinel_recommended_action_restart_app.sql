-- Purpose: nvsentinel_recommended_action as before, and RESTART_APP. Rows that hold it already show the number in the mirrored
--          column until they are written again.
-- Locks:   none beyond the catalog's.
CREATE OR REPLACE FUNCTION nvsentinel_recommended_action(first jsonb, second jsonb DEFAULT NULL) RETURNS text
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
        WHEN '39' THEN 'RESTART_APP'
        WHEN '99' THEN 'UNKNOWN'
        ELSE value
    END;
END
$body$;

-- Purpose: the name of a recommendedAction number, for the mirrored column; a number without a name stays a number.
-- Locks:   none beyond the catalog's.
CREATE FUNCTION nvsentinel_recommended_action(value jsonb) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN CASE coalesce(value #>> '{}', '0')
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
        ELSE value #>> '{}'
    END;

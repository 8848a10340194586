-- Purpose: aggregate over JSON values: the greatest by the order of jsonb. SQL's null is left out.
-- Locks:   none on tables.
CREATE FUNCTION nvsentinel_max_step(kept jsonb, value jsonb) RETURNS jsonb
    LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT
    RETURN CASE WHEN value > kept THEN value ELSE kept END;

CREATE AGGREGATE nvsentinel_max(jsonb) (SFUNC = nvsentinel_max_step, STYPE = jsonb, PARALLEL = SAFE);

COMMENT ON AGGREGATE nvsentinel_max(jsonb) IS 'The max document value.';

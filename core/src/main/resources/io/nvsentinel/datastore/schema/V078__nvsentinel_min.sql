-- Purpose: aggregate over JSON values: the smallest by the order of jsonb. SQL's null is left out.
-- Locks:   none on tables.
CREATE FUNCTION nvsentinel_min_step(kept jsonb, value jsonb) RETURNS jsonb
    LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT
    RETURN CASE WHEN value < kept THEN value ELSE kept END;

CREATE AGGREGATE nvsentinel_min(jsonb) (SFUNC = nvsentinel_min_step, STYPE = jsonb, PARALLEL = SAFE);

COMMENT ON AGGREGATE nvsentinel_min(jsonb) IS 'The min document value.';

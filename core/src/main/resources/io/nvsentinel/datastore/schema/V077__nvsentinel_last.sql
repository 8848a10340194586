-- Purpose: aggregate over JSON values: the last, in the order of the rows. SQL's null is left out.
-- Locks:   none on tables.
CREATE FUNCTION nvsentinel_last_step(kept jsonb, value jsonb) RETURNS jsonb
    LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT
    RETURN value;

CREATE AGGREGATE nvsentinel_last(jsonb) (SFUNC = nvsentinel_last_step, STYPE = jsonb, PARALLEL = SAFE);

COMMENT ON AGGREGATE nvsentinel_last(jsonb) IS 'The last document value.';

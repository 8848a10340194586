-- Purpose: aggregate over JSON values: the first, in the order of the rows. SQL's null is left out.
-- Locks:   none on tables.
CREATE FUNCTION nvsentinel_first_step(kept jsonb, value jsonb) RETURNS jsonb
    LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT
    RETURN kept;

CREATE AGGREGATE nvsentinel_first(jsonb) (SFUNC = nvsentinel_first_step, STYPE = jsonb, PARALLEL = SAFE);

COMMENT ON AGGREGATE nvsentinel_first(jsonb) IS 'The first document value.';

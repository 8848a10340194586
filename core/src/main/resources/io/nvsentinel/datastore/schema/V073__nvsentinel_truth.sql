-- Purpose: whether a JSON value counts as true in the expressions of aggregations: all but false, null, 0 and what is missing.
-- Locks:   none on tables.
CREATE FUNCTION nvsentinel_truth(value jsonb) RETURNS boolean
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN coalesce(value <> ALL (ARRAY['false', 'null', '0']::jsonb[]), false);

COMMENT ON FUNCTION nvsentinel_truth(jsonb) IS 'Whether a document value counts as true.';

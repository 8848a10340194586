-- Purpose: gives the field at a path a value. Parents that are missing, null or scalar become objects. A whole number picks
--          the element of an array; where there is none, the call fails (22033).
-- Locks:   none on tables.
CREATE FUNCTION nvsentinel_set(document jsonb, path text[], value jsonb) RETURNS jsonb
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
AS $$
DECLARE
    parent jsonb;
BEGIN
    IF cardinality(path) = 0 THEN
        RETURN value;
    END IF;
    parent := document #> path[:cardinality(path) - 1];
    IF jsonb_typeof(parent) = 'object' THEN
        RETURN jsonb_set(document, path, value, true);
    END IF;

    IF jsonb_typeof(document) = 'array' THEN
        IF (document #> path[1:1]) IS NULL THEN
            RAISE EXCEPTION 'there is no element % in an array of % elements', quote_literal(path[1]), jsonb_array_length(document)
                USING ERRCODE = '22033';
        END IF;
        RETURN jsonb_set(document, path[1:1], nvsentinel_set(document #> path[1:1], path[2:], value), false);
    END IF;
    IF jsonb_typeof(document) <> 'object' THEN
        document := '{}';
    END IF;
    RETURN document
        || jsonb_build_object(path[1], nvsentinel_set(coalesce(document -> path[1], 'null'), path[2:], value));
END
$$;

COMMENT ON FUNCTION nvsentinel_set(jsonb, text[], jsonb) IS 'The document with a field set, parents created.';

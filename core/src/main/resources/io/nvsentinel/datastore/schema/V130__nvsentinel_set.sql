-- Purpose: nvsentinel_set names the schema of the functions that it calls, so that it works, and calls no other's function,
--          whatever the caller's search_path is.
-- Locks:   none on tables.
CREATE OR REPLACE FUNCTION nvsentinel_set(document jsonb, path text[], value jsonb) RETURNS jsonb
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
        RETURN jsonb_set(document, path[1:1], "${flyway:defaultSchema}".nvsentinel_set(document #> path[1:1], path[2:], value), false);
    END IF;
    IF jsonb_typeof(document) <> 'object' THEN
        document := '{}';
    END IF;
    RETURN document
        || jsonb_build_object(path[1], "${flyway:defaultSchema}".nvsentinel_set(coalesce(document -> path[1], 'null'), path[2:], value));
END
$$;

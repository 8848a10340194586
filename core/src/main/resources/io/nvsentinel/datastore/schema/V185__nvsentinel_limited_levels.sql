-- Purpose: a value that is to stand at a path, if the library's readers accept it there: they read documents of at most 500
--          levels of objects and arrays.
-- Locks:   none on tables.
CREATE FUNCTION nvsentinel_limited_levels(value jsonb, operation text, path text[]) RETURNS jsonb
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
AS $body$
BEGIN
    IF jsonb_typeof(value) IN ('object', 'array') AND jsonb_path_exists(value, format(
            'strict $.**{%s} ? (@.type() == "object" || @.type() == "array")', 500 - cardinality(path))::jsonpath) THEN
        RETURN "${flyway:defaultSchema}".nvsentinel_exceeded(
            'nvsentinel_levels', path, operation || ' makes a document of more than 500 levels');
    END IF;
    RETURN value;
END
$body$;

COMMENT ON FUNCTION nvsentinel_limited_levels(jsonb, text, text[]) IS 'A value of at most 500 levels.';

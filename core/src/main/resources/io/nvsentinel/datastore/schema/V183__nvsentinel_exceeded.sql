-- Purpose: fails because a value is beyond a limit of the library's readers, with the field's path as the error's column and the
--          limit's name as its constraint. Never gives a value; of type jsonb so that it can stand in place of one.
-- Locks:   none on tables.
CREATE FUNCTION nvsentinel_exceeded(limit_name text, path text[], message text) RETURNS jsonb
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
AS $body$
DECLARE
    field CONSTANT text := (
        SELECT string_agg(
            CASE name WHEN '' THEN '\e' ELSE replace(replace(name, '\', '\\'), '.', '\.') END, '.' ORDER BY position)
        FROM unnest(path) WITH ORDINALITY AS names (name, position));
BEGIN
    RAISE program_limit_exceeded USING
        MESSAGE = message || coalesce(' at ' || field, ''),
        COLUMN = coalesce(field, ''),
        CONSTRAINT = limit_name;
END
$body$;

COMMENT ON FUNCTION nvsentinel_exceeded(text, text[], text) IS 'Fails because a limit is exceeded.';

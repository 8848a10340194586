-- Purpose: a computed number as a document value, if the library's readers accept it: they read at most 1,000 digits.
-- Locks:   none on tables.
CREATE FUNCTION nvsentinel_limited_number(value numeric, operation text, path text[]) RETURNS jsonb
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
AS $body$
BEGIN
    IF value BETWEEN -1e100 AND 1e100 AND scale(value) <= 100
            OR length(translate(value::text, '-.', '')) <= 1000 THEN
        RETURN to_jsonb(value);
    END IF;
    RETURN "${flyway:defaultSchema}".nvsentinel_exceeded(
        'nvsentinel_digits', path, operation || ' makes a number of more than 1000 digits');
END
$body$;

COMMENT ON FUNCTION nvsentinel_limited_number(numeric, text, text[]) IS 'A number of at most 1000 digits.';

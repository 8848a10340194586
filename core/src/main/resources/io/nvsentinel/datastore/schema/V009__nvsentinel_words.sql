-- Purpose: the words of a document's strings, for full-text search. Of a document of more than 400,000 bytes there are none:
--          PostgreSQL refuses lists of words beyond 1 MB, and a document that cannot be searched must still be stored. The
--          concatenation unpacks what is stored compressed, so that its size is always the same, and copies nothing. In
--          PL/pgSQL for the reason of nvsentinel_text.
-- Locks:   none on tables.
CREATE FUNCTION nvsentinel_words(document jsonb) RETURNS tsvector
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
AS $body$
BEGIN
    RETURN CASE WHEN pg_column_size(document || '{}') <= 400000 THEN to_tsvector('simple'::regconfig, document)
        ELSE ''::tsvector END;
END
$body$;

COMMENT ON FUNCTION nvsentinel_words(jsonb) IS 'The words of a document.';

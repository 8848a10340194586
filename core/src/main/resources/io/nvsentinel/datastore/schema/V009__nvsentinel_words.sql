-- Purpose: the words of a document's strings, for full-text search. Of a document whose JSON text is longer than 400,000 bytes
--          there are none: PostgreSQL refuses lists of words beyond 1 MB, and a document that cannot be searched must still be
--          stored.
-- Locks:   none on tables.
CREATE FUNCTION nvsentinel_words(document jsonb) RETURNS tsvector
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN CASE WHEN octet_length(document::text) <= 400000 THEN to_tsvector('simple'::regconfig, document)
        ELSE ''::tsvector END;

COMMENT ON FUNCTION nvsentinel_words(jsonb) IS 'The words of a document.';

-- Purpose: nvsentinel_stamp_document as before, but no document is stored whose text has more bytes than the session's setting
--          nvsentinel.max_document_bytes says, 16 MiB without it, and never 256 MiB or more: readers cannot hold any size in
--          memory. The text is made only where it could be that long; it has at most 150 times the bytes of the document.
-- Locks:   none beyond the catalog's.
CREATE OR REPLACE FUNCTION nvsentinel_stamp_document() RETURNS trigger
    LANGUAGE plpgsql
AS $body$
DECLARE
    most bigint := 16777216;
BEGIN
    IF coalesce(current_setting('nvsentinel.max_document_bytes', true), '') <> '' THEN
        most := least(268435455, current_setting('nvsentinel.max_document_bytes')::bigint);
    END IF;
    IF pg_column_size(NEW.data) * 150::bigint > most AND octet_length(NEW.data::text) > most THEN
        PERFORM "${flyway:defaultSchema}".nvsentinel_exceeded(
            'nvsentinel_size', '{}', 'the document''s text has more than ' || most || ' bytes');
    END IF;
    IF TG_OP = 'UPDATE' THEN
        IF NEW.updated_at = OLD.updated_at THEN
            NEW.updated_at := now();
        END IF;
        NEW.version := OLD.version + 1;
    END IF;
    NEW.created_at := coalesce(
        "${flyway:defaultSchema}".nvsentinel_instant(NEW.data -> 'createdAt'),
        "${flyway:defaultSchema}".nvsentinel_instant(NEW.data -> 'createdat'),
        NEW.created_at);
    RETURN NEW;
END
$body$;

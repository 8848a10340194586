-- Purpose: nvsentinel_stamp_document as before, but no document is stored whose text has 256 MiB or more, which is what the
--          library reads and sends: numbers such as 1e999 take few bytes and a thousand characters. The text is made only
--          where it could be that long.
-- Locks:   none beyond the catalog's.
CREATE OR REPLACE FUNCTION nvsentinel_stamp_document() RETURNS trigger
    LANGUAGE plpgsql
AS $body$
BEGIN
    IF pg_column_size(NEW.data) > 2000000 AND octet_length(NEW.data::text) >= 268435456 THEN
        PERFORM "${flyway:defaultSchema}".nvsentinel_exceeded('nvsentinel_size', '{}', 'the document''s text is 256 MiB or more');
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

-- Purpose: keeps created_at in step with the document's own createdAt, updated_at with the last write unless it is set, and
--          version with the number of writes, by which a writer tells that somebody else came first.
-- Locks:   none beyond the catalog's.
CREATE FUNCTION nvsentinel_stamp_document() RETURNS trigger
    LANGUAGE plpgsql
AS $body$
BEGIN
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

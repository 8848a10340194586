-- Purpose: changes which documents are kept with the changes of a collection that is captured: full, after or none. Changes
--          made so far stay as they are.
-- Locks:   called once in a while for a table: ACCESS EXCLUSIVE on it, for milliseconds after its writers have ended.
CREATE FUNCTION nvsentinel_set_images(collection regclass, images text) RETURNS void
    LANGUAGE plpgsql
AS $body$
BEGIN
    EXECUTE format('DROP TRIGGER nvsentinel_capture ON %s', collection);
    EXECUTE format('DROP TRIGGER nvsentinel_capture_truncate ON %s', collection);
    PERFORM "${flyway:defaultSchema}".nvsentinel_enable_capture(collection, images);
END
$body$;

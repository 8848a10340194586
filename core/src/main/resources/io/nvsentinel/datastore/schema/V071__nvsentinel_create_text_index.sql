-- Purpose: creates the index that serves full-text search over a collection. Does nothing where there is one. Not there from
--          the beginning, because it makes each insert half as dear again, and few search.
--          Runs with its owner's rights, as nvsentinel_create_collection does. Nobody but the owner may call it before a GRANT.
--          New entries wait in a list; the insert that fills it sorts them in, and those that wait for a commit wait for it:
--          half a megabyte takes some 10 ms, the server's default of 4 MB a tenth of a second.
-- Locks:   SHARE on the collection while it is built: writes wait. The operations guide tells how the owner creates it
--          without, on a large one that is in use.
CREATE FUNCTION nvsentinel_create_text_index(collection text) RETURNS void
    LANGUAGE plpgsql
    SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $body$
DECLARE
    target CONSTANT text := format('%I.%I', '${flyway:defaultSchema}', collection);
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('nvsentinel collection ' || target, 0));

    IF NOT EXISTS (
        SELECT FROM pg_trigger WHERE tgrelid = to_regclass(target) AND tgname = 'nvsentinel_capture') THEN
        RAISE wrong_object_type USING MESSAGE = format('%s is no collection', target);
    END IF;
    IF NOT EXISTS (
        SELECT FROM pg_index
        WHERE indrelid = to_regclass(target) AND indisvalid
            AND pg_get_indexdef(indexrelid) LIKE '%nvsentinel_words(data)%') THEN
        EXECUTE format(
            'CREATE INDEX ON %s USING gin ("${flyway:defaultSchema}".nvsentinel_words(data))'
            ' WITH (gin_pending_list_limit = 512)', target);
    END IF;
END
$body$;

REVOKE ALL ON FUNCTION nvsentinel_create_text_index(text) FROM PUBLIC;

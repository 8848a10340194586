-- Purpose: turns capture on for a collection (a table with the columns id uuid and data jsonb). Deferred, so that ids
--          are drawn while a transaction commits; ALWAYS, so that replicas and restores that apply changes are captured.
--          images says which documents are kept with a change: full (before and after), after, or none (ids only).
-- Locks:   called once for each table: SHARE ROW EXCLUSIVE on it, for milliseconds.
CREATE FUNCTION nvsentinel_enable_capture(collection regclass, images text DEFAULT 'full') RETURNS void
    LANGUAGE plpgsql
AS $body$
BEGIN
    IF images NOT IN ('full', 'after', 'none') THEN
        RAISE invalid_parameter_value USING MESSAGE = format('images must be full, after or none, not "%s"', images);
    END IF;
    EXECUTE format(
        'CREATE CONSTRAINT TRIGGER nvsentinel_capture AFTER INSERT OR UPDATE OR DELETE ON %s'
        ' DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION "${flyway:defaultSchema}".nvsentinel_capture_change(%L)', collection, images);
    EXECUTE format(
        'CREATE TRIGGER nvsentinel_capture_truncate AFTER TRUNCATE ON %s'
        ' FOR EACH STATEMENT EXECUTE FUNCTION "${flyway:defaultSchema}".nvsentinel_capture_change()', collection);
    EXECUTE format('ALTER TABLE %s ENABLE ALWAYS TRIGGER nvsentinel_capture', collection);
    EXECUTE format('ALTER TABLE %s ENABLE ALWAYS TRIGGER nvsentinel_capture_truncate', collection);
END
$body$;

-- Purpose: writes a change into the changelog, and wakes subscribers that sleep.
--          A crash may not lose a change that was delivered, so asynchronous commit is turned on again here.
--          NOTIFY serialises commits, so it is sent only while a subscriber sleeps: a sleeping one holds the advisory
--          lock below exclusively, one that is awake does not (see the change stream's package documentation).
--          A transaction being prepared may not notify; its subscribers find the change by polling. There is no
--          current query when a statement of the extended protocol commits by itself.
-- Locks:   none beyond the catalog's.
CREATE FUNCTION nvsentinel_capture_change() RETURNS trigger
    LANGUAGE plpgsql
AS $body$
DECLARE
    subscribers CONSTANT bigint := 7813858212840129890;
BEGIN
    IF current_setting('synchronous_commit') = 'off' THEN
        PERFORM set_config('synchronous_commit', 'on', true);
    END IF;

    CASE TG_OP
        WHEN 'INSERT' THEN
            INSERT INTO "${flyway:defaultSchema}".datastore_changelog (table_name, record_id, operation, new_values)
            VALUES (TG_TABLE_NAME, NEW.id, TG_OP, NEW.data);
        WHEN 'UPDATE' THEN
            INSERT INTO "${flyway:defaultSchema}".datastore_changelog (table_name, record_id, operation, old_values, new_values)
            VALUES (TG_TABLE_NAME, NEW.id, TG_OP, OLD.data, NEW.data);
        WHEN 'DELETE' THEN
            INSERT INTO "${flyway:defaultSchema}".datastore_changelog (table_name, record_id, operation, old_values)
            VALUES (TG_TABLE_NAME, OLD.id, TG_OP, OLD.data);
        ELSE
            INSERT INTO "${flyway:defaultSchema}".datastore_changelog (table_name, operation)
            VALUES (TG_TABLE_NAME, TG_OP);
    END CASE;

    IF NOT pg_try_advisory_xact_lock_shared(subscribers)
        AND coalesce(current_query(), '') !~* 'prepare\s+transaction' THEN
        PERFORM pg_notify('nvsentinel_changes', '');
    END IF;
    RETURN NULL;
END
$body$;

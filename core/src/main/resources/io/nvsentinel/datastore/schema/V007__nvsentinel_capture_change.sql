-- Purpose: writes a change into the changelog, and wakes subscribers that sleep.
--          A crash may not lose a change that was delivered, so asynchronous commit is turned on again here.
--          NOTIFY serialises commits, so it is sent only while a subscriber sleeps: a sleeping one holds the advisory
--          lock below exclusively, one that is awake does not (see the change stream's package documentation).
--          A transaction that is prepared may not have notified; its subscribers find the change by polling. So, where
--          the server allows prepared transactions, nothing is sent while PREPARE TRANSACTION runs, nor by a statement
--          inside a transaction block (constraints are immediate there, or it is TRUNCATE), which may be prepared later.
--          There is no current query when a statement of the extended protocol commits by itself.
--          The trigger's argument says which documents are kept: full, after or none.
-- Locks:   none beyond the catalog's.
CREATE FUNCTION nvsentinel_capture_change() RETURNS trigger
    LANGUAGE plpgsql
AS $body$
DECLARE
    subscribers CONSTANT bigint := 7813858212840129890;
    images      CONSTANT text := coalesce(TG_ARGV[0], 'full');
    query       text;
    before      jsonb;
    after       jsonb;
BEGIN
    IF current_setting('synchronous_commit') = 'off' THEN
        PERFORM set_config('synchronous_commit', 'on', true);
    END IF;

    IF images = 'full' AND TG_OP IN ('UPDATE', 'DELETE') THEN
        before := OLD.data;
    END IF;
    IF images <> 'none' AND TG_OP IN ('INSERT', 'UPDATE') THEN
        after := NEW.data;
    END IF;

    CASE TG_OP
        WHEN 'DELETE' THEN
            INSERT INTO "${flyway:defaultSchema}".datastore_changelog (table_name, record_id, operation, old_values)
            VALUES (TG_TABLE_NAME, OLD.id, TG_OP, before);
        WHEN 'TRUNCATE' THEN
            INSERT INTO "${flyway:defaultSchema}".datastore_changelog (table_name, operation)
            VALUES (TG_TABLE_NAME, TG_OP);
        ELSE
            INSERT INTO "${flyway:defaultSchema}".datastore_changelog (table_name, record_id, operation, old_values, new_values)
            VALUES (TG_TABLE_NAME, NEW.id, TG_OP, before, after);
    END CASE;

    IF NOT pg_try_advisory_xact_lock_shared(subscribers) THEN
        query := current_query();
        IF current_setting('max_prepared_transactions') = '0'
            OR query IS NULL
            OR query ~* '^\s*(commit|end)\M'
            OR (statement_timestamp() = transaction_timestamp() AND query !~* 'prepare\s+transaction')
        THEN
            PERFORM pg_notify('nvsentinel_changes', '');
        END IF;
    END IF;
    RETURN NULL;
END
$body$;

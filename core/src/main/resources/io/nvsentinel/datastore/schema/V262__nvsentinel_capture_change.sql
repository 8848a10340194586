-- Purpose: writes a change into the changelog, and wakes subscribers that sleep. As before, and with the table's object id.
--          A record whose id is changed ends under the old id and begins under the new one: as an update it would be found
--          under the new id only, and the old record would remain in each copy of the table. In the order of the changes:
--          SET CONSTRAINTS IMMEDIATE below a savepoint that is released, and a rollback to a savepoint around it, let events
--          wait for the commit that had been captured already, and leave the mode immediate: the next change would overtake
--          them. Their first capture drew an id, which a rollback does not take back. So, where the id that this session
--          drew last is not the one that was captured last, a capture was rolled back: what waits is captured first, and
--          what comes later waits for the commit again. The id captured last is remembered in a setting, which a rollback
--          sets back.
--          A crash may not lose a change that was delivered; subscribers see to that themselves, and asynchronous commit is
--          turned on again here so that they need not wait.
--          NOTIFY serialises commits, so it is sent only while a subscriber sleeps: a sleeping one holds the advisory
--          lock below exclusively, one that is awake does not (see the change stream's package documentation).
--          A transaction that has notified cannot be prepared: PREPARE TRANSACTION would fail. So, where the server allows
--          prepared transactions, nothing is sent while PREPARE TRANSACTION runs, nor by a statement inside a transaction
--          block (constraints are immediate there, or it is TRUNCATE), which may be prepared later; such changes are found
--          by polling. Everything else commits, and notifies: COMMIT in any spelling, with comments before it, a statement
--          outside a block, and CALL and DO, which may commit themselves. Comments, which can be nested, and literals may
--          hold any words and are removed first. There is no current query when a
--          statement of the extended protocol commits by itself.
--          The trigger's argument says which documents are kept: full, after or none.
-- Locks:   none beyond the catalog's.
CREATE OR REPLACE FUNCTION nvsentinel_capture_change() RETURNS trigger
    LANGUAGE plpgsql
    SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $body$
DECLARE
    subscribers CONSTANT bigint := 7813858212840129890;
    images      CONSTANT text := coalesce(TG_ARGV[0], 'full');
    outside     CONSTANT boolean := transaction_timestamp() >= statement_timestamp();
    notifies    boolean := true;
    query       text;
    words       text := '';
    moved       boolean;
    before      jsonb;
    after       jsonb;
    last_drawn  bigint;
    captured    bigint;
    captures    text;
BEGIN
    IF current_setting('synchronous_commit') = 'off' THEN
        PERFORM set_config('synchronous_commit', 'on', true);
    END IF;

    IF current_setting('nvsentinel.capturing', true) = 'on' THEN
        last_drawn := currval('"${flyway:defaultSchema}".datastore_changelog_id_seq');
    ELSE
        BEGIN
            last_drawn := currval('"${flyway:defaultSchema}".datastore_changelog_id_seq');
        EXCEPTION WHEN object_not_in_prerequisite_state THEN
            last_drawn := NULL;
        END;
        PERFORM set_config('nvsentinel.capturing', 'on', true);
    END IF;
    IF last_drawn::text <> coalesce(current_setting('nvsentinel.captured', true), '') THEN
        SELECT string_agg(DISTINCT format('%I.nvsentinel_capture', nspname), ', ') INTO captures
        FROM pg_trigger
        JOIN pg_constraint ON pg_constraint.oid = tgconstraint
        JOIN pg_namespace ON pg_namespace.oid = connamespace
        WHERE conname = 'nvsentinel_capture' AND has_schema_privilege(pg_namespace.oid, 'USAGE')
            AND tgfoid = '"${flyway:defaultSchema}".nvsentinel_capture_change()'::regprocedure;
        IF captures IS NOT NULL THEN
            EXECUTE format('SET CONSTRAINTS %s IMMEDIATE', captures);
            EXECUTE format('SET CONSTRAINTS %s DEFERRED', captures);
        END IF;
    END IF;

    IF images = 'full' AND TG_OP IN ('UPDATE', 'DELETE') THEN
        before := OLD.data;
    END IF;
    IF images <> 'none' AND TG_OP IN ('INSERT', 'UPDATE') THEN
        after := NEW.data;
    END IF;

    CASE TG_OP
        WHEN 'DELETE' THEN
            INSERT INTO "${flyway:defaultSchema}".datastore_changelog (table_name, table_oid, record_id, operation, old_values)
            VALUES (TG_TABLE_NAME, TG_RELID, OLD.id, TG_OP, before)
            RETURNING id INTO captured;
        WHEN 'TRUNCATE' THEN
            INSERT INTO "${flyway:defaultSchema}".datastore_changelog (table_name, table_oid, operation)
            VALUES (TG_TABLE_NAME, TG_RELID, TG_OP)
            RETURNING id INTO captured;
        ELSE
            moved := TG_OP = 'UPDATE' AND NEW.id IS DISTINCT FROM OLD.id;
            IF moved THEN
                INSERT INTO "${flyway:defaultSchema}".datastore_changelog (table_name, table_oid, record_id, operation, old_values)
                VALUES (TG_TABLE_NAME, TG_RELID, OLD.id, 'DELETE', before);
                before := NULL;
            END IF;
            INSERT INTO "${flyway:defaultSchema}".datastore_changelog (table_name, table_oid, record_id, operation, old_values, new_values)
            VALUES (TG_TABLE_NAME, TG_RELID, NEW.id, CASE WHEN moved THEN 'INSERT' ELSE TG_OP END, before, after)
            RETURNING id INTO captured;
    END CASE;
    PERFORM set_config('nvsentinel.captured', captured::text, false);

    IF NOT pg_try_advisory_xact_lock_shared(subscribers) THEN
        query := current_query();
        IF query IS NOT NULL AND current_setting('max_prepared_transactions') <> '0'
            AND NOT (outside AND strpos(lower(query), 'prepare') = 0)
        THEN
            WHILE query <> words LOOP
                words := query;
                query := regexp_replace(query, $re$--[^\n]*|/\*([^*/]|\*(?!/)|/(?!\*))*\*/|'[^']*'$re$, ' ', 'g');
            END LOOP;
            notifies := query !~* '\mprepare\s+transaction\M' AND (outside OR query ~* '(^|;)\s*(commit|end|call|do)\M');
        END IF;
        IF notifies THEN
            PERFORM pg_notify('nvsentinel_changes', '');
        END IF;
    END IF;
    RETURN NULL;
END
$body$;

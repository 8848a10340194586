-- Purpose: refuses to change or remove changes outside the retention. A change that is removed before every client has read it is
--          lost for the others without an error; the retention raises oldest_id first, so that they fail with a typed error.
--          The retention sets nvsentinel.retention; so does an operator who has raised oldest_id by hand.
-- Locks:   none beyond the catalog's.
CREATE FUNCTION nvsentinel_guard_changelog() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
AS $body$
BEGIN
    IF current_setting('nvsentinel.retention', true) IS DISTINCT FROM 'on' THEN
        RAISE EXCEPTION '% on %.% is refused: clients would lose changes without an error', TG_OP, TG_TABLE_SCHEMA, TG_TABLE_NAME
            USING ERRCODE = 'object_not_in_prerequisite_state',
                HINT = 'Run the retention instead: nvsentinel retention run. To do it all the same, raise oldest_id in'
                    ' datastore_changelog_state above every change that is removed, and SET nvsentinel.retention = ''on''.';
    END IF;
    RETURN NULL;
END
$body$;

-- Purpose: empties the mirrored columns of rows that were written with Go's zero time before that became unset. The documents
--          stay as they are, so nothing is stamped or captured: the triggers are off meanwhile, and then as they were.
-- Locks:   SHARE ROW EXCLUSIVE on health_events and maintenance_events, which holds writers up, while each is read once: a
--          second for some million rows.
DO $body$
DECLARE
    condition  text;
    collection text;
    names      text[];
    modes      text[];
BEGIN
    FOREACH collection IN ARRAY ARRAY['health_events', 'maintenance_events'] LOOP
        SELECT array_agg(tgname ORDER BY tgname), array_agg(CASE tgenabled
                WHEN 'A' THEN 'ENABLE ALWAYS'
                WHEN 'R' THEN 'ENABLE REPLICA'
                WHEN 'O' THEN 'ENABLE'
                ELSE 'DISABLE' END ORDER BY tgname)
        INTO names, modes
        FROM pg_trigger WHERE tgrelid = collection::regclass AND NOT tgisinternal;

        FOR i IN 1 .. cardinality(names) LOOP
            EXECUTE format('ALTER TABLE %I DISABLE TRIGGER %I', collection, names[i]);
        END LOOP;

        SELECT string_agg(format('%I < ''0001-01-01T00:00:00.000001Z''', attname), ' OR ') INTO condition
        FROM pg_attribute WHERE attrelid = collection::regclass AND attgenerated <> '' AND atttypid = 'timestamptz'::regtype;
        EXECUTE format('UPDATE %I SET data = data WHERE %s', collection, condition);

        FOR i IN 1 .. cardinality(names) LOOP
            EXECUTE format('ALTER TABLE %I %s TRIGGER %I', collection, modes[i], names[i]);
        END LOOP;
    END LOOP;
END
$body$;

-- Purpose: an empty idempotency key is no key: it is not stored, so that two events with one are no duplicates. The index on
--          the key stays as it is, because others name its predicate in ON CONFLICT.
-- Locks:   SHARE ROW EXCLUSIVE on health_events, for milliseconds.
CREATE FUNCTION nvsentinel_drop_empty_key() RETURNS trigger
    LANGUAGE plpgsql
AS $body$
BEGIN
    NEW.data := NEW.data #- '{healthevent,metadata,idempotencyKey}';
    RETURN NEW;
END
$body$;

CREATE TRIGGER nvsentinel_drop_empty_key BEFORE INSERT OR UPDATE ON health_events
    FOR EACH ROW WHEN (NEW.data #>> '{healthevent,metadata,idempotencyKey}' = '')
    EXECUTE FUNCTION nvsentinel_drop_empty_key();

ALTER TABLE health_events ENABLE ALWAYS TRIGGER nvsentinel_drop_empty_key;

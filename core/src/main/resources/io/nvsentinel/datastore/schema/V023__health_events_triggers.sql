-- Purpose: stamps and captures health events.
-- Locks:   SHARE ROW EXCLUSIVE on the new, empty table.
CREATE TRIGGER nvsentinel_stamp BEFORE INSERT OR UPDATE ON health_events
    FOR EACH ROW EXECUTE FUNCTION nvsentinel_stamp_document();

SELECT nvsentinel_enable_capture('health_events');

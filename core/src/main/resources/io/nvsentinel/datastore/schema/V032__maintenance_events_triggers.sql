-- Purpose: stamps and captures maintenance events.
-- Locks:   SHARE ROW EXCLUSIVE on the new, empty table.
CREATE TRIGGER nvsentinel_stamp BEFORE INSERT OR UPDATE ON maintenance_events
    FOR EACH ROW EXECUTE FUNCTION nvsentinel_stamp_document();

SELECT nvsentinel_enable_capture('maintenance_events');

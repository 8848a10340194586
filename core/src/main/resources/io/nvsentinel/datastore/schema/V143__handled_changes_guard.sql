-- Purpose: keeps users from the handled changes of a client that does not belong to them.
-- Locks:   SHARE ROW EXCLUSIVE on the table, for milliseconds.
CREATE TRIGGER nvsentinel_guard BEFORE INSERT OR UPDATE OR DELETE ON handled_changes
    FOR EACH ROW EXECUTE FUNCTION nvsentinel_guard_client();

-- Purpose: keeps users from the dead letters of a client that does not belong to them.
-- Locks:   SHARE ROW EXCLUSIVE on the table, for milliseconds.
CREATE TRIGGER nvsentinel_guard BEFORE INSERT OR UPDATE OR DELETE ON dead_letters
    FOR EACH ROW EXECUTE FUNCTION nvsentinel_guard_client();

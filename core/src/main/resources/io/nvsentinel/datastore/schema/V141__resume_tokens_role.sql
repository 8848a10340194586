-- Purpose: remembers which role a client belongs to, and keeps others from its position. NULL belongs to everybody, as before.
-- Locks:   ACCESS EXCLUSIVE on the small table, for milliseconds.
ALTER TABLE resume_tokens ADD COLUMN client_role name;

CREATE TRIGGER nvsentinel_guard BEFORE INSERT OR UPDATE OR DELETE ON resume_tokens
    FOR EACH ROW EXECUTE FUNCTION nvsentinel_guard_client();

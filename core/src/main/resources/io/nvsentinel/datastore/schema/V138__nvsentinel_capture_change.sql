-- Purpose: capture runs with the rights of the schema's owner, so that a user who writes a collection needs no right to write
--          the changelog, and cannot forge changes there. Whoever could attach the function to a table of their own could
--          forge changes by way of it, so only the owner may; that takes nothing from the triggers that exist.
--          The lock on the changelog that the change stream's proof needs is still held by the writer's transaction.
-- Locks:   none on tables.
ALTER FUNCTION nvsentinel_capture_change() SECURITY DEFINER SET search_path = pg_catalog, pg_temp;

REVOKE ALL ON FUNCTION nvsentinel_capture_change() FROM PUBLIC;

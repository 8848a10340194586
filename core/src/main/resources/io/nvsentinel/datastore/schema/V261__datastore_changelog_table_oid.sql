-- Purpose: the object id of the table that changed. A table may be renamed and back while no reader looks, so what was written
--          meanwhile carries the other name; its object id stays. Null in rows that were written before this migration.
-- Locks:   ACCESS EXCLUSIVE on the changelog, for milliseconds; nothing is rewritten.
ALTER TABLE datastore_changelog ADD COLUMN table_oid oid;

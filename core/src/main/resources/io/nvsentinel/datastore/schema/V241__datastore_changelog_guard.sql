-- Purpose: puts the guard on the changelog. It does not fire for logical replication, which repeats what the retention did elsewhere.
-- Locks:   SHARE ROW EXCLUSIVE on the changelog, for milliseconds; writers wait for as long as the longest commit under way.
CREATE TRIGGER nvsentinel_guard BEFORE UPDATE OR DELETE OR TRUNCATE ON datastore_changelog
    FOR EACH STATEMENT EXECUTE FUNCTION nvsentinel_guard_changelog();

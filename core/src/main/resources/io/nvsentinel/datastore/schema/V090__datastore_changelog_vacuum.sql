-- Purpose: has the changelog vacuumed by the number of rows that retention marked or removed, not by a share of a table
--          that may be large: space is used again soon, and the index stays short at its old end.
-- Locks:   SHARE UPDATE EXCLUSIVE on the table, for milliseconds.
ALTER TABLE datastore_changelog SET (
    autovacuum_vacuum_scale_factor = 0,
    autovacuum_vacuum_threshold = 20000,
    autovacuum_vacuum_insert_scale_factor = 0,
    autovacuum_vacuum_insert_threshold = 200000,
    autovacuum_analyze_scale_factor = 0,
    autovacuum_analyze_threshold = 200000
);

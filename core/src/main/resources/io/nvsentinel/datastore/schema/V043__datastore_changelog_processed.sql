-- Purpose: remembers how far retention has marked changes as processed.
-- Locks:   ACCESS EXCLUSIVE on the table of one row, for milliseconds.
ALTER TABLE datastore_changelog_state ADD COLUMN processed_id bigint NOT NULL DEFAULT 0;

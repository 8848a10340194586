-- Purpose: finds where a change stream starts at a time. Ids and times rise together, so a few bytes for every 128 pages are
--          enough, and writers pay next to nothing.
-- Locks:   SHARE on datastore_changelog, which holds writers up, for milliseconds while it is empty.
CREATE INDEX datastore_changelog_changed_at ON datastore_changelog USING brin (changed_at) WITH (autosummarize = on);

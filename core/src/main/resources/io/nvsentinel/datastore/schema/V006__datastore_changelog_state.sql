-- Purpose: one row of facts about the changelog, read together with each page of it.
--          incarnation  tells this changelog from another one under the same name (a token of the other is refused).
--          oldest_id    is the lowest id that retention may not have removed; raised before anything is removed.
-- Locks:   none; the table is new.
CREATE TABLE datastore_changelog_state (
    singleton   boolean NOT NULL DEFAULT true,
    incarnation uuid    NOT NULL DEFAULT gen_random_uuid(),
    oldest_id   bigint  NOT NULL DEFAULT 1,
    CONSTRAINT datastore_changelog_state_pkey PRIMARY KEY (singleton),
    CONSTRAINT datastore_changelog_state_single_row CHECK (singleton)
);

INSERT INTO datastore_changelog_state DEFAULT VALUES;

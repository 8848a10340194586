-- Purpose: the changelog. One row for each committed change of a watched collection, written by the capture trigger.
--          id   is the order. It is drawn while the transaction commits, one at a time (CACHE 1), by the default alone.
--          xid  stands before id, so that whoever draws an id has a transaction id already: the reader proves a gap in
--               the ids dead by the transaction ids that hold a lock on this table.
--          old_values, new_values hold the documents before and after the change.
-- Locks:   none; the objects are new.
CREATE SEQUENCE datastore_changelog_id_seq AS bigint CACHE 1;

CREATE TABLE datastore_changelog (
    xid        xid8        NOT NULL DEFAULT pg_current_xact_id(),
    id         bigint      NOT NULL DEFAULT nextval('datastore_changelog_id_seq'),
    record_id  uuid,
    changed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    processed  boolean     NOT NULL DEFAULT false,
    table_name text        NOT NULL,
    operation  text        NOT NULL,
    old_values jsonb,
    new_values jsonb,
    CONSTRAINT datastore_changelog_pkey PRIMARY KEY (id),
    CONSTRAINT datastore_changelog_operation_known CHECK (operation IN ('INSERT', 'UPDATE', 'DELETE', 'TRUNCATE'))
);

ALTER SEQUENCE datastore_changelog_id_seq OWNED BY datastore_changelog.id;

-- Purpose: probes the server. One session inserts a row as capture does, and waits at the barrier, before it draws the id, for
--          another session, which looks for the lock of the first one in pg_locks. Both roll back. A row that stays remembers
--          the server that passed, by its version(), and the server is not probed again until that changes.
--          The columns are filled in their order, as those of datastore_changelog are. The number is that of an advisory lock.
-- Locks:   none; the objects are new.
CREATE SEQUENCE datastore_probe_id_seq AS bigint CACHE 1;

CREATE TABLE datastore_probe (
    xid    xid8    NOT NULL DEFAULT pg_current_xact_id(),
    barrier   boolean NOT NULL DEFAULT (pg_advisory_xact_lock_shared(7813858212840129892) IS NOT NULL),
    id     bigint  NOT NULL DEFAULT nextval('datastore_probe_id_seq'),
    server text    NOT NULL,
    CONSTRAINT datastore_probe_pkey PRIMARY KEY (id)
);

ALTER SEQUENCE datastore_probe_id_seq OWNED BY datastore_probe.id;

-- Purpose: serves equality and containment on any field of the document.
--          New entries wait in a list; the insert that fills it sorts them in, and those that wait for a commit wait for it:
--          half a megabyte takes some 10 ms, the server's default of 4 MB a tenth of a second.
-- Locks:   none; the table is new and empty.
CREATE INDEX health_events_data ON health_events USING gin (data jsonb_path_ops) WITH (gin_pending_list_limit = 512);

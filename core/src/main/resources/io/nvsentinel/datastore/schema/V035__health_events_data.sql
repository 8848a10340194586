-- Purpose: serves equality and containment on any field of the document.
-- Locks:   none; the table is new and empty.
CREATE INDEX health_events_data ON health_events USING gin (data jsonb_path_ops);

-- Purpose: serves paging through all events by (created_at, id).
-- Locks:   none; the table is new and empty.
CREATE INDEX health_events_created ON health_events (created_at, id);

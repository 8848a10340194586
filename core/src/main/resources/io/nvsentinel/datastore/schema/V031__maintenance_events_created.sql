-- Purpose: serves paging through all events by (created_at, id).
-- Locks:   none; the table is new and empty.
CREATE INDEX maintenance_events_created ON maintenance_events (created_at, id);

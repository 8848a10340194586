-- Purpose: serves "which maintenance begins soon".
-- Locks:   none; the table is new and empty.
CREATE INDEX maintenance_events_due ON maintenance_events (scheduled_start_time) WHERE status = 'DETECTED';

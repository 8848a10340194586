-- Purpose: serves "which maintenance is over".
-- Locks:   none; the table is new and empty.
CREATE INDEX maintenance_events_over ON maintenance_events (actual_end_time) WHERE status = 'QUARANTINE_TRIGGERED';

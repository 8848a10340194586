-- Purpose: serves "which maintenance is complete and over", for the status that the services ask for.
-- Locks:   ACCESS EXCLUSIVE on maintenance_events while the index is built: a second for some million rows.
DROP INDEX maintenance_events_over;
CREATE INDEX maintenance_events_over ON maintenance_events (actual_end_time) WHERE status = 'MAINTENANCE_COMPLETE';

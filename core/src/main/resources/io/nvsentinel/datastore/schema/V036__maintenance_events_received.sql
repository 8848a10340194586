-- Purpose: serves "when was the last event of this provider and cluster received".
-- Locks:   none; the table is new and empty.
CREATE INDEX maintenance_events_received ON maintenance_events (csp, cluster_name, event_received_timestamp);

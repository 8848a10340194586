-- Purpose: serves "the event of this node that was received last".
-- Locks:   none; the table is new and empty.
CREATE INDEX maintenance_events_node ON maintenance_events (node_name, event_received_timestamp DESC);
